// SPDX-License-Identifier: Apache-2.0

/// Scores the estimates of a recording's sources together.
///
/// Which sources make up a system for BSSEval, and what becomes of silence, follows museval or our own
/// rules:
///
/// - own: all sources that have an estimate, except `accompaniment`, are judged together;
///   `accompaniment`, the sum of all but the vocals, is judged beside the vocals alone. Silence costs a
///   source its own frames.
/// - museval: only its six targets count. Where both vocals and accompaniment have estimates, the
///   vocals' scores too are those of these two alone. References count as 16-bit integers. One silent
///   source costs all of them the frame, and one that is silent throughout the track.
public struct TrackEvaluation: Sendable {
  /// A source and what it is called.
  public struct NamedSource {
    /// The name, such as `vocals`.
    public let name: String
    /// The sound.
    public let source: any SignalSource

    /// `source`, called `name`.
    public init(_ name: String, _ source: any SignalSource) {
      self.name = name
      self.source = source
    }
  }

  /// The metrics of whole sounds.
  public let metrics: [MetricName]
  /// The metrics of an estimate and all references.
  public let jointMetrics: [JointMetricName]
  /// The metric of frames; nil where it is not wanted.
  public let bssEval: BSSEval?
  /// Whether museval's rules hold.
  public let isMuseval: Bool
  /// Whether estimates are matched with references by their sound instead of their names: what fits
  /// best by the mean of `ScaleInvariantSDR`, as for speakers.
  public let isPermuting: Bool
  /// Whether `metrics` take the estimate for the reference and the reference for the estimate, as some
  /// published numbers were made; their names then end in `-swapped`.
  public let isRoleSwapped: Bool
  /// How many threads work on a track; the scores do not depend on it.
  public let threads: Int

  /// An evaluation by our own or by museval's rules.
  ///
  /// - Parameters:
  ///   - metrics: the metrics of whole sounds.
  ///   - jointMetrics: the metrics of an estimate and all references.
  ///   - framesOf: length and hop of BSSEval's frames, in seconds; nil where BSSEval is not wanted.
  ///   - isMuseval: whether museval's rules hold.
  ///   - isPermuting: whether estimates are matched with references by their sound.
  ///   - isRoleSwapped: whether `metrics` exchange reference and estimate.
  ///   - threads: how many threads work on a track.
  public init(
    metrics: [MetricName], jointMetrics: [JointMetricName] = [],
    framesOf frames: (windowSeconds: Double, hopSeconds: Double)?, isMuseval: Bool = false,
    isPermuting: Bool = false, isRoleSwapped: Bool = false, threads: Int = 1
  ) {
    self.metrics = metrics
    self.jointMetrics = jointMetrics
    self.isMuseval = isMuseval
    self.isPermuting = isPermuting
    self.isRoleSwapped = isRoleSwapped
    self.threads = threads
    bssEval = frames.map {
      BSSEval(
        windowSeconds: $0.windowSeconds, hopSeconds: $0.hopSeconds,
        silence: isMuseval ? .museval : .ownSource)
    }
  }

  /// What each metric's name stands for.
  public var definitions: [(metric: String, definition: String)] {
    metrics.map { metric in
      let note = isRoleSwapped ? "reference and estimate exchanged: " : ""
      return (name(of: metric), note + metric.definition)
    }
      + jointMetrics.map { ($0.rawValue, $0.definition) }
      + (bssEval.map { [("bsseval", $0.definition)] } ?? [])
  }

  /// The names of the scores in the order of reports.
  public var metricNames: [String] {
    (bssEval == nil ? [] : BSSEval.ratioNames) + metrics.map(name(of:))
      + jointMetrics.map(\.rawValue)
  }

  /// What `metric` is called in scores.
  fileprivate func name(of metric: MetricName) -> String {
    isRoleSwapped ? "\(metric.rawValue)-swapped" : metric.rawValue
  }

