// SPDX-License-Identifier: Apache-2.0
internal import CommandSupport
internal import Evaluation
internal import Foundation

/// The scores of a data set as files and as a table.
struct ScoreReport {
  /// The content of `summary.json`.
  private struct Document: Codable {
    let program: String
    let definitions: [String: String]
    let summary: [ScoreSummary]
    /// Means over sources.
    let overall: [ScoreSummary]?
    let tracks: [Track]
    let failed: [ReportPage.FailedTrack]
  }

  /// A recording in `summary.json`: without frames.
  private struct Track: Codable {
    let name: String
    let subset: String
    let durationSeconds: Double
    let targets: [String: [String: ScoreRecord]]
    let notes: [String]
  }

  private let tracks: [TrackScores]
  private let failed: [ReportPage.FailedTrack]
  private let summaries: [ScoreSummary]
  private let overall: [ScoreSummary]
  private let metricNames: [String]
  private let definitions: [(metric: String, definition: String)]

  /// A report of scores.
  ///
  /// - Parameters:
  ///   - tracks: the recordings' scores.
  ///   - failed: recordings without scores, and why.
  ///   - definitions: what each metric's name stands for.
  ///   - metricNames: the metrics in the order of reports.
  ///   - infinitiesCount: whether infinite values count, or are left out as in museval.
  ///   - isOverall: whether means over sources are of use.
  init(
    _ tracks: [TrackScores], failed: [(name: String, reason: String)],
    definitions: [(metric: String, definition: String)], metricNames: [String],
    infinitiesCount: Bool, isOverall: Bool
  ) {
    self.tracks = tracks
    self.failed = failed.map { .init(name: $0.name, reason: $0.reason) }
    self.metricNames = metricNames
    self.definitions = definitions
    summaries = ScoreSummary.summaries(
      of: tracks, metrics: metricNames, infinitiesCount: infinitiesCount)
    overall = isOverall ? ScoreSummary.overall(summaries) : []
  }

  /// The content of `summary.json`, one line.
  var document: String {
    get throws {
      let document = Document(
        program: "tessera \(Program.version)",
        definitions: Dictionary(
          uniqueKeysWithValues: definitions.map { ($0.metric, $0.definition) }),
        summary: summaries, overall: overall.isEmpty ? nil : overall,
        tracks: tracks.map { track in
          Track(
            name: track.name, subset: track.subset, durationSeconds: track.durationSeconds,
            targets: Dictionary(uniqueKeysWithValues: track.targets.map { ($0.name, $0.values) }),
            notes: track.notes)
        }, failed: failed)
      return String(try JSONDocument.text(document).dropLast())
    }
  }

  /// Writes `summary.json`, `summary.csv` and `report.html`.
  func write(to folder: PathBytes) throws {
    try WholeFile.write(try document + "\n", to: folder.appending("summary.json"))
    let page = ReportPage(
      program: "tessera \(Program.version)", tracks: tracks, failed: failed, summaries: summaries,
      overall: overall, definitions: definitions)
    try WholeFile.write(page.html, to: folder.appending("report.html"))
    let rows = (summaries + overall).map { summary in
      [
        Self.quoted(summary.target), summary.metric, Self.number(summary.median),
        Self.number(summary.mean), "\(summary.tracks)", "\(summary.missing)",
      ].joined(separator: ",")
    }
    let header = "target,metric,median,mean,tracks,missing"
    try WholeFile.write(
      ([header] + rows).map { $0 + "\n" }.joined(), to: folder.appending("summary.csv"))
  }

  /// Prints the summary: a line of JSON, or a table.
  func print(isJSON: Bool) throws {
    if isJSON { return try StandardOutput.write(line: try document) }
    for line in table { try StandardOutput.write(line: line) }
  }

  /// The summary for people: two rows a source, medians over tracks, and means below.
  var table: [String] {
    let summaries = summaries + overall
    let metrics = metricNames.filter { name in summaries.contains { $0.metric == name } }
    var targets: [String] = []
    var seen: Set<String> = []
    for summary in summaries where seen.insert(summary.target).inserted {
      targets.append(summary.target)
    }
    let width = (targets.map(\.count).max() ?? 0) + 8
    func row(_ head: String, _ cells: [String]) -> String {
      head.padding(toLength: max(width, head.count), withPad: " ", startingAt: 0)
        + zip(metrics, cells).map { metric, cell in
          String(repeating: " ", count: max(1, max(13, metric.count + 1) - cell.count)) + cell
        }.joined()
    }
    var lines = [row("", metrics)]
    let kinds: [(String, KeyPath<ScoreSummary, ScoreRecord>)] = [
      ("median", \.median), ("mean", \.mean),
    ]
    for target in targets {
      for (kind, value) in kinds {
        lines.append(
          row(
            kind == "median"
              ? target.padding(toLength: width - 7, withPad: " ", startingAt: 0) + kind
              : String(repeating: " ", count: width - 7) + kind,
            metrics.map { metric in
              let summary = summaries.first { $0.target == target && $0.metric == metric }
              guard let record = summary?[keyPath: value], record.reason == nil else { return "–" }
              return String(format: "%.3f", record.value)
            }))
      }
    }
    lines.append(
      "\(tracks.count) recordings"
        + (failed.isEmpty ? "" : ", \(failed.count) failed") + "; median and mean over recordings, "
        + "BSSEval first the median over its frames")
    return lines
  }

  private static func number(_ record: ScoreRecord) -> String {
    record.reason == nil ? "\(record.value)" : ""
  }

  private static func quoted(_ text: String) -> String {
    let isPlain = text.allSatisfy { $0 != "," && $0 != "\"" && !$0.isNewline }
    return isPlain ? text : "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
