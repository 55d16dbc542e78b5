// SPDX-License-Identifier: Apache-2.0
internal import CommandSupport
internal import Evaluation

/// The scores in files that `evaluate-stems list` wrote.
struct ListedScores {
  private var tracks: [TrackScores] = []
  private var failed: [(name: String, reason: String)] = []
  private var publishedProtocol: PublishedProtocol?
  /// Where each record's line is, to tell that it occurs once.
  private var places: [String: String] = [:]

  /// Reads `files`, the parts of one list.
  ///
  /// - Throws: `Failure` where a line is not one of `list`, where a record occurs twice, and where
  ///   lines follow different protocols.
  init(_ files: [PathBytes]) throws(Failure) {
    for file in files {
      let lines = try Manifest(file)
      while let line = try lines.next() {
        try Interruption.check()
        try add(try line.get(), of: lines.name)
      }
    }
    guard !places.isEmpty else { throw Failure(.badData, "\(files[0]): holds no scores") }
  }

  private mutating func add(_ line: ManifestRecord, of file: String) throws(Failure) {
    let place = "\(file), line \(line.line)"
    if let first = places.updateValue(place, forKey: line.id) {
      throw Failure(.badData, "\(place): '\(line.id)' is in \(first) already; name each part once")
    }
    if line.fields["status"]?.text == "error", let error = line.fields["error"] {
      failed.append((line.id, error["message"]?.text ?? "failed"))
      return
    }
    guard line.fields["status"]?.text == "ok", case .object(let targets)? = line.fields["targets"]
    else { throw Failure(.badData, "\(place): expected a line that 'list' wrote") }
    let found = line.fields["protocol"]?.text.flatMap(PublishedProtocol.init(rawValue:))
    guard tracks.isEmpty || found == publishedProtocol else {
      throw Failure(
        .badData,
        "\(place): follows \(Self.name(found)), lines before it \(Self.name(publishedProtocol)); "
          + "their scores have no common summary")
    }
    publishedProtocol = found
    tracks.append(
      TrackScores(
        name: line.id, subset: "",
        targets: try targets.map { target throws(Failure) in
          guard case .object(let values) = target.value else {
            throw Failure(.badData, "\(place): expected a line that 'list' wrote")
          }
          let records = values.map { value in
            (value.key, Self.record(value, of: target.key, reasons: line.fields["reasons"]))
          }
          return TargetScores(
            name: target.key, values: Dictionary(records) { first, _ in first })
        }, notes: []))
  }

  /// A number, or why there is none.
  private static func record(
    _ value: JSONValue.Member, of target: String, reasons: JSONValue?
  ) -> ScoreRecord {
    if let number = value.value.double { return ScoreRecord(number) }
    return switch reasons?["\(target) \(value.key)"]?.text {
    case ListedReason.infinite: ScoreRecord(.infinity)
    case ListedReason.minusInfinite: ScoreRecord(-.infinity)
    case let reason: ScoreRecord(reason: reason ?? "no score in the list")
    }
  }

  private static func name(_ publishedProtocol: PublishedProtocol?) -> String {
    publishedProtocol?.rawValue ?? "no protocol"
  }

  /// The lines' summary.
  var report: ScoreReport {
    let found = Set(tracks.flatMap { $0.targets.flatMap(\.values.keys) })
    var order = BSSEval.ratioNames
    for name in MetricName.allCases.map(\.rawValue) { order += [name, "\(name)-swapped"] }
    order += JointMetricName.allCases.map(\.rawValue)
    let known = order.filter(found.contains)
    return ScoreReport(
      tracks, failed: failed,
      definitions: definitions(of: known), metricNames: known + found.subtracting(known).sorted(),
      infinitiesCount: true, isOverall: publishedProtocol != nil)
  }

  private func definitions(of names: [String]) -> [(metric: String, definition: String)] {
    let whole = MetricName.allCases.filter { names.contains($0.rawValue) }
    let swapped = MetricName.allCases.filter { names.contains("\($0.rawValue)-swapped") }
    let joint = JointMetricName.allCases.filter { names.contains($0.rawValue) }
    return TrackEvaluation(metrics: whole, jointMetrics: joint, framesOf: nil).definitions
      + TrackEvaluation(metrics: swapped, framesOf: nil, isRoleSwapped: true).definitions
      + (publishedProtocol.map { [("protocol", $0.definition)] } ?? [])
  }
}

/// What lines of `list` say about values that JSON has no number for.
enum ListedReason {
  static let infinite = "infinite"
  static let minusInfinite = "minus infinite"
}
