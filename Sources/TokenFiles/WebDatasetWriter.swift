// SPDX-License-Identifier: Apache-2.0

/// Writes WebDataset shards `PREFIX-000000.tar`, `PREFIX-000001.tar` and so on, each with the same
/// number of recordings but the last.
///
/// Each shard gets its name when it is full, the last by `finish()`.
public final class WebDatasetWriter: TokenSink {
  private let prefix: [UInt8]
  private let recordsPerFile: Int
  private let replacing: Bool
  private var current: TokenFileWriter?
  private var records = 0
  /// How many shards have their names.
  public private(set) var fileCount = 0

  /// Begins a data set; its first shard is there even if nothing is written.
  ///
  /// - Parameters:
  ///   - prefix: The shards' path without number and ending.
  ///   - recordsPerFile: How many recordings a shard takes.
  ///   - replacing: Whether shards of that name may be there and are then replaced.
  /// - Throws: `.exists` or `.cannotWrite`.
  public convenience init(
    prefix: String, recordsPerFile: Int, replacing: Bool
  ) throws(TokenFileError) {
    try self.init(
      prefixBytes: Array(prefix.utf8), recordsPerFile: recordsPerFile, replacing: replacing)
  }

  /// Begins a data set at a path that need not be text.
  package init(prefixBytes: [UInt8], recordsPerFile: Int, replacing: Bool) throws(TokenFileError) {
    precondition(recordsPerFile > 0, "\(recordsPerFile) recordings in a shard")
    prefix = prefixBytes
    self.recordsPerFile = recordsPerFile
    self.replacing = replacing
    try begin()
  }

  /// The path of shard `number`.
  package static func path(prefix: [UInt8], number: Int) -> [UInt8] {
    let digits = String(number)
    return prefix
      + Array("-\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits).tar".utf8)
  }

  private func begin() throws(TokenFileError) {
    current = try TokenFileWriter(
      pathBytes: Self.path(prefix: prefix, number: fileCount), format: .webdataset,
      vocabulary: TokenVocabulary(), replacing: replacing)
    records = 0
  }

  /// Adds a recording.
  public func write(_ record: TokenRecord) throws(TokenFileError) {
    if records == recordsPerFile {
      try finish()
      try begin()
    }
    try current?.write(record)
    records += 1
  }

  /// Completes the last shard.
  public func finish() throws(TokenFileError) {
    try current?.finish()
    current = nil
    fileCount += 1
  }

  /// Removes what has no name yet.
  public func cancel() { current?.cancel() }
}
