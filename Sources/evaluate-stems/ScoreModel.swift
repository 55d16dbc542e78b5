// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
package import CommandSupport
internal import Evaluation
internal import ModelLibrary
public import Separation
internal import SoundFiles

/// `evaluate-stems model`: what a model makes of a data set, without writing its stems.
struct ScoreModel: ProgramCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Separate a data set's mixtures with a model and score the stems.",
    discussion: """
      The stems of a recording wait in a temporary file ($TMPDIR) until they are scored; nothing but \
      scores is kept. Stems that the data set does not have are left out.

      EXAMPLES
        evaluate-stems model musdb18hq --model htdemucs.th -o scores --subset test
        evaluate-stems model mdx/test -m conv_tasnet.pth -o scores --metrics sdr
      """)

  @Argument(help: "The data set.") var root: PathBytes

  @Option(
    name: [.short, .long],
    help: "A model's name ('separate-stems models' shows them) or a checkpoint file.")
  var model: String

  @OptionGroup(title: "Models kept here") var models: ModelLibraryOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("Where to write.", valueName: "dir"))
  var output: PathBytes

  @Option(
    help: ArgumentHelp(
      "Seconds the model hears at a time (default: its own).", valueName: "seconds"))
  var segment: Double?

  @Option(help: ArgumentHelp("The share of a segment that overlaps the next.", valueName: "ratio"))
  var overlap = 0.25

  @OptionGroup(title: "Data set") var dataSet: DataSetOptions
  @OptionGroup(title: "Scores") var scoring: ScoringOptions
  @OptionGroup(title: "Running") var common: CommonOptions

  func validate() throws {
    guard overlap >= 0 && overlap < 1 else {
      throw ValidationError("--overlap \(overlap): expected a ratio from 0 to below 1")
    }
    if let segment, !(segment > 0 && segment < 86400) {
      throw ValidationError("--segment \(segment): expected seconds above 0")
    }
  }

  func run() throws {
    let recordings = try DataSet(root, subset: dataSet.wantedSubset).recordings
    let file = try models.file(of: model)
    let separator = try loadSeparator(file)
    let known = Set(recordings.flatMap { $0.stems.map(\.name) })
    let stems = separator.stems.filter {
      known.contains($0.name) && scoring.targets?.contains($0.name) ?? true
    }
    guard !stems.isEmpty else {
      throw Failure(
        .badData,
        "\(file.name) separates \(separator.sources.joined(separator: ", ")); the data set has "
          + known.sorted().joined(separator: ", "))
    }
    // A network keeps all threads busy by itself, and two of them twice the memory.
    let jobs = scoring.jobs ?? 1
    let plan = ScoringPlan(
      scoring, threads: common.threadCount, jobs: jobs, recordings: recordings.count)
    let modelFiles = ([file.path] + (file.bag?.members.map(\.path) ?? [])).map { PathBytes($0) }
    let works = recordings.map { recording in
      ScoringRun.Work(
        subset: recording.subset, name: recording.name, seconds: recording.seconds,
        inputs: recording.files + modelFiles
      ) { name, subset in
        guard let location = recording.mixture else {
          throw Failure(.missingInput, "\(recording.name): has no mixture to separate")
        }
        let mixture = try openRecordedSound(location)
        let estimates = try separated(mixture, separator, stems, threads: plan.evaluation.threads)
        return try plan.scores(
          name: name, subset: subset, references: try recording.references(),
          estimates: zip(stems, estimates).map { .init($0.name, $1) }, mixture: mixture)
      }
    }
    let settings = "segment \(segment.map { "\($0)" } ?? "own"), overlap \(overlap)"
    try plan.run(
      works, output: output, estimator: "\(file.name), \(settings)", isJSON: common.json)
  }

  private func separated(
    _ mixture: any SignalSource, _ separator: any Separator, _ stems: [Stem], threads: Int
  ) throws -> [SpooledSound] {
    let separation = Separation(
      separator, format: AudioFormat(sampleRate: mixture.sampleRate, channels: mixture.channels),
      stems: stems, settings: SeparationSettings(segmentSeconds: segment, overlap: overlap),
      threads: threads)
    let format = separation.format
    let spools = try stems.map { _ in
      try SpooledSound(channels: format.channels, sampleRate: format.sampleRate)
    }
    let emit: Separation.Emit = { stem, block in
      try Interruption.check()
      try spools[stem].append(block.samples)
    }
    for start in stride(from: 0, to: mixture.frames, by: 1 << 16) {
      let samples = try mixture.samples(in: start..<min(start + 1 << 16, mixture.frames))
      try separation.push(
        AudioBlock(channels: mixture.channels, samples: samples), emit: emit)
    }
    try separation.finish(emit: emit)
    return spools
  }
}

extension SeparationError: FailureConvertible {
  package var exitStatus: ExitStatus { .badData }
}
