// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// A residual block of a ResUNet30 (the reference's ConvBlockRes), whose norms get a summand from the query.
///
///     x ─┬─ norm + β₁ ─ leaky ReLU ─ conv 3×3 ─ norm + β₂ ─ leaky ReLU ─ conv 3×3 ─ + ─
///        └──────────────────────────── (conv 1×1) ───────────────────────────────────┘
///
/// Grids are `[T, F, C]`: a row is a frame. The first norm is computed on the way into the first convolution,
/// rectangle by rectangle; the second one is folded into that convolution.
struct ResidualBlock: Sendable {
  let activation: GridActivation
  let first: SquareConvolution
  let second: SquareConvolution
  /// For each input grid its part of the 1×1 convolution; none where the input itself is added.
  let shortcut: [PackedMatrix]
  /// Where the norms' summands are among the query's.
  let shifts: (first: Range<Int>, second: Range<Int>)

  static let slope: Float = 0.01

  /// Receives rectangles of the output as they are completed, on any thread.
  typealias Finished = (_ rows: Range<Int>, _ columns: Range<Int>, _ run: Run) -> Void

  /// Applies the block.
  ///
  /// - Parameters:
  ///   - sources: Grids of one size, whose channels the block sees one behind the other.
  ///   - query: The summands of all norms.
  ///   - y: The output; it may be one of the sources.
  func callAsFunction(
    _ sources: [Tensor], query: Rows, into y: Tensor, _ run: Run,
    finished: Finished = { _, _, _ in }
  ) {
    let size = (rows: y.shape[0], columns: y.shape[1])
    let hidden = hidden(sources, query: query, size: size, run)
    forEachPart(of: size, run) { rows, columns, run in
      let heard = part(hidden, rows: rows, columns: columns)
      let base = base(sources, rows: rows, columns: columns, run)
      second(heard, into: GridView(y, rows: rows, columns: columns), adding: base, run)
      finished(rows, columns, run)
    }
  }

  /// What the second convolution hears, with a border of zeros.
  private func hidden(
    _ sources: [Tensor], query: Rows, size: (rows: Int, columns: Int), _ run: Run
  ) -> Tensor {
    let bordered = SquareConvolution.inputSize(rows: size.rows, columns: size.columns)
    let hidden = run.arena.tensor(bordered.rows, bordered.columns, first.channels)
    clearBorder(of: hidden, around: size)
    forEachPart(of: size, run) { rows, columns, run in
      let heard = SquareConvolution.inputSize(rows: rows.count, columns: columns.count)
      let active = GridView(run.arena.tensor(heard.rows, heard.columns, first.inChannels))
      activation(
        sources, from: (rows.lowerBound - 1, columns.lowerBound - 1),
        shift: query.columns(shifts.first), into: active)
      first(
        active,
        into: GridView(hidden, rows: shifted(rows, by: 1), columns: shifted(columns, by: 1)),
        bias: query.columns(shifts.second), slope: Self.slope, run)
    }
    return hidden
  }

  /// What a rectangle of outputs hears of the hidden grid.
  private func part(_ hidden: Tensor, rows: Range<Int>, columns: Range<Int>) -> GridView {
    let heard = SquareConvolution.inputSize(rows: rows.count, columns: columns.count)
    return GridView(
      hidden, rows: rows.lowerBound..<rows.lowerBound + heard.rows,
      columns: columns.lowerBound..<columns.lowerBound + heard.columns)
  }

  /// What the convolutions' output is added to.
  private func base(
    _ sources: [Tensor], rows: Range<Int>, columns: Range<Int>, _ run: Run
  ) -> GridView {
    guard !shortcut.isEmpty else { return GridView(sources[0], rows: rows, columns: columns) }
    let sum = GridView(run.arena.tensor(rows.count, columns.count, second.channels))
    run.parallel.forEach(rows.count) { index, _ in
      let row = rows.lowerBound + index..<rows.lowerBound + index + 1
      for (number, (source, matrix)) in zip(sources, shortcut).enumerated() {
        let input = GridView(source, rows: row, columns: columns).row(0)
        if number == 0 {
          matrix(input, into: sum.row(index))
        } else {
          let further = run.arena.tensor(columns.count, second.channels).rows(0..<columns.count)
          matrix(input, into: further)
          sum.row(index).add(further)
        }
      }
    }
    return sum
  }

  private func clearBorder(of hidden: Tensor, around size: (rows: Int, columns: Int)) {
    let (rows, columns) = (hidden.shape[0], hidden.shape[1])
    for border in [0..<1, size.rows + 1..<rows] { GridView(hidden, rows: border).clear() }
    for border in [0..<1, size.columns + 1..<columns] { GridView(hidden, columns: border).clear() }
  }

  /// Cuts a large grid into rectangles for one thread each; a small one is worked on by all together.
  private func forEachPart(of size: (rows: Int, columns: Int), _ run: Run, _ body: Finished) {
    if SquareConvolution.isSmall(rows: size.rows, columns: size.columns) {
      body(0..<size.rows, 0..<size.columns, run)
    } else {
      run.rectangles(of: SquareConvolution.rectangle, in: size, body)
    }
  }
}

func shifted(_ range: Range<Int>, by offset: Int) -> Range<Int> {
  range.lowerBound + offset..<range.upperBound + offset
}
