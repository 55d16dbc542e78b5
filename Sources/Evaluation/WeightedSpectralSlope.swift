// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import SpectralTransforms

/// How far the slopes of the spectra in critical bands are apart, peaks weighing most: 0 for equal
/// sounds (Klatt, "Prediction of perceived phonetic distance from critical-band spectra", 1982), as the
/// composite measures of speech enhancement take it (Hu and Loizou 2008).
public enum WeightedSpectralSlope: Metric {
  /// The formula.
  public static let definition =
    "WSS: mean over the lowest 95 % of frames of sum W (dR[b] - dE[b])^2 / sum W, d[b] = L[b + 1] - "
    + "L[b], L the level in dB, at least -100, of 25 Gaussian critical bands up to 3.6 kHz of the power "
    + "spectrum of w (x + 2^-52), zeros added to the next power of two of two frames; W the mean of both "
    + "sounds' 20 / (20 + max L - L[b]) / (1 + nearest peak - L[b]) (Klatt 1982); "
    + "\(SpeechFrames.definition), per channel, then the mean over channels, float64; nan where a "
    + "channel of the reference is silent or the rate is below 8000 Hz"

  /// The rate that holds all bands.
  private static let leastSampleRate = 8000

  /// The bands' centres and widths in hertz.
  private static let bands: [(centre: Double, width: Double)] = [
    (50, 70), (120, 70), (190, 70), (260, 70), (330, 70), (400, 70), (470, 70), (540, 77.3724),
    (617.372, 86.0056), (703.378, 95.3398), (798.717, 105.411), (904.128, 116.256),
    (1020.38, 127.914), (1148.30, 140.423), (1288.72, 153.823), (1442.54, 168.154),
    (1610.70, 183.457), (1794.16, 199.776), (1993.93, 217.153), (2211.08, 235.631),
    (2446.71, 255.255), (2701.97, 276.072), (2978.04, 298.126), (3276.17, 321.465),
    (3597.63, 346.136),
  ]

  /// The score of `estimate`.
  ///
  /// - Throws: `MetricError`.
  public static func score(
    of estimate: InterleavedSignal, against reference: InterleavedSignal
  ) throws(MetricError) -> Score {
    try reference.checkShape(of: estimate)
    let rate = reference.sampleRate
    guard rate >= leastSampleRate else {
      return Score(.sampleRateTooLow(rate, needed: leastSampleRate))
    }
    let frames = SpeechFrames(sampleRate: rate, samples: reference.frames)
    if let gap = frames.gap { return Score(gap) }
    let filterbank = CriticalBands(frameLength: frames.length, sampleRate: rate, bands: bands)
    return .mean(channels: reference.channels) { channel in
      let (target, guess) = (reference.channel(channel), estimate.channel(channel))
      if let gap = Score.Gap(channel: channel, reference: target, estimate: guess) {
        return Score(gap)
      }
      return Score(
        trimmedMeanOf: (0..<frames.count).map { index in
          distortion(
            filterbank.levels(frames.windowed(target, index, offset: .ulpOfOne)),
            filterbank.levels(frames.windowed(guess, index, offset: .ulpOfOne)))
        })
    }
  }

  /// How far two frames are apart, whose levels in decibels are `target` and `guess`, `[bands]`.
  private static func distortion(_ target: [Double], _ guess: [Double]) -> Double {
    let (targetSlopes, guessSlopes) = (slopes(target), slopes(guess))
    let targetWeights = weights(target, targetSlopes)
    let guessWeights = weights(guess, guessSlopes)
    var (sum, weightSum) = (0.0, 0.0)
    for band in targetSlopes.indices {
      let weight = (targetWeights[band] + guessWeights[band]) / 2
      let difference = targetSlopes[band] - guessSlopes[band]
      sum += weight * difference * difference
      weightSum += weight
    }
    return sum / weightSum
  }

  private static func slopes(_ levels: [Double]) -> [Double] {
    zip(levels.dropFirst(), levels).map { $0 - $1 }
  }

  /// Klatt's weights: highest near the loudest band, and near the peak that a slope leads to.
  private static func weights(_ levels: [Double], _ slopes: [Double]) -> [Double] {
    let loudest = levels.max() ?? 0
    return slopes.indices.map { band in
      let global = 20 / (20 + loudest - levels[band])
      return global / (1 + peak(near: band, levels, slopes) - levels[band])
    }
  }

  /// The level at the end of the climb that `band` is on.
  ///
  /// Uphill the widely used implementations stop a band short of the top, and so does this.
  private static func peak(near band: Int, _ levels: [Double], _ slopes: [Double]) -> Double {
    if slopes[band] > 0 {
      let end = slopes[band...].firstIndex { $0 <= 0 } ?? slopes.count
      return levels[end - 1]
    }
    let end = slopes[...band].lastIndex { $0 > 0 } ?? -1
    return levels[end + 1]
  }
}

/// Gaussian filters on a power spectrum.
private struct CriticalBands {
  private let transform: RealFourierTransform<Double>
  /// Each band's first bin and its weights from there on.
  private let filters: [(first: Int, weights: [Double])]

  init(frameLength: Int, sampleRate: Int, bands: [(centre: Double, width: Double)]) {
    var length = 1
    while length < 2 * frameLength { length *= 2 }
    transform = RealFourierTransform(length: length)
    // The bin of half the sample rate is left out.
    let bins = length / 2
    let binsPerHertz = Double(bins) / (Double(sampleRate) / 2)
    let narrowest = bands[0].width
    // What is 30 dB below a band's peak counts as nothing.
    let least = exp(-30 / (2 * 2.303))
    filters = bands.map { centre, width in
      let weights = (0..<bins).map { bin -> Double in
        let place = (Double(bin) - (centre * binsPerHertz).rounded(.down)) / (width * binsPerHertz)
        let weight = exp(-11 * place * place + log(narrowest) - log(width))
        return weight > least ? weight : 0
      }
      let first = weights.firstIndex { $0 > 0 } ?? 0
      let last = weights.lastIndex { $0 > 0 } ?? 0
      return (first, Array(weights[first...last]))
    }
  }

  /// The bands' levels in decibels, at least -100.
  func levels(_ frame: [Double]) -> [Double] {
    let padding = [Double](repeating: 0, count: transform.length - frame.count)
    let spectrum = transform.forward(frame + padding)
    return filters.map { first, weights in
      var energy = 0.0
      for (offset, weight) in weights.enumerated() {
        let (real, imaginary) = (spectrum[2 * (first + offset)], spectrum[2 * (first + offset) + 1])
        energy += weight * (real * real + imaginary * imaginary)
      }
      return 10 * log10(max(energy, 1e-10))
    }
  }
}
