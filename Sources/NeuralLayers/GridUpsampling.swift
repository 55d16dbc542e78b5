// SPDX-License-Identifier: Apache-2.0
package import Tensors

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
