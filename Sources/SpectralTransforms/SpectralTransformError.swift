// SPDX-License-Identifier: Apache-2.0

/// What can be wrong with a transform's description or with what it is given.
public enum SpectralTransformError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A length of the configuration is not in the range that makes sense.
  case lengthOutOfRange(field: String, value: Int, allowed: ClosedRange<Int>)
  /// Reflection mirrors at the first and last sample, so it needs more samples than it adds.
  case tooShortForReflection(samples: Int, needed: Int)
  /// The shifted windows leave samples that no frame covers: there is no inverse.
  case windowsLeaveGaps(windowLength: Int, hopLength: Int)
  /// The mel bands' edges are not rising frequencies up to half the sample rate.
  case bandEdges(lowHertz: Double, highHertz: Double, sampleRate: Int)

  /// One line: what was found, what was expected.
  public var description: String {
    switch self {
    case .lengthOutOfRange(let field, let value, let allowed):
      "\(field) is \(value); it must be from \(allowed.lowerBound) to \(allowed.upperBound)"
    case .tooShortForReflection(let samples, let needed):
      "the signal has \(samples) samples; padding it by reflection needs at least \(needed)"
    case .windowsLeaveGaps(let windowLength, let hopLength):
      "windows of \(windowLength) samples every \(hopLength) samples leave gaps, so the transform "
        + "has no inverse; use a smaller hop"
    case .bandEdges(let lowHertz, let highHertz, let sampleRate):
      "mel bands from \(lowHertz) to \(highHertz) Hz; they must rise from 0 or more to at most half "
        + "the sample rate of \(sampleRate) Hz"
    }
  }
}

extension SpectralTransformError {
  static func check(
    _ field: String, _ value: Int, in allowed: ClosedRange<Int>
  ) throws(SpectralTransformError) {
    guard allowed.contains(value) else {
      throw .lengthOutOfRange(field: field, value: value, allowed: allowed)
    }
  }
}

/// How many rows of `rowLength` elements there are.
func rows(_ elements: Int, of rowLength: Int) -> Int {
  precondition(elements % rowLength == 0, "\(elements) elements are not rows of \(rowLength)")
  return elements / rowLength
}

/// The longest transform: FFTW counts in 32 bits, and rows of this length already take gigabytes.
let longestTransform = 1 << 28
