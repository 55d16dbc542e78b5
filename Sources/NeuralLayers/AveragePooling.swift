// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// Means of the cells of a grid `[F, T, C]`, each of `height` rows and `width` frames (as
/// `torch.nn.functional.avg_pool2d` with kernel and stride alike): rows and frames that fill no cell are left
/// out.
package struct AveragePooling: Sendable {
  package let height: Int
  package let width: Int

  /// Cells of so many rows and frames.
  package init(height: Int, width: Int) {
    precondition(height > 0 && width > 0)
    (self.height, self.width) = (height, width)
  }

  /// The pooled grid, `[F / height, T / width, C]`.
  package func callAsFunction(_ x: Tensor, _ run: Run) -> Tensor {
    let y = run.arena.tensor(x.shape[0] / height, x.shape[1] / width, x.shape[2])
    let flat = y.reshaped(y.shape[0] * y.shape[1], y.shape[2])
    run.parallel.forEach(y.shape[0]) { row, _ in
      let first = row * y.shape[1]
      callAsFunction(
        x, rows: row * height..<(row + 1) * height, into: flat.rows(first..<first + y.shape[1]))
    }
    return y
  }

  /// One row of cells, from `rows` of `x`, as many as a cell has; of frames as many as `y` has room for.
  package func callAsFunction(_ x: Tensor, rows: Range<Int>, into y: Rows) {
    defer { extendLifetime((x, y)) }
    let (frames, channels) = (x.shape[1], x.shape[2])
    precondition(
      rows.count == height && rows.upperBound <= x.shape[0] && y.count * width <= frames
        && y.channels == channels, "\(rows) of \(x.shape)")
    tessera_average_cells(
      y.count, channels, height, width, x.pointer + rows.lowerBound * frames * channels,
      frames * channels, y.pointer, y.stride)
  }

  /// Pools a rectangle of a grid, which cells fill, into the rectangle that it becomes.
  package func callAsFunction(_ x: GridView, into y: GridView, _ run: Run) {
    precondition(
      x.rows == y.rows * height && x.columns == y.columns * width && x.channels == y.channels,
      "\(x.rows) × \(x.columns) to \(y.rows) × \(y.columns)")
    defer { extendLifetime((x, y)) }
    run.parallel.forEach(y.rows) { row, _ in
      tessera_average_cells(
        y.columns, y.channels, height, width, x.pointer(row: row * height), x.rowStride,
        y.pointer(row: row), y.channels)
    }
  }
}
