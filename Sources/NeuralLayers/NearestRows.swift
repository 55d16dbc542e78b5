// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// The search for the rows of a table that are nearest to given vectors (a vector quantizer's), as one
/// matrix product.
package struct NearestRows: Sendable {
  /// The nearest row and the one after it.
  package struct Match: Sendable {
    package let row: Int
    package let second: Int
  }

  private let blocks: [Block]
  private let width: Int

  /// Some rows of the table: few enough for their products to stay in the cache.
  private struct Block: Sendable {
    let first: Int
    let products: PackedMatrix
    let squares: Tensor
  }

  private static let rowsInBlock = 512

  /// Packs a table `[rows, C]`.
  package init(table: Tensor) {
    defer { extendLifetime(table) }
    let (rows, width) = (table.shape[0], table.shape[1])
    self.width = width
    blocks = stride(from: 0, to: rows, by: Self.rowsInBlock).map { first in
      let count = min(Self.rowsInBlock, rows - first)
      return Block(
        first: first,
        products: PackedMatrix(
          table.pointer + first * width, depth: width, columns: count, columnStride: width,
          depthStride: 1),
        squares: Tensor(
          shape: [count],
          elements: (0..<count).map { row in
            squaredLength(table.pointer + (first + row) * width, width)
          }))
    }
  }

  /// Looks for each of the vectors `[T, C]`; of rows equally near the first counts.
  ///
  /// Distances are rounded as the reference rounds them, |v|² included, which decides near ties.
  package func callAsFunction(_ x: Rows, arena: Arena) -> [Match] {
    defer { extendLifetime(x) }
    guard x.count > 0 else { return [] }
    let squares = (0..<x.count).map { squaredLength(x.pointer + $0 * x.stride, width) }
    var nearest = [tessera_nearest](
      repeating: tessera_nearest(
        distance: .infinity, second_distance: .infinity, row: .max, second_row: .max),
      count: x.count)
    let products = arena.tensor(x.count, Self.rowsInBlock)
    defer { extendLifetime(products) }
    for block in blocks {
      let columns = block.products.columns
      let target = products.rows(0..<x.count).columns(0..<columns)
      block.products(x, into: target)
      tessera_update_nearest(
        x.count, columns, Int32(block.first), target.pointer, target.stride, block.squares.pointer,
        squares, &nearest)
    }
    // Vectors beyond all measure are near to nothing.
    return nearest.map { match in
      let row = match.row == .max ? 0 : Int(match.row)
      return Match(row: row, second: match.second_row == .max ? row : Int(match.second_row))
    }
  }
}

private func squaredLength(_ vector: UnsafePointer<Float>, _ count: Int) -> Float {
  Float((0..<count).reduce(0.0) { $0 + Double(vector[$1]) * Double(vector[$1]) })
}
