// SPDX-License-Identifier: Apache-2.0

/// What was found out about one recording of a data set.
public struct TrackScores: Sendable, Hashable, Codable {
  /// The recording's name.
  public let name: String
  /// The part of the data set it belongs to, such as `test`; empty where there are no parts.
  public let subset: String
  /// Its length.
  public let durationSeconds: Double
  /// From one frame of BSSEval to the next, in seconds.
  public let hopSeconds: Double
  /// The length of a frame of BSSEval, in seconds.
  public let windowSeconds: Double
  /// What was judged, in museval's order.
  public let targets: [TargetScores]
  /// What a reader should know before trusting the scores, one line each.
  public let notes: [String]

  package init(
    name: String, subset: String, durationSeconds: Double = 0, hopSeconds: Double = 0,
    windowSeconds: Double = 0, targets: [TargetScores], notes: [String]
  ) {
    self.name = name
    self.subset = subset
    self.durationSeconds = durationSeconds
    self.hopSeconds = hopSeconds
    self.windowSeconds = windowSeconds
    self.targets = targets
    self.notes = notes
  }

  /// Scores that museval wrote: those of each frame alone.
  ///
  /// - Parameters:
  ///   - name: the recording's name.
  ///   - subset: the part of the data set it belongs to.
  ///   - hopSeconds: from one frame to the next.
  ///   - windowSeconds: the length of a frame.
  ///   - targets: the sources' frames, by the names in `BSSEval.ratioNames`; NaN where there is no
  ///     score.
  public init(
    name: String, subset: String, hopSeconds: Double, windowSeconds: Double,
    targets: [(name: String, frames: [String: [Double]])]
  ) {
    let count = targets.flatMap { $0.frames.values.map(\.count) }.max() ?? 0
    self.init(
      name: name, subset: subset,
      durationSeconds: count == 0 ? 0 : Double(count - 1) * hopSeconds + windowSeconds,
      hopSeconds: hopSeconds, windowSeconds: windowSeconds,
      targets: targets.map { target in
        let none = ScoreRecord(reason: "no score in museval's file")
        func record(_ value: Double) -> ScoreRecord { value.isNaN ? none : ScoreRecord(value) }
        return TargetScores(
          name: target.name,
          values: target.frames.mapValues { record($0.filter(\.isFinite).median ?? .nan) },
          frames: target.frames.mapValues { $0.map(record) })
      }, notes: [])
  }
}

/// What was found out about one source of a recording.
public struct TargetScores: Sendable, Hashable, Codable {
  /// The source's name, such as `vocals`.
  public let name: String
  /// One value a metric, by the metric's name; those of BSSEval are medians over frames.
  public let values: [String: ScoreRecord]
  /// The values of each frame, by the metric's name.
  public let frames: [String: [ScoreRecord]]

  package init(
    name: String, values: [String: ScoreRecord], frames: [String: [ScoreRecord]] = [:]
  ) {
    self.name = name
    self.values = values
    self.frames = frames
  }
}

/// A metric's value as it is kept in files: a number, or why there is none.
///
/// In JSON it is a number, `"inf"`, `"-inf"`, or an object with a `reason`.
public struct ScoreRecord: Sendable, Hashable, Codable {
  /// The value; NaN where there is none.
  public let value: Double
  /// Why there is no value; nil where there is one.
  public let reason: String?

  /// What is kept of `score`; `sources` are the names of those that were judged together.
  public init(_ score: Score, sources: [String] = []) {
    value = score.value
    reason = score.gap?.description(sources: sources)
  }

  package init(_ value: Double) {
    self.value = value
    reason = nil
  }

  package init(reason: String) {
    value = .nan
    self.reason = reason
  }

  private enum CodingKeys: String, CodingKey {
    case reason
  }

  private static let infinities = ["inf": Double.infinity, "-inf": -.infinity]

  /// Reads what `encode(to:)` wrote.
  ///
  /// - Throws: `DecodingError`.
  public init(from decoder: any Decoder) throws {
    if let object = try? decoder.container(keyedBy: CodingKeys.self) {
      value = .nan
      reason = try object.decode(String.self, forKey: .reason)
      return
    }
    let container = try decoder.singleValueContainer()
    reason = nil
    if let name = try? container.decode(String.self), let infinity = Self.infinities[name] {
      value = infinity
    } else {
      value = try container.decode(Double.self)
    }
  }

  /// Writes a number, an infinity's name, or an object with the reason.
  ///
  /// - Throws: `EncodingError`.
  public func encode(to encoder: any Encoder) throws {
    if let reason {
      var object = encoder.container(keyedBy: CodingKeys.self)
      return try object.encode(reason, forKey: .reason)
    }
    var container = encoder.singleValueContainer()
    if let name = Self.infinities.first(where: { $0.value == value })?.key {
      try container.encode(name)
    } else {
      try container.encode(value)
    }
  }
}
