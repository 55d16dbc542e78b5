// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import SpectralTransforms

/// How far the logarithms of the power spectra are apart, in bels: 0 for equal sounds.
public enum LogSpectralDistance: Metric {
  /// The formula; there is no single standard.
  public static let definition =
    "mean over frames of sqrt(mean over bins of (log10(|R|^2 + 1e-8) - log10(|E|^2 + 1e-8))^2), STFT "
    + "of 2048 every 512, periodic Hann, frames centred, reflected edges, per channel, then the mean "
    + "over channels, float64; nan where a channel of the reference is silent"

  private static let configuration = ShortTimeFourierConfiguration(
    fftLength: 2048, hopLength: 512, window: .hann, padding: .centered(.reflect))
  private static let floor = 1e-8

  /// The score of `estimate`.
  ///
  /// - Throws: `MetricError`.
  public static func score(
    of estimate: InterleavedSignal, against reference: InterleavedSignal
  ) throws(MetricError) -> Score {
    try reference.checkShape(of: estimate)
    return .mean(channels: reference.channels) { channel in
      let (target, guess) = (reference.channel(channel), estimate.channel(channel))
      if let gap = Score.Gap(channel: channel, reference: target, estimate: guess) {
        return Score(gap)
      }
      var (sum, frames) = (0.0, 0)
      let width = 2 * configuration.bins
      let gap = forEachSpectra(configuration, target, guess) { target, guess in
        for start in stride(from: 0, to: target.count, by: width) {
          var squares = 0.0
          for bin in stride(from: start, to: start + width, by: 2) {
            let difference = log10(power(target, bin) + floor) - log10(power(guess, bin) + floor)
            squares += difference * difference
          }
          sum += (squares / Double(configuration.bins)).squareRoot()
          frames += 1
        }
      }
      return gap.map { Score($0) } ?? Score(sum / Double(frames))
    }
  }

  private static func power(_ spectra: [Double], _ index: Int) -> Double {
    spectra[index] * spectra[index] + spectra[index + 1] * spectra[index + 1]
  }
}

/// How far mel spectrograms are apart, as codecs are trained and judged: 0 for equal sounds.
public struct MelDistance: Metric, Sendable {
  /// One of the spectrograms that are compared.
  public struct Resolution: Sendable, Hashable {
    /// Samples of a window; frames come every quarter of it.
    public let windowLength: Int
    /// Mel bands, Slaney's, up to half the sample rate.
    public let bands: Int

    /// A spectrogram of `bands` mel bands over windows of `windowLength` samples.
    public init(windowLength: Int, bands: Int) {
      self.windowLength = windowLength
      self.bands = bands
    }
  }

  /// The spectrograms.
  public let resolutions: [Resolution]
  /// The power of the magnitudes whose logarithms are compared.
  public let exponent: Int
  /// The weight of the magnitudes' own differences; that of their logarithms' is 1.
  public let magnitudeWeight: Double

  /// A distance over several spectrograms, summed.
  ///
  /// - Parameters:
  ///   - resolutions: the spectrograms.
  ///   - exponent: the power of the magnitudes whose logarithms are compared.
  ///   - magnitudeWeight: the weight of the magnitudes' own differences.
  public init(resolutions: [Resolution], exponent: Int, magnitudeWeight: Double) {
    self.resolutions = resolutions
    self.exponent = exponent
    self.magnitudeWeight = magnitudeWeight
  }

  /// What the Descript audio codec is judged by.
  public static let standard = MelDistance(
    resolutions: [.init(windowLength: 2048, bands: 150), .init(windowLength: 512, bands: 80)],
    exponent: 2, magnitudeWeight: 1)

  /// What the Descript audio codec is trained with.
  public static let multiResolution = MelDistance(
    resolutions: (0..<7).map { .init(windowLength: 32 << $0, bands: 5 << $0) }, exponent: 1,
    magnitudeWeight: 0)

  private static let floor: Float = 1e-5

  /// The formula.
  public static var definition: String { standard.definition }

