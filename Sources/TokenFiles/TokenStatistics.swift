// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// How a codec's codes are used: what a language model that learns them will meet.
public struct TokenStatistics: Sendable {
  /// How often each code occurs.
  public private(set) var counts: [Int]
  /// How many recordings were counted.
  public private(set) var records = 0
  /// How many tokens there are.
  public private(set) var total = 0
  /// How many tokens equal the one before them in their recording.
  private var repeats = 0
  /// How many tokens have one before them.
  private var pairs = 0

  /// Begins to count the codes of a codebook.
  public init(codebookSize: Int) { counts = Array(repeating: 0, count: codebookSize) }

  /// Counts a recording's tokens, each of which must be below the codebook's size.
  public mutating func add(_ tokens: [Int32]) {
    records += 1
    total += tokens.count
    pairs += max(0, tokens.count - 1)
    for token in tokens { counts[Int(token)] += 1 }
    for (before, token) in zip(tokens, tokens.dropFirst()) where before == token { repeats += 1 }
  }

  /// How many different codes occur.
  public var used: Int { counts.count { $0 > 0 } }

  /// The share of the codebook that occurs.
  public var utilisation: Double { Double(used) / Double(counts.count) }

  /// The entropy of a token in bits, −Σ p log₂ p of the observed frequencies.
  ///
  /// Too low by about (used − 1) / (2 · total · ln 2) for small samples; see `correctedEntropy`.
  public var entropy: Double {
    guard total > 0 else { return 0 }
    return counts.reduce(0) { sum, count in
      let share = Double(count) / Double(total)
      return count == 0 ? sum : sum - share * log2(share)
    }
  }

  /// The entropy with Miller's and Madow's correction for small samples, in bits.
  public var correctedEntropy: Double {
    guard total > 0 else { return 0 }
    return entropy + Double(used - 1) / (2 * Double(total) * log(2))
  }

  /// 2 to the power of the entropy: as many equally frequent codes would be as hard to predict.
  public var perplexity: Double { exp2(entropy) }

  /// The bits of a token when all codes are equally frequent.
  public var nominalBits: Double { log2(Double(counts.count)) }

  /// The share of tokens that equal the one before them; nil where no token has one.
  public var repeatRatio: Double? { pairs > 0 ? Double(repeats) / Double(pairs) : nil }
}
