// SPDX-License-Identifier: Apache-2.0
package import Tensors

/// A grid `[rows, columns, C]` within the border of zeros that `SquareConvolution` hears.
package struct BorderedGrid {
  /// The grid and its border.
  package let whole: Tensor
  /// Rows of the grid alone.
  package let rows: Int
  /// Columns of the grid alone.
  package let columns: Int

  /// A grid with undefined contents.
  package init(rows: Int, columns: Int, channels: Int, arena: Arena) {
    let size = SquareConvolution.inputSize(rows: rows, columns: columns)
    whole = arena.tensor(size.rows, size.columns, channels)
    (self.rows, self.columns) = (rows, columns)
    for border in [0..<1, rows + 1..<size.rows] { GridView(whole, rows: border).clear() }
    for border in [0..<1, columns + 1..<size.columns] {
      GridView(whole, columns: border).clear()
    }
  }

  /// Channels of the grid.
  package var channels: Int { whole.shape[2] }

  /// The grid alone.
  package var inside: GridView { part(rows: 0..<rows, columns: 0..<columns) }

  /// A rectangle of the grid.
  package func part(rows: Range<Int>, columns: Range<Int>) -> GridView {
    GridView(
      whole, rows: rows.lowerBound + 1..<rows.upperBound + 1,
      columns: columns.lowerBound + 1..<columns.upperBound + 1)
  }

  /// What a rectangle of a convolution's outputs hears.
  package func heard(rows: Range<Int>, columns: Range<Int>) -> GridView {
    let size = SquareConvolution.inputSize(rows: rows.count, columns: columns.count)
    return GridView(
      whole, rows: rows.lowerBound..<rows.lowerBound + size.rows,
      columns: columns.lowerBound..<columns.lowerBound + size.columns)
  }

  /// Calls `body` for rectangles that cover the grid: of a large one for one thread each, while a small one is
  /// worked on by all together.
  package func forEachPart(
    _ run: Run, _ body: (_ rows: Range<Int>, _ columns: Range<Int>, _ run: Run) -> Void
  ) {
    if SquareConvolution.isSmall(rows: rows, columns: columns) {
      body(0..<rows, 0..<columns, run)
    } else {
      run.rectangles(of: SquareConvolution.rectangle, in: (rows, columns), body)
    }
  }
}
