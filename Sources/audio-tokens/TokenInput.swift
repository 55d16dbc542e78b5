// SPDX-License-Identifier: Apache-2.0
internal import CommandSupport
internal import TokenFiles

/// The records of token files, one after the other.
struct TokenInput {
  /// The endings by which token files are found in folders.
  static let extensions: Set<String> = [
    "json", "jsonl", "npy", "safetensors", "txt", "tokens", "idx", "tar",
  ]

  let file: InputFile
  private let reader: TokenFileReader

  init(_ file: InputFile, vocabulary: TokenVocabulary) throws(TokenFileError) {
    self.file = file
    reader = try TokenFileReader(pathBytes: file.path.bytes, vocabulary: vocabulary)
  }

  var format: TokenFormat { reader.format }

  /// The next record.
  func next() throws -> TokenRecord? {
    try Interruption.check()
    return try reader.next()
  }

  /// Says what was left out; to be called at the end.
  func warn() {
    if reader.failedRecords > 0 {
      Console.standard.warn(
        "\(file.path): \(reader.failedRecords) recordings have no tokens because their encoding failed"
      )
    }
  }

  /// The inputs of a command line; a data set named by its prefix counts as a file.
  static func expand(_ inputs: [PathBytes]) -> InputExpansion {
    let named = inputs.map { input in
      let index = PathBytes(bytes: input.bytes + Array(".idx".utf8))
      return !input.exists && index.exists ? index : input
    }
    return InputExpansion(named, extensions: extensions)
  }

  /// Where the record goes in a folder of outputs: an id may name folders.
  static func place(of record: TokenRecord) -> (folder: PathBytes, track: PathBytes) {
    let id = PathBytes(record.id)
    return (id.parent, id.lastComponent)
  }
}
