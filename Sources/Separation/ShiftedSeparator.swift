// SPDX-License-Identifier: Apache-2.0
public import Tensors

/// Averages estimates of randomly shifted mixtures (demucs' "shift trick"): a network that isn't
/// quite invariant to shifts errs a little differently each time.
///
/// Each pass hears the mixture between half a second of what lies around it (of zeros, where the
/// separator hears segments alone), from a random place in front of it on.
public struct ShiftedSeparator: Separator {
  private let separator: any Separator
  private let shifts: Int
  private let seed: UInt64

  /// Makes `shifts` passes of every segment.
  ///
  /// The same seed gives the same shifts for every segment, whatever came before it.
  ///
  /// - Returns: `nil` where the separator doesn't hear whole segments (`Passage.overlap`, `.segments`).
  public init?(_ separator: any Separator, shifts: Int, seed: UInt64) {
    guard shifts > 0 else { return nil }
    switch separator.passage {
    case .overlap, .segments: break
    case .stream, .context, .windows: return nil
    }
    self.separator = separator
    self.shifts = shifts
    self.seed = seed
  }

  /// Samples a second.
  public var sampleRate: Int { separator.sampleRate }
  /// Channels of mixture and sources.
  public var channels: Int { separator.channels }
  /// The sources' names.
  public var sources: [String] { separator.sources }
  /// Whether the sources come in any order.
  public var sourcesAreInterchangeable: Bool { separator.sourcesAreInterchangeable }
  /// Whether the estimates' common level is free.
  public var matchesMixtureLevel: Bool { separator.matchesMixtureLevel }
  /// Whether signals are brought to a common level as a whole.
  public var normalizesTrack: Bool { separator.normalizesTrack }
  /// As without shifts, but for what is heard around a segment.
  public var passage: Passage {
    guard case .segments(let samples, _) = separator.passage else { return separator.passage }
    return .segments(samples: samples, contextSamples: most)
  }

  /// Samples of the greatest shift.
  private var most: Int { sampleRate / 2 }

  /// Separates a signal `shifts` times and averages.
  public func separate(_ mixture: Tensor, _ run: Run) throws -> [Tensor] {
    try separate(mixture, segment: 0..<mixture.shape[0], run)
  }

  /// Separates a segment of a signal `shifts` times and averages.
  public func separate(_ signal: Tensor, segment: Range<Int>, _ run: Run) throws -> [Tensor] {
    let samples = segment.count
    let isHeard =
      max(0, segment.lowerBound - most)..<min(signal.shape[0], segment.upperBound + most)
    func silence(_ count: Int) -> [Float] { [Float](repeating: 0, count: count * channels) }
    let padded =
      silence(most - segment.lowerBound + isHeard.lowerBound)
      + signal.elements[isHeard.lowerBound * channels..<isHeard.upperBound * channels]
      + silence(most + segment.upperBound - isHeard.upperBound)
    let around = Tensor(shape: [samples + 2 * most, channels], elements: padded)
    var random = SplitMix(state: seed)
    var sums: [[Float]] = []
    for _ in 0..<shifts {
      let offset = Int.random(in: 0...most, using: &random)
      let shifted = offset..<most + samples
      var estimates = try separator.separate(around, segment: shifted, run).map {
        Array($0.elements.suffix(samples * channels))
      }
      if sums.isEmpty {
        sums = estimates
        continue
      }
      if sourcesAreInterchangeable {
        estimates = bestOrder(of: estimates, matching: sums).map { estimates[$0] }
      }
      for source in sums.indices {
        for index in sums[source].indices { sums[source][index] += estimates[source][index] }
      }
    }
    return sums.map { sum in
      Tensor(shape: [samples, channels], elements: sum.map { $0 / Float(shifts) })
    }
  }
}

/// SplitMix64 (Steele, Lea and Flood 2014): reproducible numbers of no great ambition.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
