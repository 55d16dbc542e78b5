// SPDX-License-Identifier: Apache-2.0

/// A number that says how close an estimate is to its reference: a pure function of the two.
public protocol Metric {
  /// The formula with its constants: what two tools must share for their numbers to be comparable.
  static var definition: String { get }

  /// The score of `estimate`.
  ///
  /// - Throws: `MetricError` where the sounds differ in rate, channels or length.
  static func score(
    of estimate: InterleavedSignal, against reference: InterleavedSignal
  ) throws(MetricError) -> Score
}

/// The metrics by the names that programs and reports use.
public enum MetricName: String, Codable, Sendable, CaseIterable {
  /// `GlobalSDR`, in decibels.
  case sdr
  /// `GlobalSDR` of the estimate less that of the mixture, in decibels.
  case sdrImprovement = "sdri"
  /// `ScaleInvariantSDR`, in decibels.
  case scaleInvariantSDR = "si-sdr"
  /// `ScaleInvariantSDR` of the estimate less that of the mixture, in decibels.
  case scaleInvariantSDRImprovement = "si-sdri"
  /// `SegmentalSNR`, in decibels.
  case segmentalSNR = "ssnr"
  /// `ShortTimeObjectiveIntelligibility`, from 0 to 1.
  case intelligibility = "stoi"

  private var metric: any Metric.Type {
    switch self {
    case .sdr, .sdrImprovement: GlobalSDR.self
    case .scaleInvariantSDR, .scaleInvariantSDRImprovement: ScaleInvariantSDR.self
    case .segmentalSNR: SegmentalSNR.self
    case .intelligibility: ShortTimeObjectiveIntelligibility.self
    }
  }

  /// Whether the score is relative to the mixture's, which then has to be given.
  public var isImprovement: Bool {
    self == .sdrImprovement || self == .scaleInvariantSDRImprovement
  }

  /// The formula with its constants.
  public var definition: String {
    isImprovement
      ? "of the estimate less that of the mixture: \(metric.definition)" : metric.definition
  }

  /// The score of `estimate`; an improvement needs the `mixture`.
  ///
  /// - Throws: `MetricError`.
  public func score(
    of estimate: InterleavedSignal, against reference: InterleavedSignal,
    mixture: InterleavedSignal? = nil
  ) throws(MetricError) -> Score {
    let score = try metric.score(of: estimate, against: reference)
    guard isImprovement else { return score }
    guard let mixture else { throw .mixtureMissing(self) }
    return score.improvement(over: try metric.score(of: mixture, against: reference))
  }
}
