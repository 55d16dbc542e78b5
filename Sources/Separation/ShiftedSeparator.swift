// SPDX-License-Identifier: Apache-2.0
public import Tensors

/// Averages estimates of randomly shifted mixtures (demucs' "shift trick"): a network that isn't
/// quite invariant to shifts errs a little differently each time.
///
/// Each pass hears the mixture between half a second of zeros, from a random place in front of it
/// on.
public struct ShiftedSeparator: Separator {
  private let separator: any Separator
  private let shifts: Int
  private let seed: UInt64

  /// Makes `shifts` passes of every segment.
  ///
  /// The same seed gives the same shifts for every segment, whatever came before it.
  ///
  /// - Returns: `nil` where the separator doesn't hear whole segments (`Passage.overlap`).
  public init?(_ separator: any Separator, shifts: Int, seed: UInt64) {
    guard case .overlap = separator.passage, shifts > 0 else { return nil }
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
  /// As without shifts.
  public var passage: Passage { separator.passage }

  /// Separates a signal `shifts` times and averages.
  public func separate(_ mixture: Tensor, _ run: Run) throws -> [Tensor] {
    let (samples, most) = (mixture.shape[0], sampleRate / 2)
    let padding = [Float](repeating: 0, count: most * channels)
    let padded = padding + mixture.elements + padding
    var random = SplitMix(state: seed)
    var sums: [[Float]] = []
    for _ in 0..<shifts {
      let offset = Int.random(in: 0...most, using: &random)
      let length = samples + most - offset
      let shifted = Tensor(
        shape: [length, channels],
        elements: Array(padded[(offset * channels)..<((offset + length) * channels)]))
      var estimates = try separator.separate(shifted, run).map {
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
      Tensor(shape: mixture.shape, elements: sum.map { $0 / Float(shifts) })
    }
  }
}

/// SplitMix64 (Steele, Lea and Flood 2014): reproducible numbers of no great ambition.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
