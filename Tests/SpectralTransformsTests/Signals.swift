// SPDX-License-Identifier: Apache-2.0

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// White noise from -1 to 1.
func noise(_ count: Int, seed: UInt64 = 1) -> [Double] {
  var generator = SeededGenerator(seed)
  return (0..<count).map { _ in Double.random(in: -1...1, using: &generator) }
}

/// The largest difference; infinite where counts differ.
func largestDifference(_ a: [Double], _ b: [Double]) -> Double {
  a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
}

extension [Double] {
  var floats: [Float] { map(Float.init) }
}
