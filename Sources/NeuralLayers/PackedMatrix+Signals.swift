// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// Matrices made of signals, in an arena: attention multiplies one signal by another.
extension PackedMatrix {
  /// Packs signals as columns: a row times this matrix is its products with all rows of `x`.
  package init(columns x: Rows, arena: Arena) {
    defer { extendLifetime(x) }
    let packed = arena.tensor(tessera_matmul_packed_count(x.channels, x.count))
    tessera_matmul_pack(x.channels, x.count, x.pointer, x.stride, 1, packed.pointer)
    self.init(packed: packed.storage, depth: x.channels, columns: x.count)
  }

  /// Packs signals as rows: a row times this matrix is a sum of the rows of `x`, weighted with it.
  package init(rows x: Rows, arena: Arena) {
    defer { extendLifetime(x) }
    let packed = arena.tensor(tessera_matmul_packed_count(x.count, x.channels))
    tessera_matmul_pack(x.count, x.channels, x.pointer, 1, x.stride, packed.pointer)
    self.init(packed: packed.storage, depth: x.count, columns: x.channels)
  }
}
