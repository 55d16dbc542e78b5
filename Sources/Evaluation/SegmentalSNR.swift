// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// The mean over short frames of the signal-to-noise ratio in decibels (Hansen and Pellom 1998),
/// as the VoiceBank-DEMAND literature computes it.
public enum SegmentalSNR: Metric {
  /// The formula.
  public static let definition =
    "mean over frames of 30 ms every 7.5 ms, the last frame left out, of "
    + "10 log10(sum (w ref)^2 / (sum (w (ref - est))^2 + eps) + eps) clipped to [-10, 35] dB, "
    + "w[i] = 0.5 (1 - cos(2 pi (i + 1) / (frame + 1))), eps = 2^-52, at the sound's own rate, per "
    + "channel, then the mean over channels, float64; nan where a channel of the reference is silent"

  /// The score of `estimate`.
  ///
  /// - Throws: `MetricError`.
  public static func score(
    of estimate: InterleavedSignal, against reference: InterleavedSignal
  ) throws(MetricError) -> Score {
    try reference.checkShape(of: estimate)
    return .mean(channels: reference.channels) { channel in
      score(
        of: estimate.channel(channel), against: reference.channel(channel), channel: channel,
        sampleRate: Double(reference.sampleRate))
    }
  }

  private static func score(
    of estimate: [Double], against reference: [Double], channel: Int, sampleRate: Double
  ) -> Score {
    let length = Int((0.03 * sampleRate).rounded(.toNearestOrEven))
    let hop = Int(0.25 * 0.03 * sampleRate)
    let needed = length + hop
    guard hop > 0, reference.count >= needed else {
      return Score(.tooShort(frames: reference.count, needed: needed))
    }
    if let gap = Score.Gap(channel: channel, reference: reference, estimate: estimate) {
      return Score(gap)
    }
    let squaredWindow = (1...length).map { index in
      let weight = 0.5 * (1 - cos(2 * Double.pi * Double(index) / Double(length + 1)))
      return weight * weight
    }
    let count = (reference.count - (length - hop)) / hop - 1
    var sum = 0.0
    for frame in 0..<count {
      var signal = 0.0
      var noise = 0.0
      for (offset, weight) in squaredWindow.enumerated() {
        let target = reference[frame * hop + offset]
        let difference = target - estimate[frame * hop + offset]
        signal += weight * target * target
        noise += weight * difference * difference
      }
      let epsilon = Double.ulpOfOne
      sum += min(35, max(-10, 10 * log10(signal / (noise + epsilon) + epsilon)))
    }
    return Score(sum / Double(count))
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
