// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

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

  init(_ kernel: ResamplingKernel, from oldRate: Int, to newRate: Int, lanes: Int) {
    precondition(oldRate > 0 && newRate > 0, "rates \(oldRate) and \(newRate) Hz")
    var (divisor, rest) = (oldRate, newRate)
    while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
    let (old, new) = (oldRate / divisor, newRate / divisor)
    let crossings = Double(kernel.zeroCrossings)
    let cutoff = Double(min(old, new)) * kernel.rolloff
    /// Half the filter's length in input frames.
    let reach = crossings * Double(old) / cutoff

    // Taps at |t| ≥ Z are zero: each phase needs only those between.
    let centers = (0..<new).map { Double($0) * Double(old) / Double(new) }
    let ends = centers.map { Int(($0 + reach).rounded(.up)) }
    let longest = Int((2 * reach).rounded(.up)) + 1
    let tapCount = (longest + lanes - 1) / lanes * lanes

    var taps = [Float](repeating: 0, count: new * tapCount)
    var phase = [Double](repeating: 0, count: tapCount)
    for index in 0..<new {
      for tap in 0..<tapCount {
        let frame = ends[index] - tapCount + tap
        let t = (Double(frame) / Double(old) - Double(index) / Double(new)) * cutoff
        phase[tap] = abs(t) < crossings ? Self.sinc(t) * Self.window(t / crossings) : 0
      }
      let level =
        switch kernel.level {
        case .cutoff: cutoff / Double(old)
        case .unitSum: 1 / phase.reduce(0, +)
        }
      for tap in 0..<tapCount { taps[index * tapCount + tap] = Float(phase[tap] * level) }
    }
    self.old = old
    self.new = new
    self.taps = taps
    self.tapCount = tapCount
    let lead = tapCount - (ends.first ?? 0)
    self.lead = lead
    starts = ends.map { Int32($0 - tapCount + lead) }
  }

  /// How many frames from the group's first one on phase `index` needs.
  func reach(ofPhase index: Int) -> Int { Int(starts[index]) + tapCount }

  private static func sinc(_ t: Double) -> Double { t == 0 ? 1 : sin(.pi * t) / (.pi * t) }

  private static func window(_ share: Double) -> Double {
    let cosine = cos(.pi / 2 * share)
    return cosine * cosine
  }
}
