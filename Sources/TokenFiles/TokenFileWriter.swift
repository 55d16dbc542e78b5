// SPDX-License-Identifier: Apache-2.0
internal import Files

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Something tokens are written to, which counts only once it is finished.
public protocol TokenSink: AnyObject {
  /// Adds a recording after those before it.
  func write(_ record: TokenRecord) throws(TokenFileError)

  /// Completes the output; nothing may be written afterwards.
  func finish() throws(TokenFileError)

  /// Gives the output up and leaves nothing behind; does nothing after `finish()`.
  func cancel()
}

/// A file of tokens that gets its name only when it is complete, or standard output.
///
/// Each record is written as it comes.
public final class TokenFileWriter: TokenSink {
  private let path: String
  private let format: TokenFormat
  private let vocabulary: TokenVocabulary
  private let file: PartialFile?
  private let descriptor: Descriptor
  private var count = 0
  /// The archive names that are taken.
  private var keys: Set<[UInt8]> = []

  /// Begins a file at `path`, or standard output where that is `-`.
  ///
  /// - Parameters:
  ///   - path: The file; its folder must be there.
  ///   - format: Any but `.megatron`, which ``MegatronWriter`` writes.
  ///   - vocabulary: How text writes codes.
  ///   - replacing: Whether a file of that name may be there and is then replaced, when finished.
  /// - Throws: `.exists` or `.cannotWrite`.
  public convenience init(
    path: String, format: TokenFormat, vocabulary: TokenVocabulary = TokenVocabulary(),
    replacing: Bool
  ) throws(TokenFileError) {
    try self.init(
      pathBytes: Array(path.utf8), format: format, vocabulary: vocabulary, replacing: replacing)
  }

  /// Begins a file at a path that need not be text.
  package init(
    pathBytes: [UInt8], format: TokenFormat, vocabulary: TokenVocabulary, replacing: Bool
  ) throws(TokenFileError) {
    precondition(format != .megatron, "MegatronWriter writes Megatron's two files")
    path = String(decoding: pathBytes, as: UTF8.self)
    self.format = format
    self.vocabulary = vocabulary
    do {
      if pathBytes == [UInt8(ascii: "-")] {
        file = nil
        descriptor = Descriptor(borrowing: STDOUT_FILENO)
      } else {
        let file = try PartialFile(pathBytes, replacing: replacing)
        self.file = file
        descriptor = file.descriptor
      }
    } catch { throw TokenFileError(writing: path, error) }
  }

  /// Adds a recording.
  ///
  /// - Throws: `.unsupported` for a second one where the format holds one, for two whose names are
  ///   the same in an archive, and for what the format can't express; `.outOfRange`; `.cannotWrite`
  ///   or `.closedPipe`.
  public func write(_ record: TokenRecord) throws(TokenFileError) {
    guard count == 0 || format.holdsMany else {
      throw .unsupported(
        path: path,
        detail: "\(format.rawValue) holds one recording: choose json, text, packed, "
          + "webdataset or megatron for several")
    }
    let bytes = try format.bytes(of: record, vocabulary: vocabulary, path: path)
    if format == .webdataset, !keys.insert(WebDatasetFormat.key(of: record.id)).inserted {
      throw .unsupported(
        path: path,
        detail: "'\(record.id)' has the same name in the archive as a recording before it")
    }
    try put(bytes)
    count += 1
  }

  /// Completes the file and gives it its name.
  public func finish() throws(TokenFileError) {
    try put(format.trailer)
    do {
      try file?.commit()
    } catch { throw TokenFileError(writing: path, error) }
  }

  /// Removes what was written, as far as it can be.
  ///
  /// Does nothing after `finish()`.
  public func cancel() { file?.discard() }

  private func put(_ bytes: [UInt8]) throws(TokenFileError) {
    do {
      try descriptor.write(bytes)
    } catch { throw TokenFileError(writing: path, error) }
  }
}