  /// The formula with these constants.
  public var definition: String {
    let names = resolutions.map { "\($0.windowLength)/\($0.bands)" }.joined(separator: ", ")
    return "sum over windows/bands \(names) of mean |log10 max(R, 1e-5)^\(exponent) - "
      + "log10 max(E, 1e-5)^\(exponent)| + \(magnitudeWeight) mean |R - E|, Slaney mel bands of "
      + "magnitudes up to half the sample rate, periodic Hann, a quarter window apart, centred, "
      + "reflected edges, all channels together, float32; nan where a channel of the reference is "
      + "silent"
  }

  /// The standard distance of `estimate`.
  ///
  /// - Throws: `MetricError`.
  public static func score(
    of estimate: InterleavedSignal, against reference: InterleavedSignal
  ) throws(MetricError) -> Score {
    try standard.score(of: estimate, against: reference)
  }

  /// The distance of `estimate`.
  ///
  /// - Throws: `MetricError`.
  public func score(
    of estimate: InterleavedSignal, against reference: InterleavedSignal
  ) throws(MetricError) -> Score {
    try reference.checkShape(of: estimate)
    return .mean(channels: reference.channels) { channel in
      let (target, guess) = (reference.channel(channel), estimate.channel(channel))
      if let gap = Score.Gap(channel: channel, reference: target, estimate: guess) {
        return Score(gap)
      }
      var sum = 0.0
      for resolution in resolutions {
        let distance = distance(
          target.map { Float($0) }, guess.map { Float($0) }, resolution, reference.sampleRate)
        guard distance.gap == nil else { return distance }
        sum += distance.value
      }
      return Score(sum)
    }
  }

  private func distance(
    _ target: [Float], _ guess: [Float], _ resolution: Resolution, _ sampleRate: Int
  ) -> Score {
    let configuration = ShortTimeFourierConfiguration(
      fftLength: resolution.windowLength, hopLength: resolution.windowLength / 4, window: .hann,
      padding: .centered(.reflect))
    guard
      let filterbank = try? MelFilterbank(
        .init(
          sampleRate: sampleRate, fftLength: resolution.windowLength, bands: resolution.bands,
          scale: .slaney, normalization: .area))
    else { return Score(.tooShort(frames: target.count, needed: resolution.windowLength)) }
    var (logarithms, magnitudes, count) = (0.0, 0.0, 0)
    let gap = forEachSpectra(configuration, target, guess) { target, guess in
      let targetBands = filterbank(MelSpectrogram.Quantity.magnitude.of(target))
      let guessBands = filterbank(MelSpectrogram.Quantity.magnitude.of(guess))
      for (target, guess) in zip(targetBands, guessBands) {
        logarithms += abs(
          Double(log10(max(target, Self.floor))) - Double(log10(max(guess, Self.floor))))
        magnitudes += abs(Double(target) - Double(guess))
      }
      count += targetBands.count
    }
    return gap.map { Score($0) }
      ?? Score(
        (Double(exponent) * logarithms + magnitudeWeight * magnitudes) / Double(count))
  }
}

/// Calls `body` with the spectra of two sounds of one length, some frames at a time; the gap where the
/// sounds are too short.
private func forEachSpectra<Scalar: FourierScalar>(
  _ configuration: ShortTimeFourierConfiguration, _ target: [Scalar], _ guess: [Scalar],
  _ body: (_ target: [Scalar], _ guess: [Scalar]) -> Void
) -> Score.Gap? {
  let tooShort = Score.Gap.tooShort(
    frames: target.count, needed: configuration.fftLength / 2 + 1)
  guard let transform = try? ShortTimeFourierTransform<Scalar>(configuration) else {
    return tooShort
  }
  var (targetAnalysis, guessAnalysis) = (transform.makeAnalysis(), transform.makeAnalysis())
  for start in stride(from: 0, to: target.count, by: 1 << 16) {
    let range = start..<min(start + 1 << 16, target.count)
    body(targetAnalysis.push(Array(target[range])), guessAnalysis.push(Array(guess[range])))
  }
  guard let target = try? targetAnalysis.finish(), let guess = try? guessAnalysis.finish() else {
    return tooShort
  }
  body(target, guess)
  return nil
}
