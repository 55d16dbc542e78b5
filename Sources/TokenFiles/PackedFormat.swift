// SPDX-License-Identifier: Apache-2.0
internal import CZlib
internal import Foundation

/// Tessera's own container: a header, JSON, packed tokens and a checksum for each recording.
///
/// Tokens take as many bits each as the codebook needs. Records may follow each other in one file.
///
/// | bytes | field (numbers are little-endian) |
/// |---|---|
/// | 8 | `89 54 4F 4B 45 4E 53 0A`: a byte that is no text, "TOKENS", a line feed |
/// | 2 | version, 1 |
/// | 1 | bits b of a token: enough for codebook size − 1, at least 1 |
/// | 1 | 0 |
/// | 4 | count M of metadata bytes, at most 1 MiB |
/// | 8 | count N of tokens |
/// | 8 | the sound's length in samples; all bits set where it isn't known |
/// | 4, 4, 4 | sample rate, hop length, codebook size |
/// | M | a JSON object with the strings `id`, `model` and, where known, `fingerprint` |
/// | ⌈N·b / 8⌉ | the tokens, each from its lowest bit on, into bytes from their lowest bit on; zeros at the end |
/// | 4 | CRC-32 (zlib's) of all bytes before, from the signature on |
enum PackedFormat {
  static let signature: [UInt8] = [0x89, 0x54, 0x4F, 0x4B, 0x45, 0x4E, 0x53, 0x0A]
  private static let headerCount = 44
  private static let version: UInt16 = 1
  private static let metadataLimit = 1 << 20

  /// What the header's JSON says.
  private struct Metadata: Codable {
    var id: String
    var model: String
    var fingerprint: String?
  }

  /// A record's bytes.
  ///
  /// - Throws: `.unsupported` where the codec isn't known, or names take more than 1 MiB.
  static func bytes(of record: TokenRecord, path: String) throws(TokenFileError) -> [UInt8] {
    guard let codec = record.codec else {
      throw .unsupported(
        path: path, detail: "the packed format needs the codec, which '\(record.id)' does not tell")
    }
    try record.check(path: path)
    let metadata = JSONText.encode(
      Metadata(id: record.id, model: codec.model, fingerprint: codec.fingerprint))
    guard metadata.count <= metadataLimit else {
      throw .unsupported(path: path, detail: "the packed format takes no names of 1 MiB and more")
    }
    let bits = BitPacking.bits(codebookSize: codec.codebookSize)
    var bytes = signature
    bytes.append(littleEndian: version)
    bytes += [UInt8(bits), 0]
    bytes.append(littleEndian: UInt32(metadata.count))
    bytes.append(littleEndian: UInt64(record.tokens.count))
    bytes.append(littleEndian: record.samples.map(UInt64.init) ?? .max)
    for value in [codec.sampleRate, codec.hopLength, codec.codebookSize] {
      bytes.append(littleEndian: UInt32(value))
    }
    bytes += metadata
    bytes += BitPacking.pack(record.tokens, bits: bits)
    bytes.append(littleEndian: checksum(bytes))
    return bytes
  }

  /// Reads a stream, which may hold several records.
  final class Reader: RecordReader {
    private let stream: ByteStream

    init(_ stream: ByteStream) { self.stream = stream }

    func next(fallbackID: (Int?) -> String) throws(TokenFileError) -> TokenRecord? {
      try PackedFormat.read(stream)
    }
  }

  /// The next record; nil at the stream's end.
  private static func read(_ stream: ByteStream) throws(TokenFileError) -> TokenRecord? {
    if try stream.isAtEnd { return nil }
    var bytes = try stream.read(headerCount, "a header")
    guard bytes.starts(with: signature) else {
      throw stream.malformed("no header where one belongs")
    }
    let found = bytes.number(UInt16.self, at: 8)
    guard found == version else {
      throw stream.malformed("version \(found), expected \(version)")
    }
    let bits = Int(bytes[10])
    let metadataCount = Int(bytes.number(UInt32.self, at: 12))
    let samples = bytes.number(UInt64.self, at: 24)
    let numbers = [32, 36, 40].map { Int(bytes.number(UInt32.self, at: $0)) }
    guard metadataCount <= metadataLimit,
      let count = Int(exactly: bytes.number(UInt64.self, at: 16)), count < 1 << 56,
      samples == .max || samples < 1 << 56,
      (1...CodecIdentity.largestCodebook).contains(numbers[2]),
      bits == BitPacking.bits(codebookSize: numbers[2]), bytes[11] == 0
    else { throw stream.malformed("an impossible header") }
    bytes += try stream.read(metadataCount, "the metadata")
    guard let metadata: Metadata = JSONText.decode(bytes[headerCount...]) else {
      throw stream.malformed("the metadata is no JSON object with id and model")
    }
    let packed = try stream.read((count * bits + 7) / 8, "the tokens")
    bytes += packed
    guard try stream.read(4, "the checksum").number(UInt32.self, at: 0) == checksum(bytes) else {
      throw .wrongChecksum(path: stream.name, id: metadata.id)
    }
    let record = TokenRecord(
      id: metadata.id, tokens: BitPacking.unpack(packed, count: count, bits: bits),
      codec: CodecIdentity(
        model: metadata.model, fingerprint: metadata.fingerprint, sampleRate: numbers[0],
        hopLength: numbers[1], codebookSize: numbers[2]),
      samples: samples == .max ? nil : Int(samples))
    try record.check(path: stream.name)
    return record
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    // zlib counts in 32 bits.
    var sum: UInt = 0
    for start in stride(from: 0, to: bytes.count, by: 1 << 30) {
      let part = bytes[start..<min(start + 1 << 30, bytes.count)]
      sum = part.withUnsafeBufferPointer { crc32(sum, $0.baseAddress, UInt32($0.count)) }
    }
    return UInt32(truncatingIfNeeded: sum)
  }
}

/// Codes with as many bits each as their codebook needs.
enum BitPacking {
  /// The bits that hold `codebookSize` different codes.
  static func bits(codebookSize: Int) -> Int {
    max(1, Int.bitWidth - (codebookSize - 1).leadingZeroBitCount)
  }

  /// The tokens' bits, the lowest of each first, into bytes from their lowest bit on.
  static func pack(_ tokens: [Int32], bits: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity((tokens.count * bits + 7) / 8)
    var pending: UInt64 = 0
    var pendingBits = 0
    for token in tokens {
      pending |= UInt64(UInt32(bitPattern: token)) << UInt64(pendingBits)
      pendingBits += bits
      while pendingBits >= 8 {
        bytes.append(UInt8(truncatingIfNeeded: pending))
        pending >>= 8
        pendingBits -= 8
      }
    }
    if pendingBits > 0 { bytes.append(UInt8(truncatingIfNeeded: pending)) }
    return bytes
  }

  /// `count` tokens of `bytes`, which hold that many.
  static func unpack(_ bytes: [UInt8], count: Int, bits: Int) -> [Int32] {
    var tokens: [Int32] = []
    tokens.reserveCapacity(count)
    var pending: UInt64 = 0
    var pendingBits = 0
    for byte in bytes {
      pending |= UInt64(byte) << UInt64(pendingBits)
      pendingBits += 8
      while pendingBits >= bits && tokens.count < count {
        tokens.append(Int32(truncatingIfNeeded: pending & (1 << UInt64(bits) - 1)))
        pending >>= UInt64(bits)
        pendingBits -= bits
      }
    }
    return tokens
  }
}
