// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// A matrix packed once for the kernel that multiplies rows by it: the weights of every 1×1
/// convolution, and of every strided convolution without dilation, whose windows are rows.
package struct PackedMatrix: Sendable {
  /// Elements of a row that goes in.
  package let depth: Int
  /// Elements of a row that comes out.
  package let columns: Int
  private let packed: Storage
  private let bias: Tensor?
  /// Whether rows come a few at a time, as the steps of a recurrence do.
  private let rowsAreFew: Bool

  /// Packs `weights`, `[columns, depth]` row-major, and keeps `bias`, `[columns]`.
  ///
  /// - Parameter rowsAreFew: Whether rows come a few at a time, always, as the steps of a recurrence do:
  ///   another kernel is faster then, with other rounding errors.
  package init(
    weights: [Float], depth: Int, columns: Int, bias: [Float]?, rowsAreFew: Bool = false
  ) {
    precondition(weights.count == depth * columns)
    self.init(
      depth: depth, columns: columns, bias: bias.map { Tensor(shape: [columns], elements: $0) },
      rowsAreFew: rowsAreFew
    ) { packed in tessera_matmul_pack(depth, columns, weights, depth, 1, packed) }
  }

  /// Packs `weight`, `[columns, depth]` or with further axes of length 1, and keeps `bias`, `[columns]`.
  package init(weight: Tensor, bias: Tensor?, rowsAreFew: Bool = false) {
    defer { extendLifetime(weight) }
    let columns = weight.shape[0]
    let depth = weight.count / columns
    self.init(depth: depth, columns: columns, bias: bias, rowsAreFew: rowsAreFew) { packed in
      tessera_matmul_pack(depth, columns, weight.pointer, depth, 1, packed)
    }
  }

  /// Lets `pack` write the weights in the kernel's form: large ones need no second copy on the way.
  init(
    depth: Int, columns: Int, bias: Tensor?, rowsAreFew: Bool = false,
    pack: (_ packed: UnsafeMutablePointer<Float>) -> Void
  ) {
    precondition((bias?.count ?? columns) == columns)
    self.depth = depth
    self.columns = columns
    packed = Storage(capacity: tessera_matmul_packed_count(depth, columns))
    pack(packed.pointer)
    self.bias = bias
    self.rowsAreFew = rowsAreFew
  }

  /// Packs the matrix W[depth, column] = weights[column · columnStride + depth · depthStride].
  init(
    _ weights: UnsafePointer<Float>, depth: Int, columns: Int, columnStride: Int, depthStride: Int,
    rowsAreFew: Bool = false
  ) {
    self.init(depth: depth, columns: columns, bias: nil, rowsAreFew: rowsAreFew) { packed in
      tessera_matmul_pack(depth, columns, weights, columnStride, depthStride, packed)
    }
  }

  /// A matrix without a bias that is packed already.
  init(packed: Storage, depth: Int, columns: Int) {
    self.depth = depth
    self.columns = columns
    self.packed = packed
    bias = nil
    rowsAreFew = false
  }

  /// y = x · W + b, then, with a slope, PReLU (0 is ReLU).
  ///
  /// Each output row depends on its input row alone, bit for bit.
  package func callAsFunction(_ x: Rows, into y: Rows, slope: Float? = nil) {
    defer { extendLifetime((self, x, y)) }
    precondition(x.channels == depth && y.channels == columns && x.count == y.count)
    var layer = layer(slope: slope)
    tessera_matmul(&layer, x.count, x.pointer, x.stride, y.pointer, y.stride)
  }

  /// The same for rows in runs, which together are as long as a row.
  package func callAsFunction(_ x: TappedRows, into y: Rows, slope: Float? = nil) {
    defer { extendLifetime((self, x, y)) }
    precondition(
      x.taps.count * x.taps.length == depth && y.channels == columns && x.count == y.count)
    var layer = layer(slope: slope)
    var taps = tessera_matmul_taps(
      count: x.taps.count, first: x.taps.used.lowerBound, used: x.taps.used.count,
      stride: x.taps.stride)
    tessera_matmul_tapped(&layer, &taps, x.count, x.pointer, x.stride, y.pointer, y.stride)
  }

  /// What the kernels need to know; whoever calls them keeps `self` alive.
  private func layer(slope: Float?) -> tessera_matmul_layer {
    tessera_matmul_layer(
      depth: depth, columns: columns, packed: packed.pointer, bias: bias?.pointer,
      slope: slope ?? 1, rowsAreFew: rowsAreFew ? 1 : 0)
  }
}
