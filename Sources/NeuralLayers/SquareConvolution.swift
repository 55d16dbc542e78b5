// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// A convolution over a grid with kernels of 3×3 and stride 1 (cross-correlation, as `torch.nn.Conv2d`)
/// that keeps the grid's size, and optionally a bias, a leaky ReLU and a sum behind it.
///
/// With enough channels it computes eight outputs, two rows of four columns, from 24 products where windows
/// would take 72 (Winograd's F(2, 3) around F(4, 3); Lavin & Gray 2015). Rounding errors are about five times
/// those of windows. Groups begin at even rows and at columns that are multiples of four: whoever cuts
/// there gets the same bits.
package struct SquareConvolution: Sendable {
  /// Channels of the input.
  package let inChannels: Int
  /// Channels of the output.
  package let channels: Int
  private let product: Product

  private enum Product {
    case windows(PackedMatrix)
    /// C in → C out each; the column's point counts faster.
    case points([PackedMatrix])
  }

  /// Packs the weights.
  ///
  /// - Parameters:
  ///   - weight: `[C out, C in, 3, 3]`.
  ///   - scale: What each output channel is multiplied by, `[C out]`.
  package init(weight: Tensor, scale: [Float]? = nil) {
    precondition(weight.shape.count == 4 && weight.shape[2...] == [3, 3], "\(weight.shape)")
    (channels, inChannels) = (weight.shape[0], weight.shape[1])
    let scale = scale ?? [Float](repeating: 1, count: channels)
    if inChannels >= 32 && channels >= 32 {
      product = .points(Self.points(weight, scale))
      return
    }
    defer { extendLifetime(weight) }
    var windows = [Float](repeating: 0, count: weight.count)
    for output in 0..<channels {
      for input in 0..<inChannels {
        for tap in 0..<9 {
          windows[(output * 9 + tap) * inChannels + input] =
            weight.pointer[(output * inChannels + input) * 9 + tap] * scale[output]
        }
      }
    }
    product = .windows(
      PackedMatrix(weights: windows, depth: 9 * inChannels, columns: channels, bias: nil))
  }

  /// What a kernel's rows contribute to each row point, and its columns to each column point.
  private static let rowTaps: [[Double]] = [
    [1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1],
  ]
  private static let columnTaps: [[Double]] = [
    [1.0 / 4, 0, 0], [-1.0 / 6, -1.0 / 6, -1.0 / 6], [-1.0 / 6, 1.0 / 6, -1.0 / 6],
    [1.0 / 24, 1.0 / 12, 1.0 / 6], [1.0 / 24, -1.0 / 12, 1.0 / 6], [0, 0, 1],
  ]

  private static func points(_ weight: Tensor, _ scale: [Float]) -> [PackedMatrix] {
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    let kernels = outputs * inputs
    // Tap by tap, so that the sums run over neighbours.
    let taps = (0..<9).map { tap in
      (0..<kernels).map { Double(weight.pointer[$0 * 9 + tap]) * Double(scale[$0 / inputs]) }
    }
    extendLifetime(weight)
    return rowTaps.flatMap { row in
      columnTaps.map { column in
        var sums = [Double](repeating: 0, count: kernels)
        for tap in 0..<9 {
          let factor = row[tap / 3] * column[tap % 3]
          if factor != 0 { add(taps[tap], times: factor, to: &sums) }
        }
        return PackedMatrix(
          weights: sums.map { Float($0) }, depth: inputs, columns: outputs, bias: nil)
      }
    }
  }

  private static func add(_ values: [Double], times factor: Double, to sums: inout [Double]) {
    for index in sums.indices { sums[index] += factor * values[index] }
  }

  /// How large a rectangle of outputs is whose intermediate results stay in a core's cache.
  package static let rectangle = (rows: 8, columns: 64)

  /// Whether a grid is so small that threads had better share each product, and the weights are then
  /// read once.
  package static func isSmall(rows: Int, columns: Int) -> Bool { rows * columns <= 4096 }

  /// How large the input of so many outputs is: a border of one around groups of two rows and four
  /// columns.
  package static func inputSize(rows: Int, columns: Int) -> (rows: Int, columns: Int) {
    ((rows + 1) / 2 * 2 + 2, (columns + 3) / 4 * 4 + 2)
  }

  /// Computes the outputs `y` = base + leaky(x ∗ weight + bias).
  ///
  /// - Parameters:
  ///   - x: The input with its border, `inputSize` large; nothing outside the grid but zeros.
  ///   - bias: `[C out]`.
  ///   - slope: The leaky ReLU's; `nil` for none.
  ///   - base: As large as the output.
  package func callAsFunction(
    _ x: GridView, into y: GridView, bias: Rows? = nil, slope: Float? = nil,
    adding base: GridView? = nil, _ run: Run
  ) {
    let needed = Self.inputSize(rows: y.rows, columns: y.columns)
    precondition(
      x.rows >= needed.rows && x.columns >= needed.columns && x.channels == inChannels
        && y.channels == channels && (bias?.channels ?? channels) == channels
        && (base.map { $0.rows == y.rows && $0.columns == y.columns && $0.channels == channels }
          ?? true),
      "\(x.rows) × \(x.columns) × \(x.channels) for \(y.rows) × \(y.columns) × \(y.channels)")
    func end(row: Int) -> tessera_square_end {
      tessera_square_end(
        bias: bias?.pointer, slope: slope ?? 1, base: base?.pointer(row: row),
        baseStride: base?.rowStride ?? 0)
    }
    defer { extendLifetime((x, y, bias, base)) }
    switch product {
    case .windows(let matrix):
      run.parallel.forEach(y.rows) { row, _ in
        let sums = run.arena.tensor(y.columns, channels)
        matrix(
          x.windows(row: row, count: y.columns, taps: 3, width: 3),
          into: sums.rows(0..<y.columns))
        var end = end(row: row)
        tessera_square_finish(sums.pointer, channels, &end, y.columns, y.pointer(row: row))
        extendLifetime(sums)
      }
    case .points(let matrices):
      let (pairs, groups) = ((y.rows + 1) / 2, (y.columns + 3) / 4)
      let count = pairs * groups
      let v = run.arena.tensor(matrices.count * count, inChannels)
      let products = run.arena.tensor(matrices.count * count, channels)
      defer { extendLifetime((v, products)) }
      run.parallel.forEach(pairs) { pair, _ in
        tessera_square_points(
          x.pointer(row: 2 * pair), x.rowStride, groups, inChannels,
          v.pointer + pair * groups * inChannels, count * inChannels)
      }
      run.parallel.forEach(matrices.count) { point, _ in
        let rows = point * count..<(point + 1) * count
        matrices[point](v.rows(rows), into: products.rows(rows))
      }
      run.parallel.forEach(pairs) { pair, _ in
        var end = end(row: 2 * pair)
        tessera_square_outputs(
          products.pointer + pair * groups * channels, groups, channels, count * channels, &end,
          min(2, y.rows - 2 * pair), y.columns, y.pointer(row: 2 * pair), y.rowStride)
      }
    }
  }
}
