// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import SpectralTransforms

/// How well noisy speech will be understood, from 0 to 1 (Taal et al., "An algorithm for
/// intelligibility prediction of time-frequency weighted noisy speech", 2011).
public enum ShortTimeObjectiveIntelligibility: Metric {
  /// The formula.
  public static let definition =
    "STOI (Taal et al. 2011): \(bandsDefinition), clipped at -15 dB SDR, mean correlation; "
    + channelsDefinition

  fileprivate static let bandsDefinition =
    "both sounds at 10 kHz (polyphase Kaiser, 60 dB), frames of 256 every 128 more than 40 dB below "
    + "the reference's loudest removed, 15 third-octave bands from 150 Hz, segments of 30 frames"
  fileprivate static let channelsDefinition =
    "per channel, then the mean over channels, float64; nan where a channel of the reference is "
    + "silent or fewer than 30 frames are left"

  private static let frameLength = 256
  private static let hop = 128
  private static let fftLength = 512
  private static let segmentFrames = 30
  private static let dynamicRangeDecibels = 40.0
  private static let leastDistortionRatioDecibels = -15.0

  /// The score of `estimate`.
  ///
  /// - Throws: `MetricError`.
  public static func score(
    of estimate: InterleavedSignal, against reference: InterleavedSignal
  ) throws(MetricError) -> Score {
    try score(of: estimate, against: reference) { target, guess in
      var sum = 0.0
      for band in thirdOctaves.indices {
        sum += correlation(target.map { $0[band] }, guess.map { $0[band] })
      }
      return sum / Double(thirdOctaves.count)
    }
  }

  /// The mean over segments of `similarity`, which gets the bands of both sounds, `[frames][bands]`.
  fileprivate static func score(
    of estimate: InterleavedSignal, against reference: InterleavedSignal,
    _ similarity: (_ target: ArraySlice<[Double]>, _ guess: ArraySlice<[Double]>) -> Double
  ) throws(MetricError) -> Score {
    try reference.checkShape(of: estimate)
    let resampler = TenKilohertzResampler(sampleRate: reference.sampleRate)
    return .mean(channels: reference.channels) { channel in
      let target = reference.channel(channel)
      let guess = estimate.channel(channel)
      if let gap = Score.Gap(channel: channel, reference: target, estimate: guess) {
        return Score(gap)
      }
      return score(of: resampler(guess), against: resampler(target), similarity)
    }
  }

  private static func score(
    of estimate: [Double], against reference: [Double],
    _ similarity: (_ target: ArraySlice<[Double]>, _ guess: ArraySlice<[Double]>) -> Double
  ) -> Score {
    let (target, guess) = withoutSilence(reference, estimate)
    let targetBands = bands(target)
    let guessBands = bands(guess)
    guard targetBands.count >= segmentFrames else {
      return Score(.tooShort(frames: targetBands.count, needed: segmentFrames))
    }
    let segments = targetBands.count - segmentFrames + 1
    let sum = (0..<segments).reduce(0) { sum, start in
      let segment = start..<(start + segmentFrames)
      return sum + similarity(targetBands[segment], guessBands[segment])
    }
    return Score(sum / Double(segments))
  }

  /// The correlation of one band's segments, the estimate's scaled to the reference's energy and
  /// clipped.
  private static func correlation(_ target: [Double], _ guess: [Double]) -> Double {
    let scale = norm(target) / (norm(guess) + .ulpOfOne)
    let ceiling = 1 + pow(10, -leastDistortionRatioDecibels / 20)
    let clipped = zip(target, guess).map { min($1 * scale, $0 * ceiling) }
    let a = withoutMean(target)
    let b = withoutMean(clipped)
    let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    return product / ((norm(a) + .ulpOfOne) * (norm(b) + .ulpOfOne))
  }

  /// Hann without its zero end points.
  private static let window = (1...frameLength).map {
    0.5 - 0.5 * cos(2 * Double.pi * Double($0) / Double(frameLength + 1))
  }

  /// Where frames begin; the last possible frame is never used, as in pystoi.
  private static func frameStarts(_ count: Int) -> [Int] {
    Array(stride(from: 0, to: count - frameLength, by: hop))
  }