  /// Scores a recording.
  ///
  /// Estimates shorter than their references are continued with zeros, longer ones are cut, and a note
  /// says so; so does one where an estimate has no reference, or a reference no estimate.
  ///
  /// - Parameters:
  ///   - name: the recording's name.
  ///   - subset: the part of the data set it belongs to.
  ///   - references: its sources, without their sums.
  ///   - estimates: what is judged; names decide what belongs together.
  ///   - mixture: the recording itself, for improvements.
  /// - Throws: `TrackError`, `MetricError`, and what reading throws.
  public func scores(
    name: String, subset: String, references: [NamedSource], estimates: [NamedSource],
    mixture: (any SignalSource)?
  ) throws -> TrackScores {
    let (estimates, order) =
      isPermuting ? try matched(estimates, with: references) : (estimates, [])
    var track = EvaluatedTrack(
      try withSums(references.map { isMuseval ? .init($0.name, SixteenBitSource($0.source)) : $0 }),
      estimates, mixture: mixture)
    for note in order { track.note(note) }
    let names = track.commonNames.filter { name in
      isMuseval ? Self.musevalOrder.contains(name) : name != "linear_mixture"
    }
    let hasAccompaniment = names.contains("vocals") && names.contains("accompaniment")
    var together = names.filter { $0 != "accompaniment" || isMuseval && !hasAccompaniment }
    if isMuseval && together.count < 2 {
      if !hasAccompaniment { track.note("museval judges no single estimate: no scores") }
      together = []
    }
    let isVocalsApart = isMuseval && hasAccompaniment
    try track.score(together, keeping: together.filter { $0 != "vocals" || !isVocalsApart }, self)
    if hasAccompaniment {
      let pair = ["vocals", "accompaniment"]
      try track.score(pair, keeping: isVocalsApart ? pair : ["accompaniment"], self)
    } else if !isMuseval && names.contains("accompaniment") {
      try track.score(["accompaniment"], keeping: ["accompaniment"], self)
    }
    let first = references.first?.source
    return TrackScores(
      name: name, subset: subset,
      durationSeconds: first.map { Double($0.frames) / Double($0.sampleRate) } ?? 0,
      hopSeconds: bssEval?.hopSeconds ?? 0, windowSeconds: bssEval?.windowSeconds ?? 0,
      targets: track.targets, notes: track.notes)
  }

  /// musdb's targets, in its order.
  static let musevalOrder = [
    "vocals", "drums", "bass", "other", "accompaniment", "linear_mixture",
  ]

  /// The targets that are sums of others.
  static let sumNames: Set = ["accompaniment", "linear_mixture"]

  /// The estimates under the names of the references that they fit best, and notes that say so.
  private func matched(
    _ estimates: [NamedSource], with references: [NamedSource]
  ) throws -> ([NamedSource], [String]) {
    let frames = references.map(\.source.frames).max() ?? 0
    let order = try SourceCorrelations(
      references: references.map { FittedSource($0.source, frames: frames) },
      estimates: estimates.map { FittedSource($0.source, frames: frames) }
    ).bestOrder
    let matched = zip(references, order).map { NamedSource($0.name, estimates[$1].source) }
    let notes = zip(references, order).map { "\($0.name): estimated by \(estimates[$1].name)" }
    return (matched, notes)
  }

  /// The sources and the sums of them that count as targets.
  private func withSums(_ sources: [NamedSource]) throws(MetricError) -> [NamedSource] {
    func sum(_ name: String, _ isPart: (String) -> Bool) throws(MetricError) -> [NamedSource] {
      let parts = sources.filter { isPart($0.name) }.map(\.source)
      return parts.isEmpty ? [] : [NamedSource(name, try SummedSource(parts))]
    }
    let stems = isMuseval ? Set(Self.musevalOrder.prefix(4)) : Set(sources.map(\.name))
    return try sources
      + sum("accompaniment") { stems.contains($0) && $0 != "vocals" }
      + sum("linear_mixture") { stems.contains($0) }
  }
}

/// Why a recording cannot be scored.
public struct TrackError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The sources that were judged together, to which the reason's numbers refer; one where the reason
  /// concerns it alone.
  public let sources: [String]
  /// What is wrong.
  public let reason: MetricError

  /// One line: which source, what was found, what was expected.
  public var description: String {
    switch reason {
    case .silentSource(let gap):
      "\(gap.description(sources: sources)) from beginning to end; leave that source out"
    case .sourceNotFinite(let source) where sources.indices.contains(source):
      "\(sources[source]): holds NaN or infinity; it cannot be compared"
    default: sources.count == 1 ? "\(sources[0]): \(reason)" : "\(reason)"
    }
  }
}

/// A recording while it is scored.
private struct EvaluatedTrack {
  private var references: [String: any SignalSource] = [:]
  private var estimates: [String: any SignalSource] = [:]
  private let mixture: (any SignalSource)?
  /// What has both a reference and an estimate, in museval's order, then by name.
  let commonNames: [String]
  private(set) var targets: [TargetScores] = []
  private(set) var notes: [String] = []

