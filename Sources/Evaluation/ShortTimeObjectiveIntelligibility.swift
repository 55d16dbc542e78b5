// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import SpectralTransforms

/// How well noisy speech will be understood, from 0 to 1 (Taal et al., "An algorithm for
/// intelligibility prediction of time-frequency weighted noisy speech", 2011).
public enum ShortTimeObjectiveIntelligibility: Metric {
  /// The formula.
  public static let definition =
    "STOI (Taal et al. 2011): both sounds at 10 kHz (polyphase Kaiser, 60 dB), frames of 256 every "
    + "128 more than 40 dB below the reference's loudest removed, 15 third-octave bands from 150 Hz, "
    + "segments of 30 frames, clipped at -15 dB SDR, mean correlation; per channel, then the mean "
    + "over channels, float64; nan where a channel of the reference is silent or fewer than 30 "
    + "frames are left"

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
    try reference.checkShape(of: estimate)
    let resampler = TenKilohertzResampler(sampleRate: reference.sampleRate)
    return .mean(channels: reference.channels) { channel in
      let target = reference.channel(channel)
      let guess = estimate.channel(channel)
      if let gap = Score.Gap(channel: channel, reference: target, estimate: guess) {
        return Score(gap)
      }
      return score(of: resampler(guess), against: resampler(target))
    }
  }

  private static func score(of estimate: [Double], against reference: [Double]) -> Score {
    let (target, guess) = withoutSilence(reference, estimate)
    let targetBands = bands(target)
    let guessBands = bands(guess)
    guard targetBands.count >= segmentFrames else {
      return Score(.tooShort(frames: targetBands.count, needed: segmentFrames))
    }
    var sum = 0.0
    let segments = targetBands.count - segmentFrames + 1
    for start in 0..<segments {
      for band in thirdOctaves.indices {
        sum += correlation(
          (start..<(start + segmentFrames)).map { targetBands[$0][band] },
          (start..<(start + segmentFrames)).map { guessBands[$0][band] })
      }
    }
    return Score(sum / Double(segments * thirdOctaves.count))
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

  private static func norm(_ values: [Double]) -> Double {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  private static func withoutMean(_ values: [Double]) -> [Double] {
    let mean = values.reduce(0, +) / Double(values.count)
    return values.map { $0 - mean }
  }
}
