// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// The mean over short frames of the signal-to-noise ratio in decibels (Hansen and Pellom 1998),
/// as the VoiceBank-DEMAND literature computes it.
public enum SegmentalSNR: Metric {
  /// The formula.
  public static let definition =
    "mean over frames of 10 log10(sum (w ref)^2 / (sum (w (ref - est))^2 + eps) + eps) clipped to "
    + "[-10, 35] dB; \(SpeechFrames.definition), eps = 2^-52, at the sound's own rate, per channel, "
    + "then the mean over channels, float64; nan where a channel of the reference is silent"

  /// The score of `estimate`.
  ///
  /// - Throws: `MetricError`.
  public static func score(
    of estimate: InterleavedSignal, against reference: InterleavedSignal
  ) throws(MetricError) -> Score {
    try reference.checkShape(of: estimate)
    let frames = SpeechFrames(sampleRate: reference.sampleRate, samples: reference.frames)
    if let gap = frames.gap { return Score(gap) }
    return .mean(channels: reference.channels) { channel in
      let (target, guess) = (reference.channel(channel), estimate.channel(channel))
      if let gap = Score.Gap(channel: channel, reference: target, estimate: guess) {
        return Score(gap)
      }
      return score(of: guess, against: target, frames)
    }
  }

  private static func score(
    of estimate: [Double], against reference: [Double], _ frames: SpeechFrames
  ) -> Score {
    let squaredWindow = frames.window.map { $0 * $0 }
    var sum = 0.0
    for frame in 0..<frames.count {
      var signal = 0.0
      var noise = 0.0
      for (offset, weight) in squaredWindow.enumerated() {
        let target = reference[frame * frames.hop + offset]
        let difference = target - estimate[frame * frames.hop + offset]
        signal += weight * target * target
        noise += weight * difference * difference
      }
      let epsilon = Double.ulpOfOne
      sum += min(35, max(-10, 10 * log10(signal / (noise + epsilon) + epsilon)))
    }
    return Score(sum / Double(frames.count))
  }
}

extension Score.Gap {
  /// What is wrong with one channel's samples, if anything is.
  init?(channel: Int, reference: [Double], estimate: [Double]) {
    if reference.isEmpty {
      self = .tooShort(frames: 0, needed: 1)
    } else if !reference.allSatisfy(\.isFinite) || !estimate.allSatisfy(\.isFinite) {
      self = .notFinite(channel: channel)
    } else if reference.allSatisfy({ $0 == 0 }) {
      self = .silentReference(channel: channel)
    } else {
      return nil
    }
  }
}
