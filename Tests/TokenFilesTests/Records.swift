// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import TokenFiles

extension TokenRecord {
  /// A recording with random tokens.
  static func random(
    _ id: String, count: Int, codebookSize: Int = 4096, samples: Int? = nil, seed: UInt64 = 1
  ) -> TokenRecord {
    var numbers = SplitMix(state: seed)
    return TokenRecord(
      id: id,
      tokens: (0..<count).map { _ in Int32.random(in: 0...Int32(codebookSize - 1), using: &numbers)
      },
      codec: CodecIdentity(
        model: "large-unify-600", fingerprint: "0123abcd", sampleRate: 24000, hopLength: 600,
        codebookSize: codebookSize),
      samples: samples ?? max(0, count * 600 - 17))
  }
}

/// A folder that lasts as long as the test.
final class TokenFolder {
  let url: URL

  init() throws { url = try Fixtures.temporaryFolder() }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  func write(_ bytes: [UInt8], _ name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
  }

  /// Everything in the folder, hidden files too.
  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
  }

  /// The bytes of a file with these records.
  func file(
    of records: [TokenRecord], _ format: TokenFormat,
    vocabulary: TokenVocabulary = TokenVocabulary()
  ) throws -> [UInt8] {
    let name = "file.\(format.fileExtension)"
    let writer = try TokenFileWriter(
      path: path(name), format: format, vocabulary: vocabulary, replacing: true)
    for record in records { try writer.write(record) }
    try writer.finish()
    return try bytes(name)
  }
}

/// All records in `bytes`, called `name`.
func read(
  _ bytes: [UInt8], name: String = "x", vocabulary: TokenVocabulary = TokenVocabulary()
) throws -> [TokenRecord] {
  try all(TokenFileReader(bytes: bytes, name: name, vocabulary: vocabulary))
}

/// All records that are left.
func all(_ reader: TokenFileReader) throws -> [TokenRecord] {
  var records: [TokenRecord] = []
  while let record = try reader.next() { records.append(record) }
  return records
}
