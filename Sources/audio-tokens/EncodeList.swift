// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import TokenFiles

/// `audio-tokens encode --manifest`: a corpus, or a part of it, that can be stopped and resumed.
struct EncodeList {
  let command: Encode
  let manifest: PathBytes
  let codec: Codec

  /// What the name of a list ends in whose lines say in which file each recording's tokens are.
  static let fileListEnding = ".files.jsonl"

  func callAsFunction() throws {
    let options = command.output
    let isPiped = options.output.isStandardStream
    if !isPiped { try OutputFolder.prepare(options.output) }
    let set = options.setName(command.list.shard)
    let lines =
      isPiped
      ? options.output
      : PathBytes(
        bytes: set.bytes + Array((hasOwnFiles ? Self.fileListEnding : ".jsonl").utf8))
    let jobs = command.jobs ?? command.common.threadCount
    let run = ManifestRun(
      manifest: manifest, output: lines, options: command.list, jobs: jobs,
      isOverwriting: options.overwrite)
    var failure: ExitCode?
    do {
      try run(settings: settings) { record in
        try encode(record, threads: max(1, command.common.threadCount / jobs))
      }
    } catch let code as ExitCode {
      failure = code
    }
    if let sink = try TokenTarget.openSet(
      set, options, codec.identity.codebookSize, replacing: true)
    {
      try copy(lines, to: sink)
      let count = (sink as? WebDatasetWriter)?.fileCount ?? 0
      for path in TokenTarget.paths(of: set, options.format, count: count) {
        try StandardOutput.write(path: path)
      }
    }
    if let failure { throw failure }
  }

  /// All that the lines depend on besides the list.
  private var settings: String {
    let identity = codec.identity
    return [
      Program.version, identity.model, identity.fingerprint ?? "", "\(identity.hopLength)",
      "\(identity.codebookSize)", "\(command.margins)",
      hasOwnFiles ? "\(command.output.format)" : "",
    ].joined(separator: "\n")
  }

  /// Whether each recording gets a file, and its line only says where.
  private var hasOwnFiles: Bool {
    switch command.output.format {
    case .npy, .safetensors, .text, .packed: true
    case .json, .megatron, .webdataset: false
    }
  }

  private func encode(_ record: ManifestRecord, threads: Int) throws -> [JSONValue.Member] {
    let section = SoundSection(
      start: try record.number("start") ?? 0, duration: try record.number("duration"))
    if let problem = section.problem {
      throw Failure(.badData, "line \(record.line): \(problem)")
    }
    let path = try record.path("audio")
    let input = try SoundInput(path, section: section, sampleRate: codec.identity.sampleRate)
    let tokens: TokenRecord
    do {
      tokens = try EncodingPass(codec: codec, threads: threads)
        .record(input.source, id: record.id, withMargins: command.margins)
    } catch let failure as Failure where failure.status == .badData {
      throw Failure(.badData, "\(path): \(failure.message)")
    }
    input.warn()
    let members = try tokens.members(withTokens: !hasOwnFiles).filter { $0.key != "id" }
    guard hasOwnFiles else { return members }
    return members + [.init("output", .string(try write(tokens).description))]
  }

  /// Writes a recording's own file, whose line says that it is done.
  private func write(_ record: TokenRecord) throws -> PathBytes {
    let options = command.output
    let path = options.output.appending(record.id + "." + options.format.fileExtension)
    let components = record.id.split(separator: "/", omittingEmptySubsequences: false)
    let isName =
      components.allSatisfy { $0.first != "." && !$0.isEmpty }
      && record.id.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    guard isName else {
      throw Failure(.badData, "the id '\(record.id)' is no file name: choose the format json")
    }
    try OutputFolder.prepare(path.parent)
    let writer = try TokenFileWriter(
      pathBytes: path.bytes, format: options.format, vocabulary: options.words.vocabulary,
      replacing: true)
    do {
      try writer.write(record)
      try writer.finish()
    } catch {
      writer.cancel()
      throw error
    }
    return path
  }

  /// Makes a data set of the lines that are complete.
  private func copy(_ lines: PathBytes, to sink: any TokenSink) throws {
    do {
      let reader = try TokenFileReader(pathBytes: lines.bytes, vocabulary: TokenVocabulary())
      while let record = try reader.next() {
        try Interruption.check()
        try sink.write(record)
      }
      try sink.finish()
    } catch {
      sink.cancel()
      throw error
    }
  }
}
