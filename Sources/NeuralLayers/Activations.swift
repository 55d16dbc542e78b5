// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

extension Rows {
  /// y = x where x is positive, e^x − 1 elsewhere; `target` may be these rows.
  package func elu(into target: Rows) {
    defer { extendLifetime((self, target)) }
    precondition(target.count == count && target.channels == channels)
    tessera_elu(count, channels, pointer, stride, target.pointer, target.stride)
  }

  /// Brings each row to mean 0 and variance 1 (the biased one), then scales and shifts each channel, as
  /// `torch.nn.LayerNorm`; `target` may be these rows.
  package func normalized(
    scale: Tensor, shift: Tensor, epsilon: Float, into target: Rows
  ) {
    defer { extendLifetime((self, scale, shift, target)) }
    precondition(scale.count == channels && shift.count == channels && target.count == count)
    tessera_normalize_rows(
      count, channels, pointer, stride, scale.pointer, shift.pointer, epsilon, target.pointer,
      target.stride)
  }

  /// Complex numbers from rows of logarithms of magnitudes followed by as many phases in radians:
  /// magnitudes are cut at `limit`.
  ///
  /// - Parameter target: `[count, channels / 2, 2]`, real and imaginary parts innermost.
  package func polar(limit: Float, into target: UnsafeMutablePointer<Float>) {
    defer { extendLifetime(self) }
    tessera_polar(count, channels / 2, pointer, stride, limit, target)
  }
}
