// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Checkpoints
internal import CommandSupport
internal import ModelLibrary
internal import SoundFiles
internal import Tensors
internal import UniversalSeparation

/// `separate-stems tag`: which sounds are heard, and when.
struct Tag: ProgramCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell which sounds are heard in recordings, and when.",
    discussion: """
      Prints for each recording the classes of AudioSet that are heard, each with its largest \
      probability and its times. Recordings of any rate, channels and length are heard in segments; \
      taggers of events (--events, HTS-AT) tell times within them.
      With --json a line a recording:
        {"input", "model", "duration", "tags": [{"index", "id", "name", "probability", "mean",
         "spans": [{"start", "end", "probability"}]}], ...}
      With --manifest, inputs are the lines of a list, {"id", "audio", "start"?, "duration"?}, and each \
      gets a line with its "id", "status" and "tags".

      EXAMPLES
        separate-stems tag street.wav
        separate-stems tag recordings --json --top 5 > tags.jsonl
        separate-stems tag street.wav -m panns-cnn14-events --threshold 0.3
        separate-stems tag street.wav -m Cnn14_mAP=0.431.pth --segment 2
        separate-stems tag street.wav -m uss
        separate-stems tag --manifest list.jsonl -o tags.jsonl --shard 3/16
      """)

  @Argument(help: ArgumentHelp("Files, folders, or - for standard input.", valueName: "input"))
  var inputs: [PathBytes] = []

  @Option(
    name: [.short, .customShort("n"), .long],
    help: ArgumentHelp(
      "A tagger's name, or a checkpoint of PANNs' Cnn14, of HTS-AT, or of Universal Source Separation.",
      discussion: "Without it: panns-cnn14, or the tagger in uss where only that is here."))
  var model: String?

  @Flag(
    help: ArgumentHelp(
      "Tell moments: of a Cnn14 trained for it, DecisionLevelMax, or with uss' event detector.",
      discussion: "Files and models that say so in their names are taken for such."))
  var events = false

  @Option(
    help: ArgumentHelp("Print no more classes a recording than so many.", valueName: "number"))
  var top = 10

  @Option(
    help: ArgumentHelp("From which probability on a class is heard.", valueName: "probability"))
  var threshold: Float = 0.2

  @Option(
    help: ArgumentHelp(
      "Seconds heard at a time (default: the 10 that taggers are trained on).",
      valueName: "seconds"))
  var segment: Double?

  @Option(
    help: ArgumentHelp(
      "A list of inputs as JSON lines, or - for standard input.", valueName: "file"))
  var manifest: PathBytes?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where a list's lines go, or - for standard output.", valueName: "file"))
  var output = PathBytes("-")

  @Flag(help: "Replace a list's output that is there.") var overwrite = false

  @OptionGroup(title: "Models kept here") var library: ModelLibraryOptions
  @OptionGroup(title: "Input") var range: RangeOptions
  @OptionGroup(title: "Lists") var list: ShardOptions
  @OptionGroup(title: "Running") var common: CommonOptions

  func validate() throws {
    if inputs.isEmpty == (manifest == nil) {
      throw ValidationError("expected inputs, or a list of them with --manifest")
    }
    if manifest != nil && (range.start > 0 || range.duration != nil) {
      throw ValidationError("a list says itself what is taken of each recording")
    }
    if manifest == nil && !output.isStandardStream {
      throw ValidationError("--output goes with --manifest")
    }
    guard (1...100_000).contains(top) else {
      throw ValidationError("--top \(top): expected a number from 1 on")
    }
    guard (0...1).contains(threshold) else {
      throw ValidationError("--threshold \(threshold): expected a probability from 0 to 1")
    }
    if let segment, !(segment >= 0.1 && segment <= 60) {
      throw ValidationError("--segment \(segment): expected seconds from 0.1 to 60")
    }
  }

  func run() throws {
    let expansion = InputExpansion(inputs)
    var batch = Batch()
    // Without anything to do, no model needs to be fetched and loaded.
    if manifest == nil && expansion.files.isEmpty {
      for failure in expansion.failures { try batch.fail(failure) }
      return try batch.finish()
    }
    let pass = try TaggingPass(self)
    if let manifest { return try run(manifest, pass) }
    for failure in expansion.failures { try batch.fail(failure) }
    var isFirst = true
    for file in expansion.files {
      do {
        let report = try pass(
          file.path, section: range.section, threads: common.threadCount, showsProgress: true)
        if common.json {
          try StandardOutput.write(json: .object(report.json))
        } else {
          if !isFirst { try StandardOutput.write(line: "") }
          for line in report.lines { try StandardOutput.write(line: line) }
        }
        isFirst = false
        batch.succeed()
      } catch {
        try batch.fail(Failure(describing: error))
      }
    }
    try batch.finish()
  }

  private func run(_ manifest: PathBytes, _ pass: TaggingPass) throws {
    if !output.isStandardStream && !output.parent.bytes.isEmpty {
      try OutputFolder.prepare(output.parent)
    }
    let threads = common.threadCount
    let run = ManifestRun(
      manifest: manifest, output: output, options: list, jobs: threads, isOverwriting: overwrite)
    try run(settings: pass.settings) { record in
      let section = SoundSection(
        start: try record.number("start") ?? 0, duration: try record.number("duration"))
      if let problem = section.problem {
        throw Failure(.badData, "line \(record.line): \(problem)")
      }
      return try pass(try record.path("audio"), section: section, threads: 1).members
    }
  }
}
