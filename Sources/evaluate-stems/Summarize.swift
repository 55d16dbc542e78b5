// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import Evaluation
internal import Foundation

/// `evaluate-stems summary`: what museval's files, or lines of `list`, amount to.
struct Summarize: ProgramCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary",
    abstract:
      "Sum up the scores in museval's files, whoever wrote them, or in the files of 'list'.",
    discussion: """
      Takes every .json below FOLDER that has museval's form: the median over frames, then median and \
      mean over recordings. Values that are not finite do not count, as in museval.

      Takes every .jsonl below FOLDER, and every other file that is named, as what 'list' wrote: median \
      and mean over its lines. Parts of one list are summed up together.

      EXAMPLES
        evaluate-stems summary sisec-mus-2018/submissions/UHL2/test
        evaluate-stems summary museval-results -o report
        evaluate-stems summary part-*.jsonl --json
      """)

  @Argument(
    help: "Folders with museval's files, or with files of 'list'; or the latter themselves.")
  var inputs: [PathBytes]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write summary.json, summary.csv and report.html there too.", valueName: "dir"))
  var output: PathBytes?

  @OptionGroup var common: CommonOptions

  func run() throws {
    let expansion = InputExpansion(inputs, extensions: ["json", "jsonl"], kind: ".json or .jsonl")
    if let failure = expansion.failures.first { throw failure }
    var tracks: [TrackScores] = []
    var lists: [InputFile] = []
    for file in expansion.files {
      try Interruption.check()
      if file.path.lowercasedExtension != "json" {
        lists.append(file)
      } else if let track = try Self.track(file) {
        tracks.append(track)
      } else {
        Console.standard.verbose("\(file.path): not of museval's form, left out")
      }
    }
    let names = inputs.map(\.description).joined(separator: ", ")
    guard lists.isEmpty || tracks.isEmpty else {
      throw Failure(
        .badData, "\(names): museval's files and those of 'list' have no common summary; name some")
    }
    guard !lists.isEmpty || !tracks.isEmpty else {
      throw Failure(.badData, "\(names): none of the .json files has museval's form")
    }
    let report =
      lists.isEmpty
      ? Self.report(ofMuseval: tracks) : try ListedScores(lists.map(\.path)).report
    if let output {
      try OutputFolder.prepare(output)
      try report.write(to: output)
    }
    try report.print(isJSON: common.json)
  }

  private static func report(ofMuseval tracks: [TrackScores]) -> ScoreReport {
    ScoreReport(
      tracks, failed: [],
      definitions: [("bsseval", "as the files have it: museval's frames, five decimals")],
      metricNames: BSSEval.ratioNames, infinitiesCount: false, isOverall: false)
  }

  /// The scores in a file; nil where it has another form.
  private static func track(_ file: InputFile) throws -> TrackScores? {
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(fileURLWithPath: file.path.text ?? ""))
    } catch {
      throw Failure(.missingInput, "\(file.path): \(error.localizedDescription)")
    }
    guard let document = try? JSONValue(reading: bytes),
      case .array(let targets)? = document["targets"]
    else { return nil }
    var (hop, window) = (1.0, 1.0)
    var found: [(name: String, frames: [String: [Double]])] = []
    for target in targets {
      guard let name = target["name"]?.text, case .array(let frames)? = target["frames"] else {
        return nil
      }
      window = frames.first?["duration"]?.double ?? window
      if frames.count > 1, let second = frames[1]["time"]?.double { hop = second }
      var values: [String: [Double]] = [:]
      for (own, theirs) in zip(BSSEval.ratioNames, ["SDR", "ISR", "SIR", "SAR"]) {
        values[own] = frames.map { $0["metrics"]?[theirs]?.double ?? .nan }
      }
      found.append((name, values))
    }
    return TrackScores(
      name: EscapedBytes.encode(file.track.bytes), subset: EscapedBytes.encode(file.folder.bytes),
      hopSeconds: hop, windowSeconds: window, targets: found)
  }
}
