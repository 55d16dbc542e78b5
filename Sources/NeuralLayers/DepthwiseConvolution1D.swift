// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// A convolution over time of each channel by itself, between zeros (as `torch.nn.Conv1d` with as many
/// groups as channels and half the taps as padding).
package struct DepthwiseConvolution1D: Sendable {
  /// Rows on either side of an output row that it depends on.
  package let reach: Int
  private let taps: Int
  private let weights: Tensor  // [taps, C]
  private let bias: Tensor

  /// `weight` is `[C, 1, taps]`, of an odd number of taps.
  package init(weight: Tensor, bias: Tensor) {
    let (channels, taps) = (weight.shape[0], weight.shape[2])
    precondition(taps % 2 == 1 && bias.count == channels, "\(taps) taps")
    self.taps = taps
    reach = taps / 2
    weights = Tensor(
      shape: [taps, channels], elements: weight.elements.transposed(rows: channels, columns: taps))
    self.bias = bias
  }

  /// Computes output rows `range` of `x`, `[T, C]`, of whose rows `valid` exist.
  package func callAsFunction(
    _ x: Tensor, valid: Range<Int>, rows range: Range<Int>, into y: Rows
  ) {
    defer { extendLifetime((self, x, y)) }
    let channels = bias.count
    precondition(x.shape[1] == channels && valid.upperBound <= x.shape[0])
    precondition(y.stride == channels && y.count == range.count)
    var layer = tessera_depthwise_layer(
      channels: channels, taps: taps, dilation: 1, offset: -reach, weights: weights.pointer,
      bias: bias.pointer, shifts: nil, slope: 1)
    tessera_depthwise(
      &layer, x.pointer, valid.lowerBound, valid.upperBound, range.lowerBound, range.upperBound,
      y.pointer, nil)
  }
}

extension [Float] {
  /// `[rows, columns]` as `[columns, rows]`.
  fileprivate func transposed(rows: Int, columns: Int) -> [Float] {
    (0..<columns).flatMap { column in (0..<rows).map { self[$0 * columns + column] } }
  }
}
