// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// An encoder layer with parameters of its own for each of several bands of frequencies.
///
/// The bands' convolutions overlap so that together they make as many frequencies as one layer without
/// bands. Padding is for the lowest band's low and the highest band's high end alone.
struct MultiBandEncoder: GridEncoder {
  /// From the lowest on, unpadded but for the ends.
  let bands: [GridEncoderLayer]
  /// The frequencies that each hears.
  let ranges: [Range<Int>]

  func callAsFunction(_ x: Tensor, adding injected: Tensor?, _ run: Run) -> Tensor {
    precondition(injected == nil, "branches meet within bands")
    let grids = zip(bands, ranges).map { $0(x.rows($1, run), adding: nil, run) }
    defer { extendLifetime(grids) }
    let result = run.arena.tensor(
      grids.reduce(0) { $0 + $1.shape[0] }, x.shape[1], grids[0].shape[2])
    var target = result.pointer
    for grid in grids {
      target.update(from: grid.pointer, count: grid.count)
      target += grid.count
    }
    return result
  }
}

/// A decoder layer with parameters of its own for each of several bands of frequencies.
///
/// What neighbours give beyond their common border is added up.
struct MultiBandDecoder: GridDecoder {
  /// From the lowest on; their ends neither cropped nor activated.
  let bands: [GridDecoderLayer]
  /// The transposed convolutions' biases, which must not count twice where bands overlap.
  let biases: [Tensor]
  /// The frequencies that each hears.
  let ranges: [Range<Int>]
  let kernelSize: Int
  let stride: Int
  let isOutermost: Bool

  var isLocal: Bool { false }

  func callAsFunction(
    _ x: Tensor, frames: Range<Int>?, length: Int, _ run: Run,
    _ emit: TransposedGridConvolution.Emit
  ) {
    let whole = run.arena.tensor(
      (x.shape[0] - 1) * stride + kernelSize, x.shape[1], biases[0].count)
    whole.pointer.update(repeating: 0, count: whole.count)
    for (band, range) in ranges.enumerated() {
      let border = band == 0 ? 0 : kernelSize - stride
      bands[band](x.rows(range, run), frames: nil, length: length, run) { row, tile, values in
        let target = whole.frames(tile, ofRow: range.lowerBound * stride + row)
        target.add(values)
        if row < border { target.subtractFromEach(biases[band]) }
      }
    }
    let crop = kernelSize / 4
    run.grid(rows: crop..<whole.shape[0] - crop, frames: 0..<x.shape[1]) { row, tile in
      let values = whole.frames(tile, ofRow: row)
      if !isOutermost { GaussianErrorLinearUnit()(values) }
      emit(row - crop, tile, values)
    }
  }
}

extension Tensor {
  /// A copy of some rows of a grid.
  fileprivate func rows(_ range: Range<Int>, _ run: Run) -> Tensor {
    defer { extendLifetime(self) }
    let result = run.arena.tensor(range.count, shape[1], shape[2])
    result.pointer.update(
      from: pointer + range.lowerBound * shape[1] * shape[2], count: result.count)
    return result
  }
}

extension Rows {
  /// Subtracts `[C]` from every row.
  fileprivate func subtractFromEach(_ other: Tensor) {
    defer { extendLifetime((self, other)) }
    for index in 0..<count {
      for channel in 0..<channels { pointer[index * stride + channel] -= other.pointer[channel] }
    }
  }
}
