// SPDX-License-Identifier: Apache-2.0

/// The conventions of a short-time Fourier transform.
///
/// They cover `torch.stft`/`torch.istft` (one-sided), torchlibrosa, librosa and Vocos; what differs
/// between those is a field here.
public struct ShortTimeFourierConfiguration: Codable, Sendable, Hashable {
  /// What a padded sample outside the signal is.
  public enum Edge: String, Codable, Sendable, CaseIterable {
    /// The signal mirrored at its first or last sample, which is not repeated.
    case reflect
    /// Zero.
    case constant
  }

  /// Where frames lie relative to the signal.
  public enum Padding: Codable, Sendable, Hashable {
    /// Frame 0 begins at sample 0; samples after the last whole frame are in no frame.
    case none
    /// Frame k is centred on sample k·hop: `fftLength / 2` samples are added at both ends.
    case centered(Edge)
    /// Frame k is centred on the middle of samples k·hop to (k + 1)·hop, as in Vocos:
    /// `(fftLength - hopLength) / 2` reflected samples are added at both ends, and F frames stand
    /// for F·hop samples.
    case same
  }

  /// Samples of a frame, and points of its transform.
  public var fftLength: Int
  /// Samples from one frame to the next.
  public var hopLength: Int
  /// Samples of the window; a window shorter than `fftLength` stands in the middle between zeros.
  public var windowLength: Int
  /// The window's curve.
  public var window: Window
  /// Where frames lie.
  public var padding: Padding
  /// Whether spectra are scaled by `fftLength`^-½ (and back in the inverse).
  public var normalized: Bool

  /// Makes a description; transforms check it.
  ///
  /// The window is as long as the transform unless `windowLength` says otherwise.
  public init(
    fftLength: Int, hopLength: Int, windowLength: Int? = nil, window: Window = .hann,
    padding: Padding = .centered(.reflect), normalized: Bool = false
  ) {
    self.fftLength = fftLength
    self.hopLength = hopLength
    self.windowLength = windowLength ?? fftLength
    self.window = window
    self.padding = padding
    self.normalized = normalized
  }

  /// How many bins a frame's spectrum has.
  public var bins: Int { fftLength / 2 + 1 }

  /// How many frames a signal of `samples` samples has.
  public func frameCount(samples: Int) -> Int {
    let padded = samples + 2 * paddingLength
    return padded < fftLength ? 0 : 1 + (padded - fftLength) / hopLength
  }

  /// How many samples the inverse of `frames` frames has where no length is asked for.
  public func sampleCount(frames: Int) -> Int {
    frames < 1 ? 0 : max(0, fftLength + hopLength * (frames - 1) - 2 * paddingLength)
  }

  /// How many samples are added at either end.
  var paddingLength: Int {
    switch padding {
    case .none: 0
    case .centered: fftLength / 2
    case .same: max(0, fftLength - hopLength) / 2
    }
  }

  var edge: Edge {
    if case .centered(let edge) = padding { edge } else { .reflect }
  }

  func check() throws(SpectralTransformError) {
    try SpectralTransformError.check("fftLength", fftLength, in: 1...longestTransform)
    try SpectralTransformError.check("hopLength", hopLength, in: 1...longestTransform)
    try SpectralTransformError.check("windowLength", windowLength, in: 1...fftLength)
  }
}
