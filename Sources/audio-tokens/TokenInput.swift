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

  private init(_ file: InputFile, vocabulary: TokenVocabulary) throws(TokenFileError) {
    self.file = file
    reader = try TokenFileReader(pathBytes: file.path.bytes, vocabulary: vocabulary)
  }

  var format: TokenFormat { reader.format }

  /// Calls `body` for each record of the files; what fails does not stop the others.
  ///
  /// - Parameter fatal: Which failures end it all the same.
  static func forEachRecord(
    of files: [InputFile], vocabulary: TokenVocabulary, in batch: inout Batch,
    endingWith fatal: Set<ExitStatus> = [],
    _ body: (TokenRecord, TokenInput) throws -> Void
  ) throws {
    func note(_ error: any Error) throws {
      let failure = Failure(describing: error)
      if fatal.contains(failure.status) { throw failure }
      try batch.fail(failure)
    }
    for file in files {
      do {
        let input = try TokenInput(file, vocabulary: vocabulary)
        while let record = try input.next() {
          do {
            try body(record, input)
            batch.succeed()
          } catch { try note(error) }
        }
        input.warn()
      } catch { try note(error) }
    }
  }

  /// The next record.
  private func next() throws -> TokenRecord? {
    try Interruption.check()
    return try reader.next()
  }

  /// Says what was left out; to be called at the end.
  private func warn() {
    if reader.failedRecords > 0 {
      Console.standard.warn(
        "\(file.path): \(reader.failedRecords) recordings have no tokens because their encoding failed"
      )
    }
  }

  /// What a command line's inputs stand for.
  ///
  /// A data set named by its prefix counts as a file; what `encode` keeps about lists in the folders
  /// with tokens is left out.
  static func expand(_ inputs: [PathBytes]) -> (files: [InputFile], failures: [Failure]) {
    let named = inputs.map { input in
      let index = PathBytes(bytes: input.bytes + Array(".idx".utf8))
      return !input.exists && index.exists ? index : input
    }
    let expansion = InputExpansion(named, extensions: extensions, kind: "token files")
    let files = expansion.files.filter { file in
      let name = file.path.lastComponent.description
      return inputs.contains(file.path) || !keptBesideTokens.contains(where: name.hasSuffix)
    }
    return (files, expansion.failures)
  }

  /// The endings of what `encode` keeps about lists.
  private static let keptBesideTokens = [".done.json", EncodeList.fileListEnding]

  /// Where the record goes in a folder of outputs: an id may name folders.
  static func place(of record: TokenRecord) -> (folder: PathBytes, track: PathBytes) {
    let id = PathBytes(record.id)
    return (id.parent, id.lastComponent)
  }
}
