// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// A weighting of the samples of one frame.
public struct Window: Codable, Sendable, Hashable {
  /// The curve.
  public enum Shape: String, Codable, Sendable, CaseIterable {
    /// Raised cosine that reaches zero: `0.5 - 0.5 cos`.
    case hann
    /// Square root of `hann`, for weighting before and after.
    case squareRootHann = "square-root-hann"
    /// Raised cosine that doesn't reach zero: `0.54 - 0.46 cos`.
    case hamming
    /// All ones.
    case rectangular
  }

  /// Where the curve ends.
  public enum Symmetry: String, Codable, Sendable, CaseIterable {
    /// The next sample would be the first again: what spectral analysis uses.
    case periodic
    /// The last sample equals the first: what filter design uses.
    case symmetric
  }

  /// The curve.
  public let shape: Shape
  /// Where the curve ends.
  public let symmetry: Symmetry

  /// A window of `shape`.
  public init(_ shape: Shape, _ symmetry: Symmetry = .periodic) {
    self.shape = shape
    self.symmetry = symmetry
  }

  /// The periodic Hann window, which nearly all public models use.
  public static let hann = Window(.hann)
  /// The periodic Hamming window.
  public static let hamming = Window(.hamming)
  /// All ones.
  public static let rectangular = Window(.rectangular)

  /// The window's `count` samples; a window of one sample is a one.
  public func samples(_ count: Int) -> [Double] {
    guard count > 1 else { return [Double](repeating: 1, count: max(count, 0)) }
    let period = Double(symmetry == .periodic ? count : count - 1)
    return (0..<count).map { index in
      let cosine = cos(2 * Double.pi * Double(index) / period)
      return switch shape {
      case .hann: 0.5 - 0.5 * cosine
      case .squareRootHann: (0.5 - 0.5 * cosine).squareRoot()
      case .hamming: 0.54 - 0.46 * cosine
      case .rectangular: 1
      }
    }
  }

  /// `windowLength` samples of the window in the middle of `length` samples.
  func samples(_ windowLength: Int, centeredIn length: Int) -> [Double] {
    var result = [Double](repeating: 0, count: length)
    let start = (length - windowLength) / 2
    result.replaceSubrange(start..<(start + windowLength), with: samples(windowLength))
    return result
  }
}
