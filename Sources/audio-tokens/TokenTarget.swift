// SPDX-License-Identifier: Apache-2.0
internal import CommandSupport
internal import TokenFiles

/// Where records go: a file for each, one data set for all, or standard output.
final class TokenTarget {
  /// Whether all records go to one place.
  var isShared: Bool { sink != nil || textStream != nil }
  /// Text on standard output, which goes out code by code.
  let textStream: TokenTextStream?
  /// Whether the data set is there already, and is to be left.
  let isDone: Bool

  private let options: TokenOutputOptions
  private let sink: (any TokenSink)?
  private let setName: PathBytes
  private var planned = PlannedOutputs()
  private var isEmpty = true

  /// Prepares the output.
  ///
  /// - Throws: `Failure` or `TokenFileError` where nothing can be written there.
  init(_ options: TokenOutputOptions, shard: Shard, codebookSize: Int) throws {
    self.options = options
    setName = options.setName(shard)
    let replacing = options.overwrite || options.skipExisting
    if options.output.isStandardStream {
      isDone = false
      textStream =
        options.format == .text ? TokenTextStream(vocabulary: options.words.vocabulary) : nil
      sink =
        textStream != nil
        ? nil
        : try TokenFileWriter(
          pathBytes: options.output.bytes, format: options.format,
          vocabulary: options.words.vocabulary, replacing: false)
      return
    }
    textStream = nil
    try OutputFolder.prepare(options.output)
    let first = Self.paths(of: setName, options.format, count: 1).first
    isDone = options.skipExisting && first?.exists == true
    sink = isDone ? nil : try Self.openSet(setName, options, codebookSize, replacing: replacing)
  }

  /// Begins a data set of many records; nil where the format has a file for each.
  static func openSet(
    _ name: PathBytes, _ options: TokenOutputOptions, _ codebookSize: Int, replacing: Bool
  ) throws(TokenFileError) -> (any TokenSink)? {
    switch options.format {
    case .megatron:
      try MegatronWriter(
        prefixBytes: name.bytes, codebookSize: codebookSize, vocabulary: options.words.vocabulary,
        replacing: replacing)
    case .webdataset:
      try WebDatasetWriter(
        prefixBytes: name.bytes, recordsPerFile: options.shardSize, replacing: replacing)
    case .json, .npy, .safetensors, .text, .packed: nil
    }
  }

  /// The files of a data set.
  static func paths(of name: PathBytes, _ format: TokenFormat, count: Int) -> [PathBytes] {
    switch format {
    case .megatron:
      [".bin", ".idx"].map { PathBytes(bytes: name.bytes + Array($0.utf8)) }
    case .webdataset:
      (0..<count).map { PathBytes(bytes: WebDatasetWriter.path(prefix: name.bytes, number: $0)) }
    case .json, .npy, .safetensors, .text, .packed: []
    }
  }

  /// Where a record goes.
  ///
  /// - Throws: `Failure` where another goes there, or has that name among those of a data set.
  func place(
    folder: PathBytes, track: PathBytes, owner: PathBytes, model: String
  ) throws(Failure) -> PathBytes {
    let path = isShared ? setName : options.path(folder: folder, track: track, model: model)
    try planned.add(isShared ? folder.appending(track) : path, for: owner)
    return path
  }

  /// Writes a record, to a file of its own where the format has one for each.
  func write(_ record: TokenRecord, to path: PathBytes) throws {
    if let sink {
      try sink.write(record)
      isEmpty = false
      return
    }
    try OutputFolder.prepare(path.parent)
    let writer = try TokenFileWriter(
      pathBytes: path.bytes, format: options.format, vocabulary: options.words.vocabulary,
      replacing: options.overwrite || options.skipExisting)
    do {
      try writer.write(record)
      try writer.finish()
    } catch {
      writer.cancel()
      throw error
    }
  }

  /// Completes what all records share; its paths.
  ///
  /// A data set without records does not come to be.
  func finish() throws -> [PathBytes] {
    guard let sink, !isEmpty else {
      cancel()
      return []
    }
    try sink.finish()
    if options.output.isStandardStream { return [] }
    return Self.paths(
      of: setName, options.format, count: (sink as? WebDatasetWriter)?.fileCount ?? 0)
  }

  /// Gives up what has no name yet.
  func cancel() { sink?.cancel() }
}
