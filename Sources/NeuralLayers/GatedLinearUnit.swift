// SPDX-License-Identifier: Apache-2.0
internal import CKernels
public import Tensors

/// The first half of the channels times the sigmoid of the second half (as `torch.nn.GLU` over the
/// channels).
///
/// Input `[…, 2 · C]`, output `[…, C]`; all axes but the last are alike.
public struct GatedLinearUnit: Sendable {
  /// The layer has no parameters.
  public init() {}

  /// Applies the layer to `[…, 2 · C]`.
  public func callAsFunction(_ x: Tensor, arena: Arena, parallel: Parallel) -> Tensor {
    defer { extendLifetime(x) }
    let blocks = RowBlocks(x)
    precondition(blocks.channels % 2 == 0, "\(blocks.channels) channels have no halves")
    let half = blocks.channels / 2
    let y = arena.tensor(shape: x.shape.dropLast() + [half])
    parallel.forEach(blocks.count) { index, _ in
      let rows = blocks[index]
      tessera_glu(
        x.pointer + rows.lowerBound * blocks.channels, rows.count, half,
        y.pointer + rows.lowerBound * half)
    }
    return y
  }

  /// Applies the layer to rows `[n, 2 · C]` that lie one behind the other; `y` is `[n, C]`, as dense.
  package func callAsFunction(_ x: Rows, into y: Rows) {
    defer { extendLifetime((x, y)) }
    precondition(x.channels == 2 * y.channels && x.count == y.count, "halves")
    precondition(x.stride == x.channels && y.stride == y.channels, "rows with gaps")
    tessera_glu(x.pointer, x.count, y.channels, y.pointer)
  }
}
