// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// x · Φ(x), with the error function (as `torch.nn.GELU`).
package struct GaussianErrorLinearUnit: Sendable {
  /// The layer has no parameters.
  package init() {}

  /// Applies the layer in place to rows that lie one behind the other.
  package func callAsFunction(_ x: Rows) {
    defer { extendLifetime(x) }
    precondition(x.stride == x.channels, "rows with gaps")
    tessera_gelu(x.pointer, x.count * x.channels)
  }
}
