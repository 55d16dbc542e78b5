// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// What precedes a convolution over a grid: a factor and a summand for each channel, and a leaky ReLU.
///
/// A batch norm in evaluation mode is such a map.
package struct GridActivation: Sendable {
  private let scale: Tensor
  private let slope: Float

  /// - Parameter scale: A factor for each channel.
  package init(scale: [Float], slope: Float) {
    self.scale = Tensor(shape: [scale.count], elements: scale)
    self.slope = slope
  }

  /// Channels that go in and come out.
  package var channels: Int { scale.count }

  /// Activates a rectangle of grids whose channels lie one behind the other, which may reach beyond their
  /// ends: there `y` gets zeros.
  ///
  /// - Parameters:
  ///   - sources: Grids `[rows, columns, C]` of one size.
  ///   - origin: Where the rectangle begins, from -1 on.
  ///   - shift: A summand for each channel.
  ///   - y: As large as the rectangle.
  package func callAsFunction(
    _ sources: [Tensor], from origin: (row: Int, column: Int), shift: Rows, into y: GridView
  ) {
    defer { extendLifetime((self, sources, shift, y)) }
    precondition(
      sources.reduce(0) { $0 + $1.shape[2] } == channels && y.channels == channels
        && shift.channels == channels, "\(sources.map(\.shape)) through \(channels) channels")
    let (height, width) = (sources[0].shape[0], sources[0].shape[1])
    let first = max(0, -origin.column)
    let count = max(0, min(width, origin.column + y.columns) - max(0, origin.column))
    for row in 0..<y.rows {
      let target = y.pointer(row: row)
      guard 0..<height ~= origin.row + row, count > 0 else {
        target.update(repeating: 0, count: y.columns * channels)
        continue
      }
      target.update(repeating: 0, count: first * channels)
      let rest = first + count
      (target + rest * channels).update(repeating: 0, count: (y.columns - rest) * channels)
      var channel = 0
      for source in sources {
        let own = source.shape[2]
        let start = (origin.row + row) * width + origin.column + first
        tessera_scale_shift_leaky(
          count, own, source.pointer + start * own, own, scale.pointer + channel,
          shift.pointer + channel, slope, target + first * channels + channel, channels)
        channel += own
      }
    }
  }
}

/// Means over rectangles of a grid that don't overlap (as `torch.nn.AvgPool2d`).
package struct GridPooling: Sendable {
  package let height: Int
  package let width: Int

  package init(height: Int, width: Int) {
    (self.height, self.width) = (height, width)
  }

  /// Pools a part of `x` into the part of `y`, `[rows / height, columns / width, C]`, that it becomes.
  ///
  /// - Parameters:
  ///   - rows: Begin and end at multiples of `height`.
  ///   - columns: Begin and end at multiples of `width`.
  package func callAsFunction(
    _ x: Tensor, rows: Range<Int>, columns: Range<Int>, into y: Tensor, _ run: Run
  ) {
    defer { extendLifetime((x, y)) }
    let channels = x.shape[2]
    let (source, target) = (x.shape[1] * channels, y.shape[1] * channels)
    run.parallel.forEach(rows.count / height) { index, _ in
      let row = rows.lowerBound / height + index
      tessera_average_pool(
        x.pointer + row * height * source + columns.lowerBound * channels, source, height, width,
        columns.count / width, channels,
        y.pointer + row * target + columns.lowerBound / width * channels)
    }
  }
}

/// A transposed convolution whose kernel is as large as its stride, so that each place of a grid becomes a
/// rectangle (as `torch.nn.ConvTranspose2d` without padding and bias).
package struct GridUpsampling: Sendable {
  /// A row of the rectangle each: C in → width · C out.
  private let matrices: [PackedMatrix]
  private let width: Int
  /// Channels of the output.
  package let channels: Int

  /// Packs `weight`, `[C in, C out, height, width]`.
  package init(weight: Tensor) {
    defer { extendLifetime(weight) }
    let (inputs, outputs) = (weight.shape[0], weight.shape[1])
    let (height, width) = (weight.shape[2], weight.shape[3])
    (channels, self.width) = (outputs, width)
    matrices = (0..<height).map { row in
      var values = [Float](repeating: 0, count: width * outputs * inputs)
      for column in 0..<width {
        for output in 0..<outputs {
          for input in 0..<inputs {
            values[(column * outputs + output) * inputs + input] =
              weight.pointer[((input * outputs + output) * height + row) * width + column]
          }
        }
      }
      return PackedMatrix(weights: values, depth: inputs, columns: width * outputs, bias: nil)
    }
  }

  /// How large the output of a grid `[rows, columns, C in]` is.
  package func outputShape(_ x: Tensor) -> [Int] {
    [x.shape[0] * matrices.count, x.shape[1] * width, channels]
  }

  /// Activates `x`, and makes each of its places a rectangle.
  package func callAsFunction(
    _ x: Tensor, activation: GridActivation, shift: Rows, _ run: Run
  ) -> Tensor {
    let y = run.arena.tensor(shape: outputShape(x))
    let columns = x.shape[1]
    let rows = y.reshaped(y.shape[0] * columns, width * channels)
    run.grid(rows: 0..<x.shape[0], frames: 0..<columns) { row, tile in
      let active = run.arena.tensor(1, tile.count, activation.channels)
      let view = GridView(active)
      activation([x], from: (row, tile.lowerBound), shift: shift, into: view)
      for (index, matrix) in matrices.enumerated() {
        let first = (row * matrices.count + index) * columns
        matrix(view.row(0), into: rows.rows(first + tile.lowerBound..<first + tile.upperBound))
      }
    }
    return y
  }
}
