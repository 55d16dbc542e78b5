// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// y = scale · x + shift, one of each a channel: what is left of a norm once its statistics are known.
package struct ChannelAffine: Sendable {
  private let scale: [Float]
  private let shift: [Float]

  /// The affine that `norm` is for a signal of these moments; `nil` for a norm within rows.
  package init?(_ norm: Normalization, _ moments: Moments) {
    guard let affine = norm.affine(moments) else { return nil }
    (scale, shift) = affine
  }

  /// Replaces rows that lie one behind the other.
  package func apply(_ x: Rows) {
    precondition(x.channels == scale.count && x.stride == x.channels, "rows of C, without gaps")
    tessera_scale_shift(x.pointer, x.count, x.channels, scale, shift, x.pointer)
  }
}
