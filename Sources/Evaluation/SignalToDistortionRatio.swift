// SPDX-License-Identifier: Apache-2.0

/// The signal-to-distortion ratio over a whole sound, in decibels: MDX's, and the plain SNR.
public enum GlobalSDR: Metric {
  /// The formula.
  public static let definition =
    "10 log10(sum ref^2 / sum (ref - est)^2) over the whole sound, all channels together, "
    + "float64, no eps; nan where the reference is silent"

  /// The score of `estimate`; infinite where it equals the reference.
  ///
  /// - Throws: `MetricError`.
  public static func score(
    of estimate: InterleavedSignal, against reference: InterleavedSignal
  ) throws(MetricError) -> Score {
    try EnergyAccumulator(of: estimate, against: reference).globalSDR
  }
}

/// The signal-to-distortion ratio after the reference is scaled to fit the estimate best, in
/// decibels (Le Roux et al., "SDR - half-baked or well done?", 2019), without removing means.
public enum ScaleInvariantSDR: Metric {
  /// The formula.
  public static let definition =
    "10 log10(sum (a ref)^2 / sum (a ref - est)^2) with a = sum (est ref) / sum ref^2, over the "
    + "whole sound, no mean removed, per channel, then the mean over channels, float64, no eps; "
    + "nan where a channel of the reference or the estimate is silent"

  /// The score of `estimate`.
  ///
  /// It is infinite where the estimate equals the reference; where it is an exact multiple, rounding
  /// limits it to some 150 dB.
  ///
  /// - Throws: `MetricError`.
  public static func score(
    of estimate: InterleavedSignal, against reference: InterleavedSignal
  ) throws(MetricError) -> Score {
    try EnergyAccumulator(of: estimate, against: reference).scaleInvariantSDR
  }
}

/// `ScaleInvariantSDR` with the level's error counted as distortion, in decibels (Le Roux et al., 2019).
public enum ScaleDependentSDR: Metric {
  /// The formula.
  public static let definition =
    "10 log10(sum (a ref)^2 / sum (ref - est)^2) with a = sum (est ref) / sum ref^2, over the "
    + "whole sound, no mean removed, per channel, then the mean over channels, float64, no eps; "
    + "nan where a channel of the reference or the estimate is silent"

  /// The score of `estimate`; infinite where it equals the reference.
  ///
  /// - Throws: `MetricError`.
  public static func score(
    of estimate: InterleavedSignal, against reference: InterleavedSignal
  ) throws(MetricError) -> Score {
    try EnergyAccumulator(of: estimate, against: reference).scaleDependentSDR
  }
}

/// `GlobalSDR` between floors, in decibels, as the evaluation of universal source separation has it
/// (Kong et al., "Universal Source Separation with Weakly Labelled Data", 2023).
public enum FlooredSDR: Metric {
  /// The formula.
  public static let definition =
    "10 log10(max(mean ref^2, 1e-10) / max(mean (ref - est)^2, 1e-10)) over the whole sound, all "
    + "channels together, float64; silent references and perfect estimates have a value too"

  /// The score of `estimate`.
  ///
  /// - Throws: `MetricError`.
  public static func score(
    of estimate: InterleavedSignal, against reference: InterleavedSignal
  ) throws(MetricError) -> Score {
    try EnergyAccumulator(of: estimate, against: reference).flooredSDR
  }
}

/// The median of `GlobalSDR` over seconds of a sound, in decibels: BSSEval's SDR of images of a source
/// that is judged alone.
public enum WindowedSDR: Metric {
  /// The formula.
  public static let definition =
    "median over windows of 1 s, one behind the other, of 10 log10(sum ref^2 / sum (ref - est)^2), all "
    + "channels together, float64, no eps; a rest of less than 1 s is left out, a sound of less than 1 s "
    + "is one window; windows whose reference or estimate is silent do not count, nan where no other is "
    + "left"

  /// The score of `estimate`.
  ///
  /// - Throws: `MetricError`.
  public static func score(
    of estimate: InterleavedSignal, against reference: InterleavedSignal
  ) throws(MetricError) -> Score {
    try reference.checkShape(of: estimate)
    let length = min(reference.sampleRate, reference.frames)
    guard length > 0 else { return Score(.tooShort(frames: 0, needed: 1)) }
    var scores: [Score] = []
    for end in stride(from: length, through: reference.frames, by: length) {
      var energies = EnergyAccumulator(channels: reference.channels)
      energies.add(
        reference: reference.samples(in: end - length..<end),
        estimate: estimate.samples(in: end - length..<end))
      let score = energies.globalSDR
      if case .notFinite? = score.gap { return score }
      let isJudged = score.gap != nil || !energies.isEstimateSilent
      scores.append(isJudged ? score : Score(.silentEstimate(channel: 0)))
    }
    return Score(medianOf: scores, infinitiesCount: true)
  }
}

extension EnergyAccumulator {
  init(of estimate: InterleavedSignal, against reference: InterleavedSignal) throws(MetricError) {
    try reference.checkShape(of: estimate)
    self.init(channels: reference.channels)
    add(reference: reference.samples, estimate: estimate.samples)
  }
}
