// SPDX-License-Identifier: Apache-2.0

/// A metric's value, or why it has none.
public struct Score: Sendable, Hashable {
  /// Why a metric is not defined for a pair of sounds.
  public enum Gap: Sendable, Hashable, CustomStringConvertible {
    /// A channel (counted from 0) of the reference is all zeros.
    case silentReference(channel: Int)
    /// A channel (counted from 0) of the estimate is all zeros.
    case silentEstimate(channel: Int)
    /// A channel (counted from 0) of a sound holds a sample that is NaN or infinite.
    case notFinite(channel: Int)
    /// There are fewer frames than the metric needs.
    case tooShort(frames: Int, needed: Int)
    /// The sounds have fewer hertz than the metric needs.
    case sampleRateTooLow(Int, needed: Int)
    /// The reference of a source (counted from 0) is silent in a frame that needs all sources.
    case silentReferenceSource(Int)
    /// The estimate of a source (counted from 0) is silent in a frame that needs all sources.
    case silentEstimateSource(Int)
    /// The mixture has no finite value to improve on.
    case perfectMixture
    /// The form of the metric that was asked for does not have this ratio.
    case notInThisForm

    /// One line: what is wrong with the sounds.
    public var description: String { description(sources: []) }

    /// One line, in which sources have their names as far as `sources` has them.
    func description(sources: [String]) -> String {
      func name(_ source: Int) -> String {
        sources.indices.contains(source) ? sources[source] : "source \(source + 1)"
      }
      return switch self {
      case .silentReference(let channel): "channel \(channel + 1) of the reference is silent"
      case .silentEstimate(let channel): "channel \(channel + 1) of the estimate is silent"
      case .notFinite(let channel): "channel \(channel + 1) holds NaN or infinity"
      case .tooShort(let frames, let needed): "\(frames) frames; \(needed) are needed"
      case .sampleRateTooLow(let rate, let needed): "\(rate) Hz; \(needed) Hz are needed"
      case .silentReferenceSource(let source): "the reference of \(name(source)) is silent"
      case .silentEstimateSource(let source): "the estimate of \(name(source)) is silent"
      case .perfectMixture: "the mixture equals the reference"
      case .notInThisForm: "this form of the metric does not have it"
      }
    }
  }

  /// The value; NaN where there is none, infinite where an estimate is perfect.
  public let value: Double
  /// Why there is no value; nil where there is one.
  public let gap: Gap?

  init(_ value: Double) {
    self.value = value
    gap = nil
  }

  init(_ gap: Gap) {
    value = .nan
    self.gap = gap
  }

  /// The mean over channels, or the first channel's gap.
  static func mean(channels: Int, _ score: (_ channel: Int) -> Score) -> Score {
    var sum = 0.0
    for channel in 0..<channels {
      let one = score(channel)
      guard one.gap == nil else { return one }
      sum += one.value
    }
    return Score(sum / Double(channels))
  }

  /// How much higher this score is than the mixture's.
  func improvement(over mixture: Score) -> Score {
    guard gap == nil else { return self }
    guard mixture.gap == nil else { return mixture }
    return mixture.value.isFinite ? Score(value - mixture.value) : Score(.perfectMixture)
  }
}
