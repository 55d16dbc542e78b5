// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// Normalises each row to mean 0 and (biased) variance 1 over its channels, then scales and shifts each
/// channel (as `torch.nn.LayerNorm` over the last axis).
package struct LayerNormalization: Sendable {
  private let weight: [Float]
  private let bias: [Float]
  private let epsilon: Float

  /// A layer for as many channels as `weight` and `bias` have, `[C]` each.
  ///
  /// - Parameter epsilon: added to the variance.
  package init(weight: Tensor, bias: Tensor, epsilon: Float = 1e-5) {
    precondition(weight.shape == bias.shape && weight.shape.count == 1, "weight and bias [C]")
    self.weight = weight.elements
    self.bias = bias.elements
    self.epsilon = epsilon
  }

  /// Applies the layer to rows `[n, C]`; `y` may be `x`.
  package func callAsFunction(_ x: Rows, into y: Rows) {
    defer { extendLifetime((x, y)) }
    precondition(
      x.channels == weight.count && y.channels == x.channels && y.count == x.count, "rows of C")
    tessera_normalize_rows(
      x.count, x.channels, x.pointer, x.stride, weight, bias, epsilon, y.pointer, y.stride)
  }
}
