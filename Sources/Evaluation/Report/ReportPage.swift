// SPDX-License-Identifier: Apache-2.0

/// A data set's scores as a web page that needs nothing beside it: no network, no date, the same bytes
/// for the same scores.
public struct ReportPage {
  /// A recording that has no scores.
  public struct FailedTrack: Sendable, Hashable, Codable {
    /// The recording's name.
    public let name: String
    /// Why there are no scores.
    public let reason: String

    /// A recording that failed for a `reason`.
    public init(name: String, reason: String) {
      self.name = name
      self.reason = reason
    }
  }

  private let program: String
  private let tracks: [TrackScores]
  private let failed: [FailedTrack]
  private let summaries: [ScoreSummary]
  private let overall: [ScoreSummary]
  private let definitions: [(metric: String, definition: String)]
  private let metrics: [String]
  private let targets: [String]

  /// How many of the worst recordings are shown over time.
  private static let worstCount = 6
  /// Tables of single recordings with more cells than this are no use in a browser.
  private static let cellLimit = 200_000

  /// A page of these scores.
  ///
  /// - Parameters:
  ///   - program: what computed them, with its version.
  ///   - tracks: the recordings' scores.
  ///   - failed: recordings without scores.
  ///   - summaries: the scores over all recordings, which also give the order of sources and metrics.
  ///   - overall: means over sources, shown below the sources; may be empty.
  ///   - definitions: what each metric's name stands for.
  public init(
    program: String, tracks: [TrackScores], failed: [FailedTrack], summaries: [ScoreSummary],
    overall: [ScoreSummary] = [], definitions: [(metric: String, definition: String)]
  ) {
    func distinct(_ names: [String]) -> [String] {
      names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
    self.program = program
    self.tracks = tracks
    self.failed = failed
    self.summaries = summaries
    self.overall = overall
    self.definitions = definitions
    metrics = distinct(summaries.map(\.metric))
    targets = distinct(summaries.map(\.target))
  }

  /// The page.
  public var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Separation scores: \(tracks.count) recordings</title>
    <style>
    \(ReportStyle.sheet)
    </style>
    </head>
    <body>
    <header>
    <h1>Separation scores</h1>
    <p>\(tracks.count) recordings\(failed.isEmpty ? "" : ", \(failed.count) failed") · \(Markup.text(program))</p>
    </header>
    <main>
    \(summarySection)
    \(distributionSection)
    \(worstSection)
    \(trackSection)
    \(remarkSection)
    \(definitionSection)
    </main>
    <script>
    \(ReportStyle.script)
    </script>
    </body>
    </html>

    """
  }

  private var summarySection: String {
    let heads = metrics.map { "<th scope=\"col\">\(Markup.text($0))</th>" }.joined()
    let lines =
      targets.map { ($0, summaries) } + (overall.first.map { [($0.target, overall)] } ?? [])
    let rows = lines.map { target, summaries in
      let cells = metrics.map { metric -> String in
        guard let summary = summaries.first(where: { $0.target == target && $0.metric == metric })
        else { return "<td>–</td>" }
        let missing = summary.missing == 0 ? "" : ", \(summary.missing) without a value"
        return "<td title=\"\(summary.tracks) recordings\(missing)\">"
          + "<b>\(Markup.number(summary.median))</b> <small>\(Markup.number(summary.mean))</small></td>"
      }
      return "<tr><th scope=\"row\">\(Markup.text(target))</th>\(cells.joined())</tr>"
    }
    return """
      <section>
      <h2>Summary</h2>
      <p>Median over recordings, and the mean beside it. Scores of BSSEval are first the median over \
      a recording's frames.</p>
      <div class="scroll"><table><thead><tr><th></th>\(heads)</tr></thead>
      <tbody>\(rows.joined(separator: "\n"))</tbody></table></div>
      </section>
      """
  }

  private var distributionSection: String {
    let plots = metrics.map { metric -> String in
      let boxes = targets.enumerated().map { index, name in box(metric, of: name, color: index) }
      let caption = Markup.text(metric)
      return "<figure><figcaption>\(caption)</figcaption>\(BoxPlot(boxes: boxes).svg)</figure>"
    }
    return """
      <section>
      <h2>Over recordings</h2>
      <p>Boxes from the first to the third quartile, the median as a line, the mean as a diamond; \
      whiskers end at the last recording within one and a half times the box, those beyond are \
      dots.</p>
      <div class="plots">\(plots.joined(separator: "\n"))</div>
      </section>
      """
  }

  private func box(_ metric: String, of target: String, color: Int) -> BoxPlot.Box {
    var points: [(name: String, value: Double)] = []
    for track in tracks {
      let scores = track.targets.first { $0.name == target }
      guard let value = scores?.values[metric]?.value, value.isFinite else { continue }
      points.append((track.title, value))
    }
    return BoxPlot.Box(name: target, color: color, points: points)
  }

  private var worstSection: String {
    let metric = "bsseval-sdr"
    let worst = lowest(by: metric)
    guard !worst.isEmpty else { return "" }
    let legend = targets.enumerated().map { index, target in
      "<li class=\"c\(index % ReportStyle.colors)\">\(Markup.text(target))</li>"
    }.joined()
    let plots = worst.map { track, level -> String in
      var lines: [TimePlot.Line] = []
      for (index, name) in targets.enumerated() {
        guard let frames = track.targets.first(where: { $0.name == name })?.frames[metric] else {
          continue
        }
        lines.append(.init(color: index, values: frames.map(\.value)))
      }
      let plot = TimePlot(lines: lines, hopSeconds: track.hopSeconds)
      let caption = "\(Markup.text(track.title)) <small>\(Markup.number(level)) dB</small>"
      return "<figure><figcaption>\(caption)</figcaption>\(plot.svg)</figure>"
    }
    return """
      <section>
      <h2>The lowest, over time</h2>
      <p>SDR of each frame in dB, of the recordings whose sources have the lowest SDR on average. Gaps \
      are frames without a score.</p>
      <ul class="legend">\(legend)</ul>
      <div class="plots wide">\(plots.joined(separator: "\n"))</div>
      </section>
      """
  }

  /// The recordings whose sources have the lowest values on average, and those averages.
  private func lowest(by metric: String) -> [(track: TrackScores, level: Double)] {
    var levels: [(track: TrackScores, level: Double)] = []
    for track in tracks {
      let values = track.targets.compactMap { $0.values[metric]?.value }.filter(\.isFinite)
      if !values.isEmpty {
        levels.append((track, values.reduce(0, +) / Double(values.count)))
      }
    }
    levels.sort { $0.level == $1.level ? $0.track.name < $1.track.name : $0.level < $1.level }
    return Array(levels.prefix(Self.worstCount))
  }

  private var trackSection: String {
    guard tracks.count * targets.count * metrics.count <= Self.cellLimit else {
      return "<section><h2>Recordings</h2><p>Too many for a page: see summary.json.</p></section>"
    }
    var options = ""
    var tables: [String] = []
    for (index, metric) in metrics.enumerated() {
      options += "<option value=\"\(index)\">\(Markup.text(metric))</option>"
      tables.append(trackTable(metric, number: index))
    }
    return """
      <section>
      <h2>Recordings</h2>
      <p><label>Metric <select id="metric">\(options)</select></label>
      A column's head sorts by it.</p>
      \(tables.joined(separator: "\n"))
      </section>
      """
  }

  private func trackTable(_ metric: String, number: Int) -> String {
    var heads = ""
    for name in ["recording"] + targets {
      heads += "<th scope=\"col\"><button type=\"button\">\(Markup.text(name))</button></th>"
    }
    let rows = tracks.map { track -> String in
      var cells = ""
      for target in targets { cells += cell(track.targets.first { $0.name == target }, metric) }
      return "<tr><th scope=\"row\">\(Markup.text(track.title))</th>\(cells)</tr>"
    }
    return """
      <div class="scroll tracks" id="tracks\(number)"><table class="sortable">
      <caption>\(Markup.text(metric))</caption>
      <thead><tr>\(heads)</tr></thead>
      <tbody>\(rows.joined(separator: "\n"))</tbody></table></div>
      """
  }

  private func cell(_ target: TargetScores?, _ metric: String) -> String {
    guard let record = target?.values[metric] else { return "<td>–</td>" }
    let reason = record.reason.map { " title=\"\(Markup.text($0))\"" } ?? ""
    return "<td\(reason)>\(Markup.number(record))</td>"
  }

  private var remarkSection: String {
    let failures = failed.map {
      "<li><b>\(Markup.text($0.name))</b> failed: \(Markup.text($0.reason))</li>"
    }
    let notes = tracks.flatMap { track in
      track.notes.map { "<li><b>\(Markup.text(track.title))</b>: \(Markup.text($0))</li>" }
    }
    guard !failures.isEmpty || !notes.isEmpty else { return "" }
    return """
      <section>
      <h2>Remarks</h2>
      <ul>\((failures + notes).joined(separator: "\n"))</ul>
      </section>
      """
  }

  private var definitionSection: String {
    let terms = definitions.map {
      "<dt>\(Markup.text($0.metric))</dt><dd>\(Markup.text($0.definition))</dd>"
    }
    return """
      <section>
      <h2>What the numbers are</h2>
      <dl>\(terms.joined(separator: "\n"))</dl>
      </section>
      """
  }
}

extension TrackScores {
  /// What reports call it.
  fileprivate var title: String { subset.isEmpty ? name : "\(subset)/\(name)" }
}
