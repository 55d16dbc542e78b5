// SPDX-License-Identifier: Apache-2.0
package import Tensors

extension PackedMatrix {
  /// The matrix whose rows these are: multiplies by activations (a sum of rows, weighted).
  package init(rows: Rows) {
    self.init(
      rows.pointer, depth: rows.count, columns: rows.channels, columnStride: 1,
      depthStride: rows.stride)
  }

  /// The matrix whose columns these rows are: multiplies by activations (scalar products with each).
  package init(columns rows: Rows) {
    self.init(
      rows.pointer, depth: rows.channels, columns: rows.count, columnStride: rows.stride,
      depthStride: 1)
  }
}