  init(
    _ references: [TrackEvaluation.NamedSource], _ estimates: [TrackEvaluation.NamedSource],
    mixture: (any SignalSource)?
  ) {
    for reference in references { self.references[reference.name] = reference.source }
    var names: [String] = []
    var strangers: [String] = []
    for estimate in estimates {
      guard let reference = self.references[estimate.name] else {
        strangers.append(estimate.name)
        continue
      }
      names.append(estimate.name)
      if estimate.source.frames != reference.frames {
        notes.append(
          "\(estimate.name): \(estimate.source.frames) samples where the reference has "
            + "\(reference.frames); \(estimate.source.frames < reference.frames ? "zeros added" : "cut")"
        )
      }
      self.estimates[estimate.name] = FittedSource(estimate.source, frames: reference.frames)
    }
    if !strangers.isEmpty {
      notes.append("no reference for \(strangers.sorted().joined(separator: ", "))")
    }
    let missing = references.map(\.name).filter { [names] in
      !names.contains($0) && !TrackEvaluation.sumNames.contains($0)
    }
    if !missing.isEmpty {
      notes.append(
        "no estimate of \(missing.joined(separator: ", ")); BSSEval does not know that source")
    }
    let order = TrackEvaluation.musevalOrder
    commonNames = names.sorted { left, right in
      let places = (
        order.firstIndex(of: left) ?? order.count, order.firstIndex(of: right) ?? order.count
      )
      return places.0 == places.1 ? left < right : places.0 < places.1
    }
    let longest = references.map(\.source.frames).max() ?? 0
    self.mixture = mixture.map { FittedSource($0, frames: longest) }
  }

  mutating func note(_ text: String) { notes.append(text) }

  /// Judges the sources `names` together and keeps the scores of `kept`.
  mutating func score(_ names: [String], keeping kept: [String], _ evaluation: TrackEvaluation)
    throws
  {
    guard !names.isEmpty else { return }
    let references = names.compactMap { self.references[$0] }
    let estimates = names.compactMap { self.estimates[$0] }
    for (name, (reference, estimate)) in zip(names, zip(references, estimates)) {
      do { try reference.checkFormat(of: estimate) } catch {
        throw TrackError(sources: [name], reason: error)
      }
    }
    let bssEval: [SourceScores]?
    do {
      bssEval = try evaluation.bssEval?.scores(
        references: references, estimates: estimates, threads: evaluation.threads)
    } catch let error as MetricError {
      throw TrackError(sources: names, reason: error)
    }
    let correlations =
      evaluation.jointMetrics.isEmpty
      ? nil : try SourceCorrelations(references: references, estimates: estimates)
    for (index, name) in names.enumerated() where kept.contains(name) {
      var values: [String: ScoreRecord] = [:]
      var frames: [String: [ScoreRecord]] = [:]
      if let scores = bssEval?[index] {
        for (metric, ratio) in BSSEval.ratios {
          values[metric] = ScoreRecord(scores.medians[keyPath: ratio], sources: names)
          frames[metric] = scores.frames.map { ScoreRecord($0[keyPath: ratio], sources: names) }
        }
        if scores.ridge > 1e-10 {
          notes.append(
            "\(name): ISR and SIR mean little, the references lack part of the spectrum "
              + "(ridge \(scores.ridge))")
        }
      }
      let isSwapped = evaluation.isRoleSwapped
      let whole = try MetricName.scores(
        evaluation.metrics.filter { mixture != nil || !$0.isImprovement },
        of: isSwapped ? references[index] : estimates[index],
        against: isSwapped ? estimates[index] : references[index], mixture: mixture)
      for (metric, score) in whole { values[evaluation.name(of: metric)] = ScoreRecord(score) }
      for metric in evaluation.jointMetrics {
        values[metric.rawValue] = correlations.map { ScoreRecord($0.score(metric, at: index)) }
      }
      targets.append(TargetScores(name: name, values: values, frames: frames))
    }
  }
}

extension BSSEval {
  /// The ratios by the names that files and reports use.
  public static let ratioNames = ratios.map(\.name)

  static var ratios: [(name: String, ratio: KeyPath<SourceScores.Ratios, Score>)] {
    [
      ("bsseval-sdr", \.sdr), ("bsseval-isr", \.isr), ("bsseval-sir", \.sir),
      ("bsseval-sar", \.sar),
    ]
  }
}
