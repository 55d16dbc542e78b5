// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// How far computed numbers are from expected ones.
public struct Comparison: Sendable, CustomStringConvertible {
  /// The largest absolute difference; infinite where counts differ or a value is not finite.
  public let maxAbsoluteError: Double
  /// Where that difference is.
  public let index: Int
  /// The expected values' largest magnitude.
  public let peak: Double
  /// Expected energy over error energy in decibels.
  public let signalToNoiseDecibels: Double

  /// Compares element by element.
  public init(_ found: [Float], _ expected: [Float]) {
    var worst = 0.0
    var place = 0
    var top = 0.0
    var errorEnergy = 0.0
    var energy = 0.0
    for (position, (a, b)) in zip(found, expected).enumerated() {
      let difference = abs(Double(a) - Double(b))
      if !(difference <= worst) {
        worst = difference.isNaN ? .infinity : difference
        place = position
      }
      top = max(top, abs(Double(b)))
      errorEnergy += difference * difference
      energy += Double(b) * Double(b)
    }
    maxAbsoluteError = found.count == expected.count ? worst : .infinity
    index = place
    peak = top
    signalToNoiseDecibels = 10 * log10(energy / max(errorEnergy, 1e-300))
  }

  /// The error as a share of the expected peak.
  public var relativeToPeak: Double { maxAbsoluteError / max(peak, 1e-30) }

  /// One line for a failing expectation.
  public var description: String {
    "max error \(maxAbsoluteError) at \(index), peak \(peak), SNR \(signalToNoiseDecibels) dB"
  }
}

/// Swaps the last two axes' meaning: `[rows, columns]` to `[columns, rows]`, row-major.
public func transposed(_ elements: [Float], rows: Int, columns: Int) -> [Float] {
  var result = [Float](repeating: 0, count: elements.count)
  for row in 0..<rows {
    for column in 0..<columns { result[column * rows + row] = elements[row * columns + column] }
  }
  return result
}
