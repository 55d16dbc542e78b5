// SPDX-License-Identifier: Apache-2.0
import Foundation
import TokenFiles

/// What libFuzzer calls with each input.
///
/// The first byte says what the rest is, so that checksums and pairs of files don't hide the readers
/// from the fuzzer:
///
/// - 1: a packed container whose checksum is put right,
/// - 2: a tar archive whose headers' checksums are put right,
/// - 3: a Megatron data set, two bytes for the length of its index first,
/// - anything else: a file as it is; odd numbers read it with a vocabulary that has an offset.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  guard let kind = UnsafeBufferPointer(start: start, count: count).first else { return 0 }
  var input = Array(UnsafeBufferPointer(start: start, count: count).dropFirst())
  var vocabulary = TokenVocabulary()
  switch kind {
  case 1: sealContainer(&input)
  case 2: sealArchive(&input)
  case 3:
    guard input.count >= 2 else { return 0 }
    let indexCount = Int(input[0]) | Int(input[1]) << 8
    let files = input.dropFirst(2)
    pair.write(index: files.prefix(indexCount), tokens: files.dropFirst(indexCount))
    vocabulary.endOfDocument = 3
    drain(try? TokenFileReader(path: pair.path, vocabulary: vocabulary))
    return 0
  default:
    if kind % 2 == 1 {
      vocabulary.offset = 100
      vocabulary.template = TokenTemplate("{:04}") ?? .bracketed
      vocabulary.separator = " "
    }
  }
  drain(try? TokenFileReader(bytes: input, name: "x", vocabulary: vocabulary))
  return 0
}

/// Reads all records, and checks what every reader promises about them.
private func drain(_ reader: TokenFileReader?) {
  guard let reader else { return }
  while let record = (try? reader.next()) ?? nil {
    let limit = record.codec?.codebookSize ?? 1 << 31
    precondition(record.tokens.allSatisfy { $0 >= 0 && Int($0) < limit }, "a token out of range")
    precondition(
      record.margins.map { $0.count == record.tokens.count } ?? true, "margins left over")
    precondition(record.duration ?? 0 >= 0, "a negative length")
  }
  _ = reader.failedRecords
}

/// Puts the CRC-32 of all bytes but the last four in their place.
private func sealContainer(_ bytes: inout [UInt8]) {
  guard bytes.count >= 4 else { return }
  let content = bytes.count - 4
  var sum = UInt32.max
  for byte in bytes[..<content] {
    sum ^= UInt32(byte)
    for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
  }
  for place in 0..<4 { bytes[content + place] = UInt8(truncatingIfNeeded: ~sum >> (8 * place)) }
}

/// Puts the checksum of every block that looks like a header in its place.
private func sealArchive(_ bytes: inout [UInt8]) {
  for start in stride(from: 0, to: bytes.count - 511, by: 512)
  where bytes[(start + 257)..<(start + 262)].elementsEqual("ustar".utf8) {
    for place in 148..<156 { bytes[start + place] = 0x20 }
    let sum = bytes[start..<(start + 512)].reduce(0) { $0 + Int($1) }
    let digits = String(sum, radix: 8)
    let text = String(repeating: "0", count: max(0, 6 - digits.count)) + digits + "\0"
    bytes.replaceSubrange((start + 148)..<(start + 155), with: text.utf8.prefix(7))
  }
}

private let pair = MegatronPair()

/// Two files that are written anew for each input.
private struct MegatronPair {
  /// Their common prefix.
  let path = NSTemporaryDirectory() + "/fuzz-\(getpid())"

  func write(index: ArraySlice<UInt8>, tokens: ArraySlice<UInt8>) {
    for (ending, bytes) in [(".idx", index), (".bin", tokens)] {
      guard let file = fopen(path + ending, "w") else { preconditionFailure("\(path): no place") }
      bytes.withUnsafeBytes { _ = fwrite($0.baseAddress, 1, $0.count, file) }
      fclose(file)
    }
  }
}
