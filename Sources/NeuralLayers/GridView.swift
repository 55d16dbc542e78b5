// SPDX-License-Identifier: Apache-2.0
package import Tensors

/// A rectangle of a grid `[rows, columns, C]`: what a layer reads or writes at a time.
package struct GridView {
  /// The whole grid.
  private let grid: Tensor
  private let origin: (row: Int, column: Int)
  package let rows: Int
  package let columns: Int

  /// A rectangle of `grid`, all of it unless ranges are given.
  package init(_ grid: Tensor, rows: Range<Int>? = nil, columns: Range<Int>? = nil) {
    let rows = rows ?? 0..<grid.shape[0]
    let columns = columns ?? 0..<grid.shape[1]
    precondition(
      grid.shape.count == 3 && rows.lowerBound >= 0 && rows.upperBound <= grid.shape[0]
        && columns.lowerBound >= 0 && columns.upperBound <= grid.shape[1],
      "\(rows) × \(columns) of \(grid.shape)")
    self.grid = grid
    origin = (rows.lowerBound, columns.lowerBound)
    (self.rows, self.columns) = (rows.count, columns.count)
  }

  /// Channels of the grid.
  package var channels: Int { grid.shape[2] }

  /// Elements from one row to the next.
  var rowStride: Int { grid.shape[1] * grid.shape[2] }

  /// The first element of a row.
  ///
  /// Whoever reads it keeps the view beyond its last use, as with `Tensor.pointer`.
  func pointer(row: Int) -> UnsafeMutablePointer<Float> {
    grid.pointer + ((origin.row + row) * grid.shape[1] + origin.column) * grid.shape[2]
  }

  /// A row's columns, each as one of `Rows`.
  package func row(_ row: Int) -> Rows {
    let first = (origin.row + row) * grid.shape[1] + origin.column
    return grid.reshaped(grid.shape[0] * grid.shape[1], grid.shape[2])
      .rows(first..<first + columns)
  }

  /// Windows of `taps` rows and `width` columns, `count` of them, a column apart, each as one row.
  func windows(row: Int, count: Int, taps: Int, width: Int) -> TappedRows {
    let first = (origin.row + row) * grid.shape[1] + origin.column
    return TappedRows(
      grid, first: first * channels, count: count, stride: channels,
      taps: .init(count: taps, used: 0..<taps, length: width * channels, stride: rowStride))
  }

  /// A part of this rectangle.
  package func part(rows: Range<Int>, columns: Range<Int>) -> GridView {
    precondition(rows.upperBound <= self.rows && columns.upperBound <= self.columns, "outside")
    return GridView(
      grid, rows: origin.row + rows.lowerBound..<origin.row + rows.upperBound,
      columns: origin.column + columns.lowerBound..<origin.column + columns.upperBound)
  }

  /// Fills it with zeros.
  package func clear() {
    defer { extendLifetime(self) }
    for row in 0..<rows { pointer(row: row).update(repeating: 0, count: columns * channels) }
  }
}

extension Run {
  /// Calls `body` for rectangles of at most `rows` × `columns` that cover a grid, on all threads.
  ///
  /// A rectangle begins at multiples of its size, and is worked on by one thread.
  package func rectangles(
    of size: (rows: Int, columns: Int), in grid: (rows: Int, columns: Int),
    _ body: (_ rows: Range<Int>, _ columns: Range<Int>, _ run: Run) -> Void
  ) {
    let alone = Run(threads: 1, arena: arena, trace: trace)
    let across = (grid.columns + size.columns - 1) / size.columns
    let down = (grid.rows + size.rows - 1) / size.rows
    parallel.forEach(across * down) { index, _ in
      let (top, left) = (index / across * size.rows, index % across * size.columns)
      body(
        top..<min(top + size.rows, grid.rows), left..<min(left + size.columns, grid.columns), alone)
    }
  }
}
