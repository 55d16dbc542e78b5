// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// A factor and a summand for each channel: what a norm over a whole signal comes to once the signal's
/// moments are known.
package struct ChannelAffine: Sendable {
  private let channels: Int
  /// For as many rows as make a multiple of the widest vectors: a few channels alone would be computed
  /// one by one.
  private let scale: [Float]
  private let shift: [Float]

  /// GroupNorm(1) of a signal with these moments.
  package init(_ normalization: Normalization, _ moments: Moments) {
    guard let affine = normalization.affine(moments) else {
      preconditionFailure("a norm within rows is no affine map")
    }
    channels = affine.scale.count
    let rows = Rows.together(channels)
    scale = (0..<rows).flatMap { _ in affine.scale }
    shift = (0..<rows).flatMap { _ in affine.shift }
  }

  /// Applies the map in place to rows that lie one behind the other.
  package func apply(_ x: Rows) {
    defer { extendLifetime(x) }
    precondition(x.stride == x.channels && x.channels == channels, "\(x.channels) channels")
    tessera_scale_shift(x.pointer, x.count, channels, scale, shift, x.pointer)
  }

  /// Applies the map and GELU in place to rows that lie one behind the other.
  package func gelu(_ x: Rows) {
    defer { extendLifetime(x) }
    precondition(x.stride == x.channels && x.channels == channels, "\(x.channels) channels")
    let groups = x.count / (scale.count / channels)
    let rest = x.count - groups * (scale.count / channels)
    tessera_affine_gelu(x.pointer, groups, scale.count, scale, shift)
    tessera_affine_gelu(x.pointer + groups * scale.count, rest, channels, scale, shift)
  }

  /// Applies the map to rows `[n, 2 · C]`, multiplies the first half by the sigmoid of the second
  /// and by `factors`, `[C]`, and adds that to `y`, `[n, C]`.
  ///
  /// Both lie one behind the other.
  package func addGated(_ x: Rows, factors: [Float], to y: Rows) {
    defer { extendLifetime((x, y)) }
    precondition(
      x.stride == x.channels && y.stride == y.channels && x.channels == channels
        && x.channels == 2 * y.channels && factors.count == y.channels && x.count == y.count,
      "halves")
    tessera_add_gated(x.pointer, x.count, y.channels, scale, shift, factors, y.pointer)
  }
}
