// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// The norms of temporal convolutional networks, with their affine (γ, β per channel).
///
/// With μ and σ² a mean and a biased variance: (x − μ) / √(σ² + ε) · γ + β.
package enum Normalization: Sendable {
  /// gLN, GroupNorm(1): statistics over channels and time.
  case global(gamma: [Float], beta: [Float], epsilon: Float)
  /// cLN: statistics over the channels of each frame.
  case channelwise(gamma: [Float], beta: [Float], epsilon: Float)
  /// BN with its running statistics, an affine map by now.
  case affine(scale: [Float], shift: [Float])

  /// Batch normalisation at inference.
  package static func batch(
    gamma: [Float], beta: [Float], mean: [Float], variance: [Float], epsilon: Float
  ) -> Normalization {
    // Doubles: a small running variance would cost digits otherwise.
    var scale: [Float] = []
    var shift: [Float] = []
    for channel in gamma.indices {
      let factor =
        Double(gamma[channel]) / (Double(variance[channel]) + Double(epsilon)).squareRoot()
      scale.append(Float(factor))
      shift.append(Float(Double(beta[channel]) - Double(mean[channel]) * factor))
    }
    return .affine(scale: scale, shift: shift)
  }

  /// No norm.
  package static func identity(channels: Int) -> Normalization {
    .affine(
      scale: [Float](repeating: 1, count: channels), shift: [Float](repeating: 0, count: channels))
  }

  /// Whether a frame's output depends on other frames.
  package var isGlobal: Bool {
    if case .global = self { true } else { false }
  }

  /// Normalises rows in place where the norm needs nothing but the row; other norms are part of the
  /// weights behind them.
  package func applyWithinRows(_ x: Rows) {
    defer { extendLifetime(x) }
    guard case .channelwise(let gamma, let beta, let epsilon) = self else { return }
    tessera_normalize_rows(
      x.count, x.channels, x.pointer, x.stride, gamma, beta, epsilon, x.pointer, x.stride)
  }

  /// The factor and the summand of each channel that this norm is, given what it may need to know
  /// of the whole signal.
  package func affine(_ moments: Moments?) -> (scale: [Float], shift: [Float])? {
    switch self {
    case .channelwise: return nil
    case .affine(let scale, let shift): return (scale, shift)
    case .global(let gamma, let beta, let epsilon):
      guard let moments else { preconditionFailure("a global norm needs the signal's moments") }
      let deviation = (moments.variance + Double(epsilon)).squareRoot()
      let scale = gamma.map { Float(Double($0) / deviation) }
      let shift = zip(gamma, beta).map { gamma, beta in
        Float(Double(beta) - Double(gamma) * moments.mean / deviation)
      }
      return (scale, shift)
    }
  }
}

/// Mean and biased variance of a signal.
package struct Moments: Sendable {
  package let mean: Double
  package let variance: Double
}

/// Collects moments tile by tile, so that they don't depend on which thread took which tile.
package struct MomentSums: ~Copyable {
  private let sums: UnsafeMutablePointer<Double>
  private let tiles: Int

  /// Room for as many tiles.
  package init(tiles: Int) {
    self.tiles = tiles
    sums = .allocate(capacity: 2 * tiles)
    sums.initialize(repeating: 0, count: 2 * tiles)
  }

  deinit { sums.deallocate() }

  /// Adds a tile's rows to what is known of it.
  package func add(_ rows: Rows, tile: Int) {
    defer { extendLifetime(rows) }
    // Short rows that lie one behind the other are as good as a few long ones, and faster.
    let together = rows.stride == rows.channels ? Rows.together(rows.channels) : 1
    let (groups, rest) = rows.count.quotientAndRemainder(dividingBy: together)
    let width = together * rows.channels
    tessera_sums(groups, width, rows.pointer, together * rows.stride, self[tile])
    tessera_sums(
      rest, rows.channels, rows.pointer + groups * width, rows.stride, self[tile])
  }

  /// The sum and the sum of squares of a tile, for a kernel that collects them on its way.
  subscript(tile: Int) -> UnsafeMutablePointer<Double> {
    precondition(tile < tiles)
    return sums + 2 * tile
  }

  /// The moments of all tiles together, `count` elements in all.
  package func moments(count: Int) -> Moments {
    var sum = 0.0
    var squares = 0.0
    for tile in 0..<tiles {
      sum += sums[2 * tile]
      squares += sums[2 * tile + 1]
    }
    let mean = sum / Double(count)
    return Moments(mean: mean, variance: max(0, squares / Double(count) - mean * mean))
  }
}
