// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import TokenFiles

/// `audio-tokens convert`: tokens from one format to another.
struct Convert: ProgramCommand {
  static let configuration = CommandConfiguration(
    abstract: "Bring tokens from any format to another.",
    discussion: """
      All inputs must have tokens of the same codec, as far as they tell. The options of megatron and
      text hold for inputs and outputs of these formats.

      EXAMPLES
        audio-tokens convert corpus/*.jsonl --format megatron --vocabulary-offset 151672 -o corpus
        audio-tokens convert corpus/tokens.jsonl --format webdataset --shard-size 10000 -o shards
        audio-tokens convert speech.tokens --format text -o -
      """)

  @Argument(
    help: ArgumentHelp("Token files, folders, or - for standard input.", valueName: "tokens"))
  var inputs: [PathBytes]

  @Option(
    help: ArgumentHelp(
      "How many codes there are, where the inputs don't tell.", valueName: "number"))
  var codebookSize: Int?

  @OptionGroup(title: "Output") var output: TokenOutputOptions
  @OptionGroup(title: "Running") var common: CommonOptions

  func validate() throws {
    if let codebookSize, !(1...(1 << 31)).contains(codebookSize) {
      throw ValidationError("--codebook-size \(codebookSize): expected 1 to 2147483648")
    }
  }

  func run() throws {
    let expansion = TokenInput.expand(inputs)
    var batch = Batch()
    for failure in expansion.failures { try batch.fail(failure) }
    var conversion = Conversion(command: self)
    do {
      try TokenInput.forEachRecord(
        of: expansion.files, vocabulary: output.words.vocabulary, in: &batch,
        // What all share can take no more: the others would fail the same way.
        endingWith: [.inputOutput, .usage]
      ) { record, input in
        try conversion.add(record, of: input.file)
      }
      try conversion.finish()
    } catch {
      conversion.cancel()
      throw error
    }
    try batch.finish()
  }
}

/// A conversion under way.
private struct Conversion {
  let command: Convert
  /// Made when the first record tells the codec.
  private var target: TokenTarget?
  private var codec: CodecIdentity?

  init(command: Convert) { self.command = command }

  mutating func add(_ record: TokenRecord, of file: InputFile) throws {
    if let codec, let difference = record.codec?.difference(from: codec) {
      throw Failure(.badData, "\(file.path): '\(record.id)' has \(difference)")
    }
    codec = codec ?? record.codec
    let target = try target ?? open(record)
    self.target = target
    if target.isDone { return }
    let (folder, track) = TokenInput.place(of: record)
    let path = try target.place(
      folder: folder, track: track, owner: file.path, model: record.codec?.model ?? "")
    if command.output.skipExisting && !target.isShared && path.exists { return }
    if let stream = target.textStream {
      try stream.write(record.tokens)
      try stream.endLine()
    } else {
      try target.write(record, to: path)
    }
    if !target.isShared { try print(path, of: record) }
  }

  private func open(_ record: TokenRecord) throws -> TokenTarget {
    let size = record.codec?.codebookSize ?? command.codebookSize
    guard let size = size ?? (command.output.format == .megatron ? nil : 1) else {
      throw Failure(
        .usage,
        "megatron's ids depend on how many codes there are, which '\(record.id)' does not "
          + "tell: add --codebook-size")
    }
    return try TokenTarget(command.output, shard: .whole, codebookSize: size)
  }

  func finish() throws {
    for path in try target?.finish() ?? [] { try print(path, of: nil) }
  }

  func cancel() { target?.cancel() }

  private func print(_ path: PathBytes, of record: TokenRecord?) throws {
    guard command.common.json else { return try StandardOutput.write(path: path) }
    let members = try record?.members(withTokens: false) ?? []
    try StandardOutput.write(
      json: .object(members + [.init("output", .string(path.description))]))
  }
}
