// SPDX-License-Identifier: Apache-2.0
internal import Files

/// Writes a Megatron data set, `PREFIX.bin` and `PREFIX.idx`: a document for each recording.
///
/// Both files appear under their names when `finish()` returns. Lengths stay in memory, 12 bytes a
/// document.
public final class MegatronWriter: TokenSink {
  private let prefix: String
  private let vocabulary: TokenVocabulary
  private let tokens: PartialFile
  private let index: PartialFile
  private var content: MegatronIndex
  private let codebookSize: Int

  /// Begins a data set.
  ///
  /// - Parameters:
  ///   - prefix: The files' path without their endings.
  ///   - codebookSize: How many codes there are: with the vocabulary's offset it decides the type.
  ///   - vocabulary: The offset, and the id that ends a document.
  ///   - replacing: Whether files of that name may be there and are then replaced.
  /// - Throws: `.exists`, `.cannotWrite`, or `.unsupported` where ids need more than 31 bits.
  public convenience init(
    prefix: String, codebookSize: Int, vocabulary: TokenVocabulary, replacing: Bool
  ) throws(TokenFileError) {
    try self.init(
      prefixBytes: Array(prefix.utf8), codebookSize: codebookSize, vocabulary: vocabulary,
      replacing: replacing)
  }

  /// Begins a data set at a path that need not be text.
  package init(
    prefixBytes: [UInt8], codebookSize: Int, vocabulary: TokenVocabulary, replacing: Bool
  ) throws(TokenFileError) {
    prefix = String(decoding: prefixBytes, as: UTF8.self)
    self.vocabulary = vocabulary
    self.codebookSize = codebookSize
    let largest = vocabulary.largestID(codebookSize: codebookSize)
    guard vocabulary.offset >= 0, largest <= Int(Int32.max) else {
      throw .unsupported(
        path: prefix, detail: "ids up to \(largest) do not fit into Megatron's 32 bits")
    }
    content = MegatronIndex(vocabularySize: largest + 1)
    do {
      tokens = try PartialFile(prefixBytes + Array(".bin".utf8), replacing: replacing)
      index = try PartialFile(prefixBytes + Array(".idx".utf8), replacing: replacing)
    } catch { throw TokenFileError(writing: prefix + ".bin", error) }
  }

  /// Adds a recording as a document.
  public func write(_ record: TokenRecord) throws(TokenFileError) {
    try record.check(path: prefix, codebookSize: codebookSize)
    var ids = record.tokens.map { $0 + Int32(vocabulary.offset) }
    if let end = vocabulary.endOfDocument { ids.append(Int32(end)) }
    guard let count = Int32(exactly: ids.count) else {
      throw .unsupported(path: prefix, detail: "'\(record.id)' is too long for Megatron's 32 bits")
    }
    content.addDocument(tokens: count)
    do {
      try tokens.descriptor.write(content.type.bytes(of: ids))
    } catch { throw TokenFileError(writing: prefix + ".bin", error) }
  }

  /// Completes both files.
  public func finish() throws(TokenFileError) {
    do throws(SystemFailure) {
      try index.descriptor.write(content.bytes)
      // Loaders look for the index: it comes last.
      try tokens.commit()
      try index.commit()
    } catch {
      tokens.withdraw()
      cancel()
      throw TokenFileError(writing: prefix + ".idx", error)
    }
  }

  /// Removes what was written.
  ///
  /// Does nothing after `finish()`.
  public func cancel() {
    tokens.discard()
    index.discard()
  }
}

/// Reads a Megatron data set, a record for each document.
final class MegatronReader: RecordReader {
  private let tokens: ByteStream
  private let index: MegatronIndex
  private let vocabulary: TokenVocabulary
  private var document = 0

  /// Opens the pair of files whose path without endings has the bytes `prefix`.
  init(prefix: [UInt8], vocabulary: TokenVocabulary) throws(TokenFileError) {
    let name = String(decoding: prefix, as: UTF8.self)
    index = try MegatronIndex(
      ByteStream(path: prefix + Array(".idx".utf8), name: name + ".idx"))
    tokens = try ByteStream(path: prefix + Array(".bin".utf8), name: name + ".bin")
    self.vocabulary = vocabulary
  }

  func next(fallbackID: (Int?) -> String) throws(TokenFileError) -> TokenRecord? {
    guard document < index.documentCount else {
      guard try tokens.isAtEnd else {
        throw tokens.malformed("holds more tokens than its index knows")
      }
      return nil
    }
    let id = fallbackID(document)
    let count = index.length(ofDocument: document) * index.type.byteCount
    var values = index.type.values(in: try tokens.read(count, "document \(document)"))
    if let end = vocabulary.endOfDocument, values.last == end { values.removeLast() }
    document += 1
    return TokenRecord(
      id: id,
      tokens: try TokenRecord.tokens(
        values, offset: vocabulary.offset, path: tokens.name, id: id))
  }
}
