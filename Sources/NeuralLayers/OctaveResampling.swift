// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// Doubles or halves a signal's sample rate as `julius.resample_frac` does (windowed sinc with 24 zero
/// crossings, roll-off 0.945, ends repeated), for networks that work at twice the rate they hear.
package struct OctaveResampling: Sendable {
  /// Which way.
  package enum Direction: Sendable {
    /// Twice as many samples.
    case up
    /// Half as many, rounded down.
    case down
  }

  private let old: Int
  private let new: Int
  private let taps: [Float]
  private let starts: [Int32]
  private let tapCount: Int
  private let lead: Int

  /// Works out the filter.
  package init(_ direction: Direction) {
    (old, new) = direction == .up ? (1, 2) : (2, 1)
    var kernel = tessera_resample_kernel(
      old_rate: old, new_rate: new, zero_crossings: 24, rolloff: 0.945, unit_sum: 1)
    tapCount = tessera_resample_tap_count(&kernel)
    var taps = [Float](repeating: 0, count: new * tapCount)
    var starts = [Int32](repeating: 0, count: new)
    lead = tessera_resample_design(&kernel, &taps, &starts)
    self.taps = taps
    self.starts = starts
  }

  /// Converts `[T, C]`, T at least 1.
  package func callAsFunction(_ x: Tensor, arena: Arena, parallel: Parallel) -> Tensor {
    defer { extendLifetime(x) }
    let (frames, channels) = (x.shape[0], x.shape[1])
    precondition(frames > 0, "a signal without a sample")
    let y = arena.tensor(frames * new / old, channels)
    parallel.forEach(channels) { channel, _ in
      let padded = arena.tensor(lead + frames + tapCount + old)
      defer { extendLifetime(padded) }
      let (first, last) = (x.pointer[channel], x.pointer[(frames - 1) * channels + channel])
      padded.pointer.update(repeating: first, count: lead)
      for frame in 0..<frames {
        padded.pointer[lead + frame] = x.pointer[frame * channels + channel]
      }
      (padded.pointer + lead + frames).update(repeating: last, count: tapCount + old)
      tessera_resample(
        padded.pointer, taps, starts, tapCount, new, old, 0, y.shape[0], y.pointer + channel,
        channels)
    }
    return y
  }
}
