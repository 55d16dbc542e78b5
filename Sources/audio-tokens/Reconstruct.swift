// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import Evaluation
internal import SoundFiles
internal import TokenFiles
internal import WavTokenizer

/// `audio-tokens reconstruct`: what a codec leaves of sound.
struct Reconstruct: ProgramCommand {
  static let configuration = CommandConfiguration(
    abstract: "Encode and decode in one go, and score the result.",
    discussion: """
      The reference is the input as the codec hears it: one channel at the model's rate; the sound is
      cut to its length. A codec like this makes up the phase: SI-SDR and SSNR near or below 0 dB are
      normal, and mel distance and STOI tell more. Both signals are in memory for the scores.

      EXAMPLES
        audio-tokens reconstruct speech.wav -m model.ckpt
        audio-tokens reconstruct recordings -m model.ckpt --json > scores.jsonl
      """)

  @Argument(help: ArgumentHelp("Files, folders, or - for standard input.", valueName: "input"))
  var inputs: [PathBytes]

  @OptionGroup(title: "Model") var model: CodecOptions
  @OptionGroup(title: "Model") var decoding: DecodingOptions
  @OptionGroup(title: "Input") var sound: SoundInputOptions
  @OptionGroup(title: "Output") var output: SoundOutputOptions
  @OptionGroup(title: "Running") var common: CommonOptions

  func validate() throws {
    if output.output?.isStandardStream == true {
      throw ValidationError("standard output has the scores; name a folder for the sound")
    }
  }

  private static let metrics: [MetricName] = [
    .scaleInvariantSDR, .melDistance, .intelligibility, .segmentalSNR,
  ]

  func run() throws {
    let codec = try model.load(.all)
    let expansion = InputExpansion(inputs)
    let folder = output.output ?? PathBytes("reconstructed")
    var planned = PlannedOutputs()
    var paths: [PathBytes] = []
    for file in expansion.files {
      let path = output.path(
        in: folder, folder: file.folder, track: file.track, model: codec.identity.model)
      try planned.add(path, for: file.path)
      paths.append(path)
    }
    var batch = Batch()
    for failure in expansion.failures { try batch.fail(failure) }
    for (file, path) in zip(expansion.files, paths) {
      do {
        try reconstruct(file, codec, to: path)
        batch.succeed()
      } catch {
        try batch.fail(Failure(describing: error))
      }
    }
    try batch.finish()
  }

  private func reconstruct(_ file: InputFile, _ codec: Codec, to path: PathBytes) throws {
    if output.skipExisting && path.exists {
      return Console.standard.info("\(file.path): its sound is there, left out")
    }
    let started = Stopwatch()
    let rate = codec.identity.sampleRate
    let input = try SoundInput(
      file.path, section: sound.range.section, sampleRate: rate, raw: sound)
    Console.standard.beginProgress(track: file.path.description, totalSeconds: input.seconds)
    let recorder = RecordingSource(input.source)
    let record: TokenRecord
    do {
      // Encoding is the quicker half.
      record = try EncodingPass(codec: codec, threads: common.threadCount) {
        Console.standard.updateProgress(doneSeconds: 0.3 * $0)
      }.record(recorder, id: file.track.description)
    } catch let failure as Failure where failure.status == .badData {
      throw Failure(.badData, "\(file.path): \(failure.message)")
    }
    let reference = recorder.samples
    let sink = try SoundOutput(path, sampleRate: rate, options: output, limit: reference.count)
    var estimate: [Float] = []
    let mode: WavTokenizer.DecodingMode
    do {
      mode = try decoding.decode(record.tokens, codec, threads: common.threadCount) { samples in
        try sink.write(samples)
        estimate += samples
        let share = Double(estimate.count) / Double(max(1, reference.count))
        Console.standard.updateProgress(
          doneSeconds: (0.3 + 0.7 * share) * Double(reference.count) / Double(rate))
      }
      estimate.removeLast(estimate.count - reference.count)
      try sink.finish()
    } catch {
      sink.cancel()
      throw error
    }
    Console.standard.endProgress()
    input.warn()
    let scores = try Self.metrics.map { metric in
      try Interruption.check()
      return (
        metric,
        try metric.score(
          of: InterleavedSignal(estimate, sampleRate: rate),
          against: InterleavedSignal(reference, sampleRate: rate))
      )
    }
    try report(record, scores, file, path, mode, seconds: started.seconds)
  }

  private func report(
    _ record: TokenRecord, _ scores: [(MetricName, Score)], _ file: InputFile, _ path: PathBytes,
    _ mode: WavTokenizer.DecodingMode, seconds: Double
  ) throws {
    guard common.json else {
      let texts = scores.map { metric, score in
        let unit = metric.isDecibels ? " dB" : ""
        let value = score.value.isFinite ? decimal(score.value, places: 3) + unit : "–"
        return "\(metric.rawValue) \(value)"
      }
      return try StandardOutput.write(line: "\(path)  \(texts.joined(separator: "  "))")
    }
    let duration = record.duration ?? 0
    var members: [JSONValue.Member] = [.init("input", .string(file.path.description))]
    members += try record.members(withTokens: false)
    members += [
      .init("mode", .string(mode.rawValue)), .init("output", .string(path.description)),
      .init("metrics", .object(scores.map { .init($0.0.rawValue, .number($0.1.value)) })),
      .init("definitions", .object(scores.map { .init($0.0.rawValue, .string($0.0.definition)) })),
      .init("seconds", .number(seconds)), .init("realTimeFactor", .number(seconds / duration)),
      .init("peakMemoryBytes", .integer(ResourceUsage.peakMemoryBytes)),
    ]
    try StandardOutput.write(json: .object(members))
  }
}

/// A source that remembers what was read of it.
private final class RecordingSource: AudioSource {
  private let source: any AudioSource
  private(set) var samples: [Float] = []

  init(_ source: any AudioSource) { self.source = source }

  var format: AudioFormat { source.format }
  var frameCount: Int? { source.frameCount }

  func read(frames: Int) throws(SoundFileError) -> AudioBlock? {
    let block = try source.read(frames: frames)
    samples += block?.samples ?? []
    return block
  }
}
