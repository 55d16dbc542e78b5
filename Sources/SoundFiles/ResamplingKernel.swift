// SPDX-License-Identifier: Apache-2.0
internal import CKernels

/// A windowed sinc that converts sample rates, with what its library does at the edges.
///
/// For old : new in lowest terms, output n of phase i = n mod new is the sum over input frames k of
/// x[k] · sinc(t) · cos²(πt / 2Z), t = (k / old − n / new) · min(old, new) · rolloff, |t| < Z
/// (Smith, "Digital Audio Resampling", ccrma.stanford.edu/~jos/resample).
public struct ResamplingKernel: Sendable, Hashable {
  /// What the signal is taken to be beyond its ends.
  public enum Edge: Sendable, Hashable {
    /// Silence.
    case zero
    /// The first and the last frame, repeated.
    case replicate
  }

  /// How the kernel's level is set.
  public enum Level: Sendable, Hashable {
    /// By the ratio of cut-off and input rate: the same for all phases.
    case cutoff
    /// So that every phase sums to 1: a constant stays exactly that constant.
    case unitSum
  }

  /// How a length of frames · new / old is made whole.
  public enum Length: Sendable, Hashable {
    /// Down.
    case floor
    /// Up.
    case ceiling
  }

  /// How many zero crossings the window keeps on each side.
  public var zeroCrossings: Int
  /// The cut-off as a share of the lower rate's half.
  public var rolloff: Double
  /// What the signal is taken to be beyond its ends.
  public var edge: Edge
  /// How the kernel's level is set.
  public var level: Level
  /// How a length is made whole.
  public var length: Length

  /// `torchaudio.functional.resample` with its defaults (`sinc_interp_hann`, 2.x).
  ///
  /// The original computes its kernel in the signal's float32, which differs from this by up to
  /// 5e-6; and the length of more than 2²⁴ frames in float32, which can differ by a frame or two.
  public static let torchaudio = ResamplingKernel(
    zeroCrossings: 6, rolloff: 0.99, edge: .zero, level: .cutoff, length: .ceiling)

  /// `julius.resample_frac` with its defaults (0.2).
  ///
  /// The notes on `torchaudio` hold here too.
  public static let julius = ResamplingKernel(
    zeroCrossings: 24, rolloff: 0.945, edge: .replicate, level: .unitSum, length: .floor)

  /// How many frames `frames` of them become.
  public func frameCount(_ frames: Int, from old: Int, to new: Int) -> Int {
    let (whole, rest) = frames.quotientAndRemainder(dividingBy: old)
    // In two parts, for the product of a long signal and a rate is large.
    let part = length == .floor ? rest * new / old : (rest * new + old - 1) / old
    return whole * new + part
  }
}

/// A kernel worked out for two rates: a short filter for each phase of the output.
struct PolyphaseFilter: Sendable {
  /// The rates in lowest terms; `new` is also the number of phases.
  let old: Int
  let new: Int
  /// `[new, tapCount]`, zeros first where a phase has fewer taps.
  let taps: [Float]
  /// A multiple of the lanes the C loop has.
  let tapCount: Int
  /// Where each phase's taps begin, counted in frames from `lead` frames before the first.
  let starts: [Int32]
  /// How many frames before the first one the filter reaches.
  let lead: Int

  init(_ kernel: ResamplingKernel, from oldRate: Int, to newRate: Int) {
    precondition(oldRate > 0 && newRate > 0, "rates \(oldRate) and \(newRate) Hz")
    var (divisor, rest) = (oldRate, newRate)
    while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
    old = oldRate / divisor
    new = newRate / divisor
    var design = tessera_resample_kernel(
      old_rate: old, new_rate: new, zero_crossings: kernel.zeroCrossings, rolloff: kernel.rolloff,
      unit_sum: kernel.level == .unitSum ? 1 : 0)
    tapCount = tessera_resample_tap_count(&design)
    var taps = [Float](repeating: 0, count: new * tapCount)
    var starts = [Int32](repeating: 0, count: new)
    lead = tessera_resample_design(&design, &taps, &starts)
    self.taps = taps
    self.starts = starts
  }

  /// How many frames from the group's first one on phase `index` needs.
  func reach(ofPhase index: Int) -> Int { Int(starts[index]) + tapCount }
}
