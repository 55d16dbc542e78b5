// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// A norm, the depth-wise convolution along time behind it, and PReLU, in one pass.
///
/// The convolution pads with zeros *behind* the norm. Folded into the taps, the norm's shift
/// therefore counts only for taps that lie inside the signal.
package struct NormalizedDepthwiseConvolution: Sendable {
  private let norm: Normalization
  private let channels: Int
  private let taps: Int
  private let dilation: Int
  private let offset: Int
  private let weights: [Float]
  private let bias: [Float]
  private let slope: Float

  /// Rows before an output row that it depends on.
  package var rowsBefore: Int { -offset }
  /// Rows after an output row that it depends on.
  package var rowsAfter: Int { (taps - 1) * dilation + offset }
  /// Whether the taps depend on the moments of the whole input.
  package var needsMoments: Bool { norm.isGlobal }

  /// `weights` is `[channels, taps]` row-major, as checkpoints have it.
  ///
  /// A causal convolution sees no row after its own; another one as many after as before.
  package init(
    _ norm: Normalization, weights: [Float], taps: Int, bias: [Float]?, dilation: Int,
    isCausal: Bool, slope: Float
  ) {
    self.norm = norm
    self.taps = taps
    self.dilation = dilation
    self.slope = slope
    let channels = weights.count / taps
    self.channels = channels
    offset = isCausal ? -(taps - 1) * dilation : -(taps - 1) * dilation / 2
    self.weights = (0..<taps).flatMap { tap in (0..<channels).map { weights[$0 * taps + tap] } }
    self.bias = bias ?? [Float](repeating: 0, count: channels)
  }

  /// Normalises rows in place where the norm needs nothing but the row: to be called once for each
  /// row before it is convolved.
  package func prepare(_ rows: Rows) { norm.applyWithinRows(rows) }

  /// The taps with the norm folded in.
  package func prepared(_ moments: Moments?) -> Prepared {
    guard let (scale, shift) = norm.affine(moments) else {
      return Prepared(layer: self, weights: weights, shifts: nil)
    }
    var folded = weights
    var shifts = weights
    for tap in 0..<taps {
      for channel in 0..<channels {
        folded[tap * channels + channel] *= scale[channel]
        shifts[tap * channels + channel] *= shift[channel]
      }
    }
    return Prepared(layer: self, weights: folded, shifts: shifts)
  }

  /// A convolution whose norm is settled.
  package struct Prepared {
    let layer: NormalizedDepthwiseConvolution
    let weights: [Float]
    let shifts: [Float]?

    /// Computes output rows `range` from `x`, `[T, C]`, of whose rows `valid` exist, and adds the
    /// outputs to a tile's sums.
    package func callAsFunction(
      _ x: Tensor, valid: Range<Int>, rows range: Range<Int>, into y: Rows,
      sums: borrowing MomentSums, tile: Int
    ) {
      defer { extendLifetime((x, y)) }
      precondition(y.stride == layer.channels && y.count == range.count)
      weights.withUnsafeBufferPointer { weights in
        layer.bias.withUnsafeBufferPointer { bias in
          func call(_ shifts: UnsafePointer<Float>?) {
            var kernel = tessera_depthwise_layer(
              channels: layer.channels, taps: layer.taps, dilation: layer.dilation,
              offset: layer.offset, weights: weights.baseAddress, bias: bias.baseAddress,
              shifts: shifts, slope: layer.slope)
            tessera_depthwise(
              &kernel, x.pointer, valid.lowerBound, valid.upperBound, range.lowerBound,
              range.upperBound, y.pointer, sums[tile])
          }
          if let shifts {
            shifts.withUnsafeBufferPointer { call($0.baseAddress) }
          } else {
            call(nil)
          }
        }
      }
    }
  }
}
