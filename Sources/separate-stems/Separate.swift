// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import ModelLibrary
internal import Separation
internal import SoundFiles
internal import UniversalSeparation

/// `separate-stems [separate]`: files in, stems out.
struct Separate: ProgramCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take recordings apart into stems (the default).")

  @Argument(help: ArgumentHelp("Files, folders, or - for standard input.", valueName: "input"))
  var inputs: [PathBytes]

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Queries, for models that take them") var queries: QueryOptions
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
      model.model, configuration: model.config,
      tagger: try queries.tagger.map { try library.file(of: $0).path },
      listens: queries.listens, from: library)
    let separator = try model.shifted(
      try queries.asked(of: network, model, threads: common.threadCount))
    var outputs = PlannedOutputs()
    let jobs = try jobs(expansion.files, separator, model: file.name, &outputs)

    for failure in expansion.failures { try batch.fail(failure) }
    for job in jobs {
      do {
        try separate(job, model: file.name, &outputs)
        batch.succeed()
      } catch {
        try batch.fail(Failure(describing: error))
      }
    }
    try batch.finish()
  }

  /// One input, and what becomes of it.
  private struct Job {
    let input: InputFile
    var separator: any Separator
    /// Where its stems go; `nil` as long as nobody has listened what there is.
    var stems: [(stem: Stem, path: PathBytes)]?
  }

  private func jobs(
    _ files: [InputFile], _ separator: any Separator, model: String,
    _ outputs: inout PlannedOutputs
  ) throws -> [Job] {
    if separator is UniversalSeparator, queries.wantedLevels != nil {
      try checkListening(to: files)
      return files.map { Job(input: $0, separator: separator, stems: nil) }
    }
    let stems = try output.chosenStems(of: separator)
    if output.output.isStandardStream && stems.count != 1 {
      throw Failure(
        .usage,
        "'-o -' takes one stem; choose one of "
          + "\(stems.map(\.name).joined(separator: ", ")) with --stems")
    }
    return try files.map { file in
      Job(
        input: file, separator: separator,
        stems: try plan(file, model: model, stems: stems, &outputs))
    }
  }

  /// Where an input's stems go.
  private func plan(
    _ file: InputFile, model: String, stems: [Stem], _ outputs: inout PlannedOutputs
  ) throws(Failure) -> [(stem: Stem, path: PathBytes)] {
    var paths: [(stem: Stem, path: PathBytes)] = []
    for stem in stems {
      if output.output.isStandardStream {
        paths.append((stem, output.output))
        continue
      }
      // Entries of an ontology lie in a folder for each of its levels.
      let folder = stem.name.prefix { $0 != "/" }
      let isEntry = folder.count < stem.name.count && folder.hasPrefix("level=")
      let name = isEntry ? stem.name.dropFirst(folder.count + 1) : stem.name[...]
      var path = output.filename.path([
        .model: PathBytes(model), .track: file.track, .folder: file.folder,
        .stem: PathBytes(String(name)), .ext: PathBytes(output.format.fileExtension),
      ])
      if isEntry {
        path = path.parent.appending(PathBytes(String(folder))).appending(path.lastComponent)
      }
      path = output.output.appending(path)
      try outputs.add(path, for: file.path)
      paths.append((stem, path))
    }
    return paths
  }

  // MARK: Detection

  /// Makes sure that inputs can be listened to before they are separated.
  private func checkListening(to files: [InputFile]) throws(Failure) {
    if files.contains(where: \.path.isStandardStream) {
      throw Failure(
        .usage, "standard input can't be heard twice; say what is wanted with --class or --query")
    }
    if output.output.isStandardStream || output.stems != nil || output.twoStems != nil {
      throw Failure(
        .usage, "what is heard is found out by listening; choose stems with --class or --query")
    }
    if output.residual && queries.wantedLevels?.count != 1 {
      throw Failure(.usage, "--residual is what one level leaves; choose it with --levels")
    }
    if model.segment != nil {
      throw Failure(.usage, "--levels listens to segments of 2 s; leave --segment out")
    }
  }

  /// Listens to an input and settles which stems there will be.
  private func listen(_ job: inout Job, model: String, _ outputs: inout PlannedOutputs) throws {
    guard job.stems == nil, var separator = job.separator as? UniversalSeparator else { return }
    let source = range.section.trimmed(try openSound(at: job.input.path.soundFile))
    let rate = Double(source.format.sampleRate)
    Console.standard.beginProgress(
      track: "\(job.input.path) (listening)",
      totalSeconds: source.frameCount.map { Double($0) / rate })
    separator.knownTags = try separator.tags(of: source, threads: common.threadCount) { frames in
      try Interruption.check()
      Console.standard.updateProgress(doneSeconds: Double(frames) / rate)
    }
    Console.standard.endProgress()
    try separator.ask(
      try separator.heardEntries(ofLevels: queries.wantedLevels ?? [], in: separator.knownTags))
    job.separator = separator
    job.stems = try plan(
      job.input, model: model, stems: try output.chosenStems(of: separator), &outputs)
    if separator.queries.isEmpty {
      Console.standard.info(
        "\(job.input.path): nothing is heard with a probability of "
          + "\(separator.detectionThreshold) or more (--detection-threshold)")
    }
  }

  private func separate(_ planned: Job, model: String, _ outputs: inout PlannedOutputs) throws {
    var job = planned
    let isListening = job.stems == nil
    try listen(&job, model: model, &outputs)
    guard let stems = job.stems, !stems.isEmpty else {
      if common.json {
        try StandardOutput.write(
          json: .object([
            .init("input", .string(job.input.path.description)), .init("model", .string(model)),
            .init("stems", .object([])),
          ]))
      }
      return
    }
    var separator = job.separator
    if output.skipExisting && stems.allSatisfy(\.path.exists) {
      Console.standard.info("\(job.input.path): its stems are there, left out")
      return
    }
    let started = Stopwatch()
    let reader = try openSound(at: job.input.path.soundFile)
    let source = range.section.trimmed(reader)
    let rate = source.format.sampleRate
    if var universal = separator as? UniversalSeparator {
      universal.channels = source.format.channels
      separator = universal
    }
    if rate != separator.sampleRate {
      Console.standard.verbose(
        "\(job.input.path): \(rate) Hz, resampled to the model's \(separator.sampleRate) Hz and back"
      )
    }
    let separation = Separation(
      separator, format: source.format, stems: stems.map(\.stem), settings: settings,
      threads: common.threadCount)
    let sink = try StemSink(
      stems.map(\.path), format: separation.format, options: output)
    do {
      try pass(source, through: separation, into: sink, track: job.input.path.description)
      if separation.framesIn == 0 {
        throw Failure(.badData, "\(job.input.path): there is no sound in it")
      }
      if isListening { sink.dropSilentStems() }
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
    try report(
      job.input, sink.kept.map { stems[$0] }, separation, model: model, seconds: started.seconds)
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
    _ input: InputFile, _ stems: [(stem: Stem, path: PathBytes)], _ separation: Separation,
    model: String, seconds: Double
  ) throws {
    if output.output.isStandardStream { return }
    guard common.json else {
      for (_, path) in stems { try StandardOutput.write(path: path) }
      return
    }
    let duration = Double(separation.framesIn) / Double(separation.format.sampleRate)
    try StandardOutput.write(
      json: .object([
        .init("input", .string(input.path.description)),
        .init("model", .string(model)),
        .init("sampleRate", .integer(separation.format.sampleRate)),
        .init("channels", .integer(separation.format.channels)),
        .init("duration", .number(duration)),
        .init(
          "stems",
          .object(stems.map { .init($0.stem.name, .string($0.path.description)) })),
        .init("seconds", .number(seconds)),
        .init("realTimeFactor", .number(seconds / duration)),
        .init("peakMemoryBytes", .integer(ResourceUsage.peakMemoryBytes)),
      ]))
  }
}
