// SPDX-License-Identifier: Apache-2.0

/// One metric of one source over a data set.
public struct ScoreSummary: Sendable, Hashable, Codable {
  /// The source's name.
  public let target: String
  /// The metric's name.
  public let metric: String
  /// The median over tracks: for BSSEval that of the medians over frames, as museval reports it.
  public let median: ScoreRecord
  /// The mean over tracks of the same values.
  public let mean: ScoreRecord
  /// How many tracks have a value.
  public let tracks: Int
  /// How many tracks have this source, but no value.
  public let missing: Int

  /// The summaries of all sources and metrics, in the order in which they first occur; metrics in the
  /// order of `metrics`.
  ///
  /// - Parameters:
  ///   - tracks: the tracks' scores.
  ///   - metrics: the metrics' names.
  ///   - infinitiesCount: whether infinite values count, or are left out as in museval.
  public static func summaries(
    of tracks: [TrackScores], metrics: [String], infinitiesCount: Bool
  ) -> [ScoreSummary] {
    var order: [String] = []
    var byTarget: [String: [TargetScores]] = [:]
    for target in tracks.flatMap(\.targets) {
      if byTarget[target.name] == nil { order.append(target.name) }
      byTarget[target.name, default: []].append(target)
    }
    return order.flatMap { target in
      metrics.compactMap { metric in
        let records = (byTarget[target] ?? []).compactMap { $0.values[metric] }
        return records.isEmpty
          ? nil
          : ScoreSummary(target, metric, records, infinitiesCount: infinitiesCount)
      }
    }
  }

  /// The means over sources of what `summaries` say about each metric, which some publications report.
  ///
  /// There are none where there is one source only. Sums of sources, such as `accompaniment`, and
  /// sources without a finite value do not count.
  public static func overall(_ summaries: [ScoreSummary]) -> [ScoreSummary] {
    let summaries = summaries.filter { !TrackEvaluation.sumNames.contains($0.target) }
    guard let first = summaries.first, summaries.contains(where: { $0.target != first.target })
    else { return [] }
    var metrics: [String] = []
    for summary in summaries where !metrics.contains(summary.metric) {
      metrics.append(summary.metric)
    }
    return metrics.map { metric in
      ScoreSummary(meanOf: summaries.filter { $0.metric == metric })
    }
  }

  /// `parts`, at least one, are summaries of one metric.
  private init(meanOf parts: [ScoreSummary]) {
    func mean(_ record: KeyPath<ScoreSummary, ScoreRecord>) -> ScoreRecord {
      let values = parts.map { $0[keyPath: record].value }.filter(\.isFinite)
      return values.isEmpty
        ? parts[0][keyPath: record]
        : ScoreRecord(values.reduce(0, +) / Double(values.count))
    }
    target = "mean over all"
    metric = parts[0].metric
    median = mean(\.median)
    self.mean = mean(\.mean)
    tracks = parts.reduce(0) { $0 + $1.tracks }
    missing = parts.reduce(0) { $0 + $1.missing }
  }

  private init(
    _ target: String, _ metric: String, _ records: [ScoreRecord], infinitiesCount: Bool
  ) {
    let values = records.filter { $0.reason == nil && (infinitiesCount || $0.value.isFinite) }
      .map(\.value)
    self.target = target
    self.metric = metric
    tracks = values.count
    missing = records.count - values.count
    let none =
      records.first { $0.reason != nil }
      ?? ScoreRecord(reason: "infinite wherever there is a value")
    median = values.median.map { ScoreRecord($0) } ?? none
    // A perfect estimate would make every mean infinite.
    let finite = values.filter(\.isFinite)
    mean = finite.isEmpty ? none : ScoreRecord(finite.reduce(0, +) / Double(finite.count))
  }
}
