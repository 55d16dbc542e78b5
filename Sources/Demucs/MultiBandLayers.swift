// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// An encoder layer with parameters of its own for each of several bands of frequencies.
///
/// The bands' convolutions don't overlap: together they make as many frequencies as one layer without
/// bands. Padding is for the lowest band's low and the highest band's high end alone.
struct MultiBandEncoder: GridEncoder {
  /// From the lowest on, unpadded but for the ends.
  let bands: [GridEncoderLayer]
  /// Where the bands end, as shares of all frequencies; the last one ends with them.
  let ratios: [Double]
  let kernelSize: Int
  let stride: Int

  func callAsFunction(_ x: Tensor, adding injected: Tensor?, _ run: Run) -> Tensor {
    precondition(injected == nil, "branches meet within bands")
    let frequencies = x.shape[0]
    let padding = kernelSize / 4
    var start = 0
    return joined(
      bands.indices.map { band in
        var end = frequencies
        if band < ratios.count {
          let wanted = rounded(Double(frequencies) * ratios[band]) - start
          let room = wanted + (start == 0 ? padding : 0) - kernelSize
          let steps = rounded(Double(room) / Double(stride) + 1)
          end = start + (steps - 1) * stride + kernelSize - (start == 0 ? padding : 0)
        }
        let heard = start..<min(end, frequencies)
        start = end - kernelSize + stride
        return bands[band](x.sliced(heard, along: .rows, run.arena), adding: nil, run)
      }, run)
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
  let ratios: [Double]
  let kernelSize: Int
  let stride: Int
  let isOutermost: Bool

  func callAsFunction(_ x: Tensor, length: Int, _ run: Run) -> (output: Tensor, before: Tensor) {
    let frequencies = x.shape[0]
    let overlap = kernelSize - stride
    var start = 0
    var outputs: [Tensor] = []
    for band in bands.indices {
      let end =
        band < ratios.count ? rounded(Double(frequencies) * ratios[band]) : frequencies
      let heard = x.sliced(start..<end, along: .rows, run.arena)
      var y = bands[band](heard, length: length, run).output
      start = end
      if let previous = outputs.last {
        previous.addBorder(y, rows: overlap, bias: biases[band])
        y = y.sliced(overlap..<y.shape[0], along: .rows, run.arena)
      }
      outputs.append(y)
    }
    let whole = joined(outputs, run)
    let output = whole.sliced(
      stride / 2..<whole.shape[0] - stride / 2, along: .rows, run.arena)
    if !isOutermost {
      let flat = output.flattened
      run.tiles(0..<flat.shape[0]) { tile, _ in GaussianErrorLinearUnit()(flat.rows(tile)) }
    }
    return (output, x)
  }
}

/// To the nearest integer, halves to the even one, as Python has it.
private func rounded(_ value: Double) -> Int { Int(value.rounded(.toNearestOrEven)) }

/// Grids one above the other.
private func joined(_ grids: [Tensor], _ run: Run) -> Tensor {
  let rows = grids.reduce(0) { $0 + $1.shape[0] }
  let result = run.arena.tensor(rows, grids[0].shape[1], grids[0].shape[2])
  var target = result.pointer
  for grid in grids {
    target.update(from: grid.pointer, count: grid.count)
    target += grid.count
  }
  return result
}

extension Tensor {
  /// Adds the first rows of the next band, less its bias, to the last rows of this one.
  fileprivate func addBorder(_ next: Tensor, rows: Int, bias: Tensor) {
    let channels = shape[2]
    let count = rows * shape[1]
    let target = pointer + (shape[0] - rows) * shape[1] * channels
    for frame in 0..<count {
      for channel in 0..<channels {
        let index = frame * channels + channel
        target[index] += next.pointer[index] - bias.pointer[channel]
      }
    }
  }
}
