// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints
internal import CommandSupport
internal import ModelLibrary
internal import SoundFiles
internal import Tensors
internal import UniversalSeparation

/// Recordings on their way through a tagger, and what is told of them.
struct TaggingPass: Sendable {
  private let tagger: any SoundTagger
  private let model: String
  private let segmentSamples: Int
  private let top: Int
  private let threshold: Float
  /// All that a recording's tags depend on besides it.
  let settings: String

  /// Loads the tagger that a command line means.
  init(_ options: Tag) throws {
    let file = try Self.file(options)
    if file.bag != nil { throw Failure(.usage, "\(file.path): a bag; expected a tagger") }
    let marks = ["decisionlevel", "decision-level", "decision_level", "-events"]
    let name = (file.name + "/" + (file.path.split(separator: "/").last ?? "")).lowercased()
    let events = options.events || marks.contains { name.contains($0) }
    let tagger: any SoundTagger
    do {
      tagger = try loadTagger(Checkpoint(path: file.path), events: events)
    } catch {
      let isComplete = error.description.hasPrefix(file.path)
      throw Failure(error.exitStatus, isComplete ? "\(error)" : "\(file.path): \(error)")
    }
    self.tagger = tagger
    model = file.name
    top = options.top
    threshold = options.threshold
    let clip = tagger.clipSamples
    segmentSamples = options.segment.map { Int($0 * Double(tagger.sampleRate)) } ?? clip
    if tagger.needsWholeClips && segmentSamples > clip {
      let most = Double(clip) / Double(tagger.sampleRate)
      throw Failure(.usage, "--segment: this tagger hears no more than \(most) s at a time")
    }
    settings = [
      Program.version, file.path, "\(events)", "\(segmentSamples)", "\(top)", "\(threshold)",
    ].joined(separator: "\n")
  }

  private static func file(_ options: Tag) throws -> ModelFile {
    if let model = options.model { return try options.library.file(of: model) }
    let standard = options.events ? "panns-cnn14-events" : "panns-cnn14"
    // Universal Source Separation brings the same tagger along: no need to fetch it again.
    let library = options.library.library
    let isHere = { (name: String) in Catalogue.model(named: name).map(library.isHere) ?? false }
    if !isHere(standard), isHere("uss"), let file = try? library.resolve("uss") { return file }
    return try options.library.file(of: standard)
  }

  /// What is heard in a part of a recording.
  func callAsFunction(
    _ path: PathBytes, section: SoundSection, threads: Int, showsProgress: Bool = false
  ) throws -> TagReport {
    let started = Stopwatch()
    let reader = try openSound(at: path.soundFile)
    var source = section.trimmed(reader)
    if source.format.channels != 1 { source = ChannelMappedSource(source, to: 1) }
    if source.format.sampleRate != tagger.sampleRate {
      source = ResampledSource(source, to: tagger.sampleRate, kernel: .julius)
    }
    let rate = Double(tagger.sampleRate)
    if showsProgress {
      Console.standard.beginProgress(
        track: path.description, totalSeconds: source.frameCount.map { Double($0) / rate })
    }
    let run = Run(threads: threads)
    var stream = TaggingStream(tagger, segmentSamples: segmentSamples)
    var summary = TagSummary(classCount: tagger.classCount, threshold: threshold)
    do {
      while let block = try source.read(frames: tagger.sampleRate) {
        try Interruption.check()
        try stream.push(block.samples, run) { summary.add($0) }
        if showsProgress {
          Console.standard.updateProgress(doneSeconds: Double(stream.sampleCount) / rate)
        }
      }
      guard stream.sampleCount > 0 else { throw Failure(.badData, "there is no sound in it") }
      try stream.finish(run) { summary.add($0) }
    } catch let error as TaggingError {
      throw Failure(error.exitStatus, "\(path): \(error)")
    } catch let failure as Failure where failure.status == .badData {
      throw Failure(.badData, "\(path): \(failure.message)")
    }
    if showsProgress { Console.standard.endProgress() }
    if section.duration == nil, let truncation = (reader as? SoundFileReader)?.truncation {
      Console.standard.warn(
        "\(path): is cut short, \(truncation.foundFrames) of \(truncation.expectedFrames) frames")
    }
    return TagReport(
      path: path, model: model, offset: section.start,
      duration: Double(stream.sampleCount) / rate, heard: summary.heard(most: top),
      threshold: threshold, isAudioSet: tagger.classCount == AudioSetClasses.all.count,
      seconds: started.seconds)
  }
}
