// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import Evaluation
internal import SoundFiles

/// `evaluate-stems folder`: the estimates of a data set against its sources.
struct Folder: ProgramCommand {
  static let configuration = CommandConfiguration(
    abstract: "Score a folder of estimates against a data set.",
    discussion: """
      References are ROOT/SUBSET/TRACK/STEM.wav as in MUSDB18-HQ, ROOT/SUBSET/TRACK.stem.mp4 as in \
      MUSDB18 (needs the program ffmpeg), ROOT/TRACK/STEM.wav as in MDX, or the folders of DSD100 or \
      MoisesDB. Estimates lie in SUBSET/TRACK/STEM.wav or TRACK/STEM.wav.

      For sounds of classes, references are ROOT/CLASS/NAME.target.wav with NAME.mixture.wav, and \
      estimates CLASS/NAME.wav or CLASS/NAME.estimate.wav; for VoiceBank-DEMAND, they are \
      ROOT/clean_testset_wav/NAME.wav with noisy_testset_wav/NAME.wav, and NAME.wav.

      What was scored before with the same settings is not computed again, so a run that was stopped \
      goes on where it was.

      EXAMPLES
        evaluate-stems folder musdb18hq separated/htdemucs -o scores --subset test
        evaluate-stems folder musdb18hq estimates -o scores --museval-strict --jobs 2
        evaluate-stems folder mdx/test results -o scores --metrics sdr
        evaluate-stems folder clips estimates -o scores --protocol uss-classes
        evaluate-stems folder voicebank enhanced -o scores --protocol uss-voicebank
      """)

  @Argument(help: "The data set.") var references: PathBytes
  @Argument(help: "The estimates, in folders of the same names.") var estimates: PathBytes

  @Option(name: .shortAndLong, help: ArgumentHelp("Where to write.", valueName: "dir"))
  var output: PathBytes

  @OptionGroup(title: "Data set") var dataSet: DataSetOptions
  @OptionGroup(title: "Scores") var scoring: ScoringOptions
  @OptionGroup(title: "Running") var common: CommonOptions

  func run() throws {
    guard estimates.isFolder else { throw Failure(.missingInput, "\(estimates): no such folder") }
    let recordings = try DataSet(references, subset: dataSet.wantedSubset).recordings
    let plan = ScoringPlan(
      scoring, threads: common.threadCount, jobs: scoring.jobs ?? common.threadCount,
      recordings: recordings.count)
    var works: [ScoringRun.Work] = []
    var withoutEstimates = 0
    for recording in recordings {
      let estimates = sounds(for: recording)
      guard !estimates.isEmpty else {
        Console.standard.verbose("\(recording.subset.appending(recording.name)): no estimates")
        withoutEstimates += 1
        continue
      }
      works.append(work(recording, estimates, plan))
    }
    guard !works.isEmpty else {
      throw Failure(
        .missingInput,
        "\(estimates): has no folder named like a recording of \(references), such as "
          + "\(recordings[0].subset.appending(recordings[0].name))")
    }
    if withoutEstimates > 0 {
      Console.standard.warn(
        "\(withoutEstimates) of \(recordings.count) recordings have no estimates and are left out")
    }
    try plan.run(works, output: output, isJSON: common.json)
  }

  /// The estimates of a recording: below its part, or without one.
  private func sounds(for recording: DataSet.Recording) -> [(name: String, path: PathBytes)] {
    if let file = file(for: recording) { return [(recording.stems[0].name, file)] }
    let places = [
      estimates.appending(recording.subset).appending(recording.name),
      estimates.appending(recording.name),
    ]
    return places.lazy.map { DataSet.sounds(in: $0) }.first { !$0.isEmpty } ?? []
  }

  /// The estimate of a recording's only stem, where such are files.
  private func file(for recording: DataSet.Recording) -> PathBytes? {
    for path in recording.estimatePaths {
      for ending in ["wav"] + InputExpansion.audioExtensions.sorted() {
        let file = estimates.appending(
          PathBytes(bytes: path.bytes + Array(".\(ending)".utf8)))
        if file.exists { return file }
      }
    }
    return nil
  }

  private func work(
    _ recording: DataSet.Recording, _ estimates: [(name: String, path: PathBytes)],
    _ plan: ScoringPlan
  ) -> ScoringRun.Work {
    let wanted = scoring.targets
    let judged = estimates.filter {
      wanted?.contains($0.name) ?? true && !DataSet.mixtureNames.contains($0.name)
    }
    return ScoringRun.Work(
      subset: recording.subset, name: recording.name, seconds: recording.seconds,
      inputs: recording.files + judged.map(\.path)
    ) { name, subset in
      let scores = try plan.scores(
        name: name, subset: subset, references: try recording.references(),
        estimates: judged.map { .init($0.name, try openRecordedSound(.init(path: $0.path))) },
        mixture: try recording.mixture.map { try openRecordedSound($0) })
      guard !scores.targets.isEmpty || plan.evaluation.isMuseval else {
        func list(_ names: [String]) -> String {
          names.isEmpty ? "nothing" : names.joined(separator: ", ")
        }
        throw Failure(
          .badData,
          "no estimate has a reference: found \(list(estimates.map(\.name))), expected "
            + list(wanted ?? recording.stems.map(\.name)))
      }
      return scores
    }
  }
}

/// Which part of a data set.
struct DataSetOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Only this part of the data set: train, test, …, or all.", valueName: "part")
  )
  var subset = "all"

  /// The part that is wanted; nil for all.
  var wantedSubset: String? { subset == "all" ? nil : subset.lowercased() }
}

extension DataSet.Recording {
  /// The length of its first stem; 0 where that cannot be told without decoding it.
  var seconds: Double {
    guard let sound = stems.first?.sounds.first, sound.stream == nil,
      let reader = try? SoundFileReader(at: sound.path.soundFile), let frames = reader.frameCount
    else { return 0 }
    return Double(frames) / Double(reader.format.sampleRate)
  }

  /// All its sound files.
  var files: [PathBytes] {
    stems.flatMap { $0.sounds.map(\.path) } + (mixture.map { [$0.path] } ?? [])
  }

  /// Its sources, opened; shorter ones are continued with zeros.
  func references() throws -> [TrackEvaluation.NamedSource] {
    let sources = try stems.map { stem in
      (name: stem.name, sum: try SummedSource(try stem.sounds.map(openRecordedSound)))
    }
    let longest = sources.map(\.sum.frames).max() ?? 0
    return sources.map { .init($0.name, FittedSource($0.sum, frames: longest)) }
  }
}
