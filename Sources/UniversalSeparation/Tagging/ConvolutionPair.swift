// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// Two 3×3 convolutions, each with ReLU behind it, then means of cells of 2×2 save in the last block.
///
/// A grid is `[mel, T, C]`: time goes along the rows, which are long.
struct ConvolutionPair: Sendable {
  let first: RectifiedConvolution
  let second: RectifiedConvolution
  let isPooled: Bool

  /// A spectrogram `[T, mel]` as a grid of one channel.
  static func grid(of mel: Tensor, _ run: Run) -> BorderedGrid {
    let (frames, bands) = (mel.shape[0], mel.shape[1])
    let grid = BorderedGrid(rows: bands, columns: frames, channels: 1, arena: run.arena)
    defer { extendLifetime((mel, grid)) }
    for band in 0..<bands {
      let row = grid.inside.row(band)
      for frame in 0..<frames { row.pointer[frame] = mel.pointer[frame * bands + band] }
    }
    return grid
  }

  /// The block's output, half as many rows and columns where it is pooled.
  func callAsFunction(_ x: BorderedGrid, _ run: Run) -> BorderedGrid {
    let hidden = BorderedGrid(
      rows: x.rows, columns: x.columns, channels: first.channels, arena: run.arena)
    x.forEachPart(run) { rows, columns, run in
      first(x, rows: rows, columns: columns, into: hidden.part(rows: rows, columns: columns), run)
    }
    let cell = isPooled ? 2 : 1
    let y = BorderedGrid(
      rows: x.rows / cell, columns: x.columns / cell, channels: second.channels, arena: run.arena)
    hidden.forEachPart(run) { rows, columns, run in
      guard isPooled else {
        let target = y.part(rows: rows, columns: columns)
        return second(hidden, rows: rows, columns: columns, into: target, run)
      }
      let part = GridView(run.arena.tensor(rows.count, columns.count, second.channels))
      second(hidden, rows: rows, columns: columns, into: part, run)
      // Rectangles begin at even rows and columns; what fills no cell at the ends is left out.
      let target = y.part(
        rows: rows.lowerBound / 2..<rows.upperBound / 2,
        columns: columns.lowerBound / 2..<columns.upperBound / 2)
      AveragePooling(height: 2, width: 2)(
        part.part(rows: 0..<2 * target.rows, columns: 0..<2 * target.columns), into: target, run)
    }
    return y
  }
}

/// A 3×3 convolution, and ReLU.
struct RectifiedConvolution: Sendable {
  private enum Form {
    case square(SquareConvolution, bias: Tensor)
    case twoRows(TwoRowConvolution)
  }

  private let form: Form
  /// Channels of the output.
  let channels: Int

  /// A convolution over grids of so many rows.
  ///
  /// - Parameters:
  ///   - weight: `[C out, C in, 3, 3]`.
  ///   - scale: What each output channel is multiplied by.
  init(weight: Tensor, scale: [Float], bias: [Float], rows: Int) {
    channels = weight.shape[0]
    form =
      rows == 2
      ? .twoRows(TwoRowConvolution(weight: weight, scale: scale, bias: bias))
      : .square(
        SquareConvolution(weight: weight, scale: scale),
        bias: Tensor(shape: [1, channels], elements: bias))
  }

  /// Computes a rectangle of the output.
  func callAsFunction(
    _ x: BorderedGrid, rows: Range<Int>, columns: Range<Int>, into y: GridView, _ run: Run
  ) {
    switch form {
    case .square(let convolution, let bias):
      convolution(
        x.heard(rows: rows, columns: columns), into: y, bias: bias.rows(0..<1), slope: 0, run)
    case .twoRows(let convolution): convolution(x, into: y, run)
    }
  }
}

extension BorderedGrid {
  /// The grid alone, `[rows, columns, C]`.
  func copy(_ arena: Arena) -> Tensor {
    let y = arena.tensor(rows * columns, channels)
    for row in 0..<rows { inside.row(row).copy(into: y, row: row * columns) }
    return y.reshaped(rows, columns, channels)
  }
}
