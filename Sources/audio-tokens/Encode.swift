// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import TokenFiles
internal import WavTokenizer

/// `audio-tokens encode`: sound in, tokens out.
struct Encode: ProgramCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn sound into tokens.",
    discussion: """
      Sound of any rate and number of channels is mixed down to one and brought to the model's rate.
      With --manifest, inputs are the lines of a list: {"id", "audio", "start"?, "duration"?}. Their
      tokens go into DIR/tokens.jsonl, or with --shard DIR/tokens-I-of-N.jsonl; a run that was
      stopped goes on where it was. Another --format is made beside it.

      EXAMPLES
        audio-tokens encode speech.wav -m model.ckpt --format npy
        audio-tokens encode recordings -m model.ckpt -o corpus --format megatron
        audio-tokens encode --manifest list.jsonl -m model.ckpt -o corpus --shard 3/16
        cat list.jsonl | audio-tokens encode --manifest - -m model.ckpt -o - > tokens.jsonl
        arecord -f S16_LE -r 16000 | audio-tokens encode - -m model.ckpt -o - --format text
      """)

  @Argument(help: ArgumentHelp("Files, folders, or - for standard input.", valueName: "input"))
  var inputs: [PathBytes] = []

  @Option(
    help: ArgumentHelp(
      "A list of inputs as JSON lines, or - for standard input.", valueName: "file"))
  var manifest: PathBytes?

  @Option(
    help: ArgumentHelp(
      "How many recordings of a list are encoded side by side (default: one for each thread).",
      valueName: "number"))
  var jobs: Int?

  @Flag(help: "With json or safetensors: how far each token's code led the second best.")
  var margins = false

  @OptionGroup(title: "Model") var model: CodecOptions
  @OptionGroup(title: "Input") var sound: SoundInputOptions
  @OptionGroup(title: "Output") var output: TokenOutputOptions
  @OptionGroup(title: "Lists") var list: ShardOptions
  @OptionGroup(title: "Running") var common: CommonOptions

  func validate() throws {
    if inputs.isEmpty == (manifest == nil) {
      throw ValidationError("expected inputs, or a list of them with --manifest")
    }
    if manifest != nil && (sound.rawSamples || sound.range.start > 0 || sound.range.duration != nil)
    {
      throw ValidationError("a list says itself what is taken of each recording")
    }
    if manifest != nil && output.output.isStandardStream && output.format != .json {
      throw ValidationError(
        "lists give json on standard output; 'convert' makes other formats of it")
    }
    if let jobs, !(1...1024).contains(jobs) {
      throw ValidationError("--jobs \(jobs): expected a number from 1 to 1024")
    }
    if margins && output.format != .json && output.format != .safetensors {
      throw ValidationError("--margins goes with json and safetensors")
    }
  }

  func run() throws {
    let codec = try model.load(.encoder)
    if let manifest {
      try EncodeList(command: self, manifest: manifest, codec: codec)()
    } else {
      try encodeInputs(codec)
    }
  }

  private func encodeInputs(_ codec: Codec) throws {
    let expansion = InputExpansion(inputs)
    let places = list.shard.places(of: expansion.files.count, by: list.shardBy)
    let files = places.map { expansion.files[$0] }
    let target = try TokenTarget(
      output, shard: list.shard, codebookSize: codec.identity.codebookSize)
    let paths = try files.map {
      try target.place(
        folder: $0.folder, track: $0.track, owner: $0.path, model: codec.identity.model)
    }
    if target.isDone {
      return Console.standard.info("\(output.output): the tokens are there, left out")
    }
    var batch = Batch()
    for failure in expansion.failures { try batch.fail(failure) }
    do {
      for (file, path) in zip(files, paths) {
        do {
          try encode(file, codec, target, path)
          batch.succeed()
        } catch {
          let failure = Failure(describing: error)
          // What all share can take no more: the others would fail the same way.
          if target.isShared && failure.status == .inputOutput { throw failure }
          try batch.fail(failure)
        }
      }
      for path in try target.finish() where !common.json { try StandardOutput.write(path: path) }
    } catch {
      target.cancel()
      throw error
    }
    try batch.finish()
  }

  private func encode(
    _ file: InputFile, _ codec: Codec, _ target: TokenTarget, _ path: PathBytes
  ) throws {
    if output.skipExisting && !target.isShared && path.exists {
      return Console.standard.info("\(file.path): its tokens are there, left out")
    }
    let started = Stopwatch()
    let input = try SoundInput(
      file.path, section: sound.range.section, sampleRate: codec.identity.sampleRate, raw: sound)
    Console.standard.beginProgress(
      track: file.path.description, totalSeconds: input.seconds)
    let pass = EncodingPass(
      codec: codec, threads: common.threadCount,
      isLive: file.path.isStandardStream && target.textStream != nil,
      progress: Console.standard.updateProgress(doneSeconds:))
    let id = file.folder.appending(file.track).description
    do {
      if let stream = target.textStream {
        _ = try pass(input.source) { try stream.write($0.map(\.id)) }
        try stream.endLine()
      } else {
        let record = try pass.record(input.source, id: id, withMargins: margins)
        try target.write(record, to: path)
        try report(record, file, path, target, seconds: started.seconds)
      }
    } catch let failure as Failure where failure.status == .badData {
      throw Failure(.badData, "\(file.path): \(failure.message)")
    }
    Console.standard.endProgress()
    input.warn()
  }

  private func report(
    _ record: TokenRecord, _ file: InputFile, _ path: PathBytes, _ target: TokenTarget,
    seconds: Double
  ) throws {
    if output.output.isStandardStream { return }
    guard common.json else {
      if !target.isShared { try StandardOutput.write(path: path) }
      return
    }
    let duration = record.duration ?? 0
    var members: [JSONValue.Member] = [.init("input", .string(file.path.description))]
    members += try record.members(withTokens: false)
    members += [
      .init("output", .string(path.description)),
      .init("seconds", .number(seconds)),
      .init("realTimeFactor", .number(seconds / duration)),
      .init("peakMemoryBytes", .integer(ResourceUsage.peakMemoryBytes)),
    ]
    try StandardOutput.write(json: .object(members))
  }
}

extension TokenRecord {
  /// The members of the record's JSON object.
  func members(withTokens: Bool) throws -> [JSONValue.Member] {
    guard case .object(let members) = try JSONValue(reading: try json(withTokens: withTokens))
    else {
      return []
    }
    return members
  }
}