  private static func frame(_ signal: [Double], _ start: Int) -> [Double] {
    zip(window, signal[start..<(start + frameLength)]).map { $0 * $1 }
  }

  /// Both sounds, windowed, overlapped and added, without the frames in which the reference is quiet.
  private static func withoutSilence(
    _ reference: [Double], _ estimate: [Double]
  ) -> ([Double], [Double]) {
    let starts = frameStarts(reference.count)
    let levels = starts.map { 20 * log10(norm(frame(reference, $0)) + .ulpOfOne) }
    let least = (levels.max() ?? 0) - dynamicRangeDecibels
    let kept = zip(starts, levels).filter { $1 > least }.map(\.0)
    func joined(_ signal: [Double]) -> [Double] {
      guard !kept.isEmpty else { return [] }
      var result = [Double](repeating: 0, count: (kept.count - 1) * hop + frameLength)
      for (index, start) in kept.enumerated() {
        for (offset, sample) in frame(signal, start).enumerated() {
          result[index * hop + offset] += sample
        }
      }
      return result
    }
    return (joined(reference), joined(estimate))
  }

  /// The bins of each third-octave band; edges lie on the nearest bin.
  private static let thirdOctaves: [Range<Int>] = (0..<15).map { band in
    func bin(_ exponent: Double) -> Int {
      Int((150 * pow(2, exponent) * Double(fftLength) / 10000).rounded())
    }
    return bin((2 * Double(band) - 1) / 6)..<bin((2 * Double(band) + 1) / 6)
  }

  private static let transform = RealFourierTransform<Double>(length: fftLength)

  /// The magnitude in each band of each frame, `[frames][bands]`.
  private static func bands(_ signal: [Double]) -> [[Double]] {
    let padding = [Double](repeating: 0, count: fftLength - frameLength)
    return frameStarts(signal.count).map { start in
      let spectrum = transform.forward(frame(signal, start) + padding)
      return thirdOctaves.map { bins in
        bins.reduce(0) { sum, bin in
          sum + spectrum[2 * bin] * spectrum[2 * bin] + spectrum[2 * bin + 1]
            * spectrum[2 * bin + 1]
        }.squareRoot()
      }
    }
  }

  fileprivate static func norm(_ values: [Double]) -> Double {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  fileprivate static func withoutMean(_ values: [Double]) -> [Double] {
    let mean = values.reduce(0, +) / Double(values.count)
    return values.map { $0 - mean }
  }
}

/// The extension of `ShortTimeObjectiveIntelligibility` for noise that comes and goes (Jensen and Taal,
/// "An algorithm for predicting the intelligibility of speech masked by modulated noise maskers",
/// 2016), from 0 to 1.
public enum ExtendedObjectiveIntelligibility: Metric {
  private typealias Base = ShortTimeObjectiveIntelligibility

  /// The formula.
  public static let definition =
    "ESTOI (Jensen and Taal 2016): \(Base.bandsDefinition), rows (time), then columns (bands) "
    + "brought to mean 0 and norm 1, mean inner product of columns; \(Base.channelsDefinition)"

  /// The score of `estimate`.
  ///
  /// - Throws: `MetricError`.
  public static func score(
    of estimate: InterleavedSignal, against reference: InterleavedSignal
  ) throws(MetricError) -> Score {
    try Base.score(of: estimate, against: reference) { target, guess in
      let columns = zip(normalized(Array(target)), normalized(Array(guess)))
      let sum = columns.reduce(0) { sum, pair in
        sum + zip(pair.0, pair.1).reduce(0) { $0 + $1.0 * $1.1 }
      }
      return sum / Double(target.count)
    }
  }

  /// A segment, `[frames][bands]`, with rows and then columns of mean 0 and norm 1.
  private static func normalized(_ segment: [[Double]]) -> [[Double]] {
    let rows = segment[0].indices.map { band in unit(segment.map { $0[band] }) }
    return segment.indices.map { frame in unit(rows.map { $0[frame] }) }
  }

  private static func unit(_ values: [Double]) -> [Double] {
    let centred = Base.withoutMean(values)
    // The reference implementation adds noise of this size instead.
    let norm = Base.norm(centred) + .ulpOfOne
    return centred.map { $0 / norm }
  }
}
