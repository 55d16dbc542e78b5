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

extension EnergyAccumulator {
  init(of estimate: InterleavedSignal, against reference: InterleavedSignal) throws(MetricError) {
    try reference.checkShape(of: estimate)
    self.init(channels: reference.channels)
    add(reference: reference.samples, estimate: estimate.samples)
  }
}
