// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// The energies behind `GlobalSDR` and `ScaleInvariantSDR`, summed block by block, so that files of
/// any length need no memory.
public struct EnergyAccumulator: Sendable {
  /// One channel's sums, with d = reference - estimate.
  private struct Sums: Sendable {
    /// The sum of `reference²`.
    var reference = 0.0
    /// The sum of `estimate²`.
    var estimate = 0.0
    /// The sum of `d²`.
    var difference = 0.0
    /// The sum of `reference · d`.
    var cross = 0.0

    static func += (left: inout Sums, right: Sums) {
      left.reference += right.reference
      left.estimate += right.estimate
      left.difference += right.difference
      left.cross += right.cross
    }

    func gap(channel: Int) -> Score.Gap? {
      // Every non-finite sample reaches the difference: infinity directly or as NaN.
      guard difference.isFinite, reference.isFinite else { return .notFinite(channel: channel) }
      return reference > 0 ? nil : .silentReference(channel: channel)
    }
  }

  private var channels: [Sums]
  private var frames = 0

  /// Empty sums.
  public init(channels: Int) {
    precondition(channels > 0, "\(channels) channels")
    self.channels = [Sums](repeating: Sums(), count: channels)
  }

  /// Adds a block of frames, `[frames, channels]`, which must be as long on both sides.
  public mutating func add(reference: [Float], estimate: [Float]) {
    precondition(
      reference.count == estimate.count && reference.count % channels.count == 0,
      "\(reference.count) and \(estimate.count) samples of \(channels.count) channels")
    frames += reference.count / channels.count
    // Short sums first: rounding then grows with the number of pieces, not of samples.
    let pieceCount = 4096 * channels.count
    for start in stride(from: 0, to: reference.count, by: pieceCount) {
      let end = min(start + pieceCount, reference.count)
      for channel in channels.indices {
        var sums = Sums()
        for index in stride(from: start + channel, to: end, by: channels.count) {
          let target = Double(reference[index])
          let guess = Double(estimate[index])
          let difference = target - guess
          sums.reference += target * target
          sums.estimate += guess * guess
          sums.difference += difference * difference
          sums.cross += target * difference
        }
        channels[channel] += sums
      }
    }
  }

  /// `GlobalSDR` of what was added.
  public var globalSDR: Score {
    together { total in
      guard total.reference > 0 else { return Score(.silentReference(channel: 0)) }
      return Score(10 * log10(total.reference / total.difference))
    }
  }

  /// `FlooredSDR` of what was added.
  public var flooredSDR: Score {
    together { total in
      let count = Double(frames * channels.count)
      let floor = 1e-10
      return Score(
        10 * log10(max(total.reference / count, floor) / max(total.difference / count, floor)))
    }
  }

  /// Whether all samples of the estimate were zeros.
  var isEstimateSilent: Bool { channels.allSatisfy { $0.estimate == 0 } }

  /// The score of all channels' sums together.
  private func together(_ score: (Sums) -> Score) -> Score {
    guard frames > 0 else { return Score(.tooShort(frames: 0, needed: 1)) }
    var total = Sums()
    for (index, sums) in channels.enumerated() {
      if case .notFinite? = sums.gap(channel: index) { return Score(.notFinite(channel: index)) }
      total += sums
    }
    return score(total)
  }

  /// `ScaleInvariantSDR` of what was added.
  public var scaleInvariantSDR: Score {
    scaled { sums in
      // With d = s - ŝ, the error αs - ŝ has the energy <d, d> - <s, d>² / <s, s>: no large terms
      // cancel where the estimate is good.
      max(sums.difference - sums.cross * sums.cross / sums.reference, 0)
    }
  }

  /// `ScaleDependentSDR` of what was added.
  public var scaleDependentSDR: Score { scaled(error: \.difference) }

  /// The mean over channels of the ratio of the scaled reference to `error`.
  private func scaled(error: (Sums) -> Double) -> Score {
    guard frames > 0 else { return Score(.tooShort(frames: 0, needed: 1)) }
    return .mean(channels: channels.count) { channel in
      let sums = channels[channel]
      if let gap = sums.gap(channel: channel) { return Score(gap) }
      guard sums.estimate > 0 else { return Score(.silentEstimate(channel: channel)) }
      // α = <ŝ, s> / <s, s> = 1 - <s, d> / <s, s>
      let scale = 1 - sums.cross / sums.reference
      return Score(10 * log10(scale * scale * sums.reference / error(sums)))
    }
  }
}
