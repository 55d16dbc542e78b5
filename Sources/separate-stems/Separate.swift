// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import ModelLibrary
internal import Separation
internal import SoundFiles

/// `separate-stems [separate]`: files in, stems out.
struct Separate: ProgramCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take recordings apart into stems (the default).")

  @Argument(help: ArgumentHelp("Files, folders, or - for standard input.", valueName: "input"))
  var inputs: [PathBytes]

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Models kept here") var library: ModelLibraryOptions
  @OptionGroup(title: "Input") var range: RangeOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup(title: "Running") var common: CommonOptions

  func run() throws {
    let expansion = InputExpansion(inputs)
    var batch = Batch()
    // Without anything to do, no model needs to be fetched and loaded.
    if expansion.files.isEmpty {
      for failure in expansion.failures { try batch.fail(failure) }
      return try batch.finish()
    }
    let (file, network) = try loadModel(
      model.model, configuration: model.config, from: library)
    let separator = try model.shifted(network)
    let stems = try output.chosenStems(of: separator)
    if output.output.isStandardStream && stems.count != 1 {
      throw Failure(
        .usage,
        "'-o -' takes one stem; choose one of "
          + "\(stems.map(\.name).joined(separator: ", ")) with --stems")
    }
    let jobs = try plan(expansion.files, model: file.name, stems: stems)

    for failure in expansion.failures { try batch.fail(failure) }
    for job in jobs {
      do {
        try separate(job, separator, model: file.name)
        batch.succeed()
      } catch {
        try batch.fail(Failure(describing: error))
      }
    }
    try batch.finish()
  }

  /// One input, and where its stems go.
  private struct Job {
    let input: InputFile
    let stems: [(stem: Stem, path: PathBytes)]
  }

  private func plan(
    _ files: [InputFile], model: String, stems: [Stem]
  ) throws(Failure) -> [Job] {
    var outputs = PlannedOutputs()
    var jobs: [Job] = []
    for file in files {
      var paths: [(stem: Stem, path: PathBytes)] = []
      for stem in stems {
        if output.output.isStandardStream {
          paths.append((stem, output.output))
          continue
        }
        let path = output.output.appending(
          output.filename.path([
            .model: PathBytes(model), .track: file.track, .folder: file.folder,
            .stem: PathBytes(stem.name), .ext: PathBytes(output.format.fileExtension),
          ]))
        try outputs.add(path, for: file.path)
        paths.append((stem, path))
      }
      jobs.append(Job(input: file, stems: paths))
    }
    return jobs
  }

  private func separate(_ job: Job, _ separator: any Separator, model: String) throws {
    if output.skipExisting && job.stems.allSatisfy(\.path.exists) {
      Console.standard.info("\(job.input.path): its stems are there, left out")
      return
    }
    let started = Stopwatch()
    let reader = try openSound(at: job.input.path.soundFile)
    let source = range.trimmed(reader)
    let rate = source.format.sampleRate
    if rate != separator.sampleRate {
      Console.standard.verbose(
        "\(job.input.path): \(rate) Hz, resampled to the model's \(separator.sampleRate) Hz and back"
      )
    }
    let separation = Separation(
      separator, format: source.format, stems: job.stems.map(\.stem), settings: settings,
      threads: common.threadCount)
    let sink = try StemSink(
      job.stems.map(\.path), format: separation.format, options: output)
    do {
      try pass(source, through: separation, into: sink, track: job.input.path.description)
      if separation.framesIn == 0 {
        throw Failure(.badData, "\(job.input.path): there is no sound in it")
      }
      try sink.finish()
    } catch {
      sink.cancel()
      throw error
    }
    Console.standard.endProgress()
    if let truncation = (reader as? SoundFileReader)?.truncation, range.duration == nil {
      Console.standard.warn(
        "\(job.input.path): is cut short, \(truncation.foundFrames) of "
          + "\(truncation.expectedFrames) frames")
    }
    if let gain = sink.commonGain, gain < 1 {
      Console.standard.info(
        "\(job.input.path): stems scaled by \(gain) to stay below full scale "
          + "(--sample-format float32 leaves them as they are)")
    }
    try report(job, separation, model: model, seconds: started.seconds)
  }

  private var settings: SeparationSettings { model.settings }

  /// Moves the source's blocks through the separation.
  private func pass(
    _ source: any AudioSource, through separation: Separation, into sink: StemSink, track: String
  ) throws {
    let rate = Double(source.format.sampleRate)
    let total = source.frameCount.map { Double($0) / rate }
    Console.standard.beginProgress(track: track, totalSeconds: total)
    // A pipe is passed on in blocks of 10 ms: somebody may be listening.
    let frames = max(1, Int(rate * (source.frameCount == nil ? 0.01 : 0.5)))
    // Some networks do all their work at the end, when they know the whole signal.
    func emit(stem: Int, block: AudioBlock) throws {
      try Interruption.check()
      try sink.write(stem, block)
      Console.standard.updateProgress(doneSeconds: Double(separation.framesOut) / rate)
    }
    while let block = try source.read(frames: frames) {
      try Interruption.check()
      try separation.push(block, emit: emit)
    }
    Console.standard.setProgressTotal(seconds: Double(separation.framesIn) / rate)
    try separation.finish(emit: emit)
    try Interruption.check()
  }

  private func report(
    _ job: Job, _ separation: Separation, model: String, seconds: Double
  ) throws {
    if output.output.isStandardStream { return }
    guard common.json else {
      for (_, path) in job.stems { try StandardOutput.write(path: path) }
      return
    }
    let duration = Double(separation.framesIn) / Double(separation.format.sampleRate)
    try StandardOutput.write(
      json: .object([
        .init("input", .string(job.input.path.description)),
        .init("model", .string(model)),
        .init("sampleRate", .integer(separation.format.sampleRate)),
        .init("channels", .integer(separation.format.channels)),
        .init("duration", .number(duration)),
        .init(
          "stems",
          .object(job.stems.map { .init($0.stem.name, .string($0.path.description)) })),
        .init("seconds", .number(seconds)),
        .init("realTimeFactor", .number(seconds / duration)),
        .init("peakMemoryBytes", .integer(ResourceUsage.peakMemoryBytes)),
      ]))
  }
}
