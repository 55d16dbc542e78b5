// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
internal import CommandSupport
internal import SoundFiles
internal import Tensors
internal import TokenFiles
public import WavTokenizer

extension WavTokenizer.DecodingMode: ExpressibleByArgument {}

/// How tokens become sound.
struct DecodingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Which of the bandwidths the decoder was trained with it takes for granted; all published "
        + "models are used with 0.", valueName: "number"))
  var bandwidthId = 0

  @Option(
    help: ArgumentHelp(
      "whole: all tokens at once, as the reference; bounded: the same in bounded memory, slower for "
        + "long sound; windowed: an approximation in windows. By default the length decides.",
      valueName: "mode"))
  var mode: WavTokenizer.DecodingMode?

  /// Decodes tokens, and hands the samples on as they come.
  func decode(
    _ tokens: [Int32], _ codec: Codec, threads: Int, deliver: ([Float]) throws -> Void
  ) throws -> WavTokenizer.DecodingMode {
    try codec.network.decode(
      tokens: tokens, bandwidthIdentifier: bandwidthId, mode: mode, run: Run(threads: threads)
    ) { samples in
      try Interruption.check()
      try deliver(samples)
    }
  }
}

/// `audio-tokens decode`: tokens in, sound out.
struct Decode: ProgramCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn tokens into sound.",
    discussion: """
      The sound has the model's rate and one channel, and as many samples as the tokens stand for,
      which is up to one token more than was encoded; --trim cuts what the token file says wasn't
      there.

      EXAMPLES
        audio-tokens decode speech.json -m model.ckpt
        audio-tokens decode corpus/tokens.tar -m model.ckpt -o sound --sample-format float32
        generate | audio-tokens decode - -m model.ckpt -o - | aplay
      """)

  @Argument(
    help: ArgumentHelp("Token files, folders, or - for standard input.", valueName: "tokens"))
  var inputs: [PathBytes]

  @Flag(help: "Cut the sound to the length it had before it was encoded, where the tokens tell.")
  var trim = false

  @Flag(help: "With -o -: samples without header, float32, little-endian.")
  var rawSamples = false

  @OptionGroup(title: "Model") var model: CodecOptions
  @OptionGroup(title: "Model") var decoding: DecodingOptions
  @OptionGroup(title: "Input") var words: VocabularyOptions
  @OptionGroup(title: "Output") var output: SoundOutputOptions
  @OptionGroup(title: "Running") var common: CommonOptions

  func validate() throws {
    if rawSamples && output.output?.isStandardStream != true {
      throw ValidationError("--raw-samples goes with '-o -'")
    }
  }

  private var folder: PathBytes { output.output ?? PathBytes("decoded") }

  func run() throws {
    let codec = try model.load(.decoder)
    let expansion = TokenInput.expand(inputs)
    var batch = Batch()
    for failure in expansion.failures { try batch.fail(failure) }
    var planned = PlannedOutputs()
    var count = 0
    try TokenInput.forEachRecord(
      of: expansion.files, vocabulary: words.vocabulary, in: &batch,
      endingWith: [.usage]
    ) { record, input in
      count += 1
      if folder.isStandardStream && count > 1 {
        throw Failure(
          .usage, "'-o -' takes the sound of one recording, and there is a second, '\(record.id)'")
      }
      let (subfolder, track) = TokenInput.place(of: record)
      let path =
        folder.isStandardStream
        ? folder
        : output.path(in: folder, folder: subfolder, track: track, model: codec.identity.model)
      try planned.add(path, for: input.file.path)
      try decode(record, of: input.file, codec, to: path)
    }
    try batch.finish()
  }

  private func decode(
    _ record: TokenRecord, of file: InputFile, _ codec: Codec, to path: PathBytes
  ) throws {
    if output.skipExisting && !path.isStandardStream && path.exists {
      return Console.standard.info("\(path): is there, left out")
    }
    if let difference = record.codec?.difference(from: codec.identity) {
      throw Failure(.badData, "\(file.path): '\(record.id)' has \(difference)")
    }
    try record.check(path: file.path.description, codebookSize: codec.identity.codebookSize)
    guard !record.tokens.isEmpty else {
      throw Failure(.badData, "\(file.path): '\(record.id)' has no tokens")
    }
    let started = Stopwatch()
    let rate = codec.identity.sampleRate
    let total = record.tokens.count * codec.identity.hopLength
    let sink = try SoundOutput(
      path, sampleRate: rate, options: output, rawSamples: rawSamples,
      limit: trim ? record.samples.map { min($0, total) } : nil)
    Console.standard.beginProgress(track: record.id, totalSeconds: Double(total) / Double(rate))
    let mode: WavTokenizer.DecodingMode
    do {
      var done = 0
      mode = try decoding.decode(record.tokens, codec, threads: common.threadCount) { samples in
        try sink.write(samples)
        done += samples.count
        Console.standard.updateProgress(doneSeconds: Double(done) / Double(rate))
      }
      try sink.finish()
    } catch {
      sink.cancel()
      throw error
    }
    Console.standard.endProgress()
    if mode == .windowed && decoding.mode == nil {
      Console.standard.info(
        "\(record.id): decoded in windows for its length; --mode bounded is exact, and slower")
    }
    if path.isStandardStream { return }
    guard common.json else { return try StandardOutput.write(path: path) }
    let duration = Double(sink.samples) / Double(rate)
    try StandardOutput.write(json: [
      "input": .string(file.path.description), "id": .string(record.id),
      "model": .string(codec.identity.model), "mode": .string(mode.rawValue),
      "tokenCount": .integer(record.tokens.count), "sampleRate": .integer(rate),
      "samples": .integer(sink.samples), "duration": .number(duration),
      "output": .string(path.description), "seconds": .number(started.seconds),
      "realTimeFactor": .number(started.seconds / duration),
      "peakMemoryBytes": .integer(ResourceUsage.peakMemoryBytes),
    ])
  }
}
