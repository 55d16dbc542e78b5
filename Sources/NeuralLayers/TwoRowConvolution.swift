// SPDX-License-Identifier: Apache-2.0
package import Tensors

/// A convolution with kernels of 3×3 over grids of two rows between zeros, with a bias and ReLU: three products a
/// column in place of four, whose weights take no more memory than the kernels.
///
/// With input rows d and the kernel's rows g, output rows 0 and 1 are m + (g₂ − g₁) ∗ d₁ and m + (g₀ − g₁) ∗ d₀,
/// where m = g₁ ∗ (d₀ + d₁) (Karatsuba's trick).
package struct TwoRowConvolution: Sendable {
  /// Channels of the output.
  package let channels: Int
  private let inChannels: Int
  /// For each of the three kernels its output channels, in slices that threads share.
  private let slices: [[PackedMatrix]]

  /// Packs `weight`, `[C out, C in, 3, 3]`, each output channel multiplied by its `scale`, and `bias`, `[C out]`.
  package init(weight: Tensor, scale: [Float], bias: [Float]) {
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    precondition(weight.shape[2...] == [3, 3] && scale.count == outputs && bias.count == outputs)
    (channels, inChannels) = (outputs, inputs)
    let count = max(1, min(8, outputs / 64))
    let source = weight.pointer
    slices = (0..<3).map { kernel in
      (0..<count).map { slice in
        let range = outputs * slice / count..<outputs * (slice + 1) / count
        let rows = [Float](unsafeUninitializedCapacity: range.count * 3 * inputs) { buffer, size in
          for (row, output) in range.enumerated() {
            for input in 0..<inputs {
              let g = source + (output * inputs + input) * 9
              for column in 0..<3 {
                let value =
                  switch kernel {
                  case 0: g[3 + column]
                  case 1: g[6 + column] - g[3 + column]
                  default: g[column] - g[3 + column]
                  }
                buffer[(row * 3 + column) * inputs + input] = value * scale[output]
              }
            }
          }
          size = range.count * 3 * inputs
        }
        return PackedMatrix(
          weights: rows, depth: 3 * inputs, columns: range.count,
          bias: kernel == 0 ? Array(bias[range]) : nil)
      }
    }
    extendLifetime(weight)
  }

  /// Computes max(0, x ∗ weight + bias) into the rows of `y`.
  package func callAsFunction(_ x: BorderedGrid, into y: GridView, _ run: Run) {
    precondition(x.rows == 2 && x.channels == inChannels && y.rows == 2 && y.columns == x.columns)
    let columns = x.columns
    // Both rows with their borders, and their sum.
    let rows = [1, 2].map { GridView(x.whole, rows: $0..<$0 + 1).row(0).rows(0..<columns + 2) }
    let sum = run.arena.tensor(columns + 2, inChannels)
    rows[0].copy(into: sum, row: 0)
    sum.rows(0..<columns + 2).add(rows[1])
    let width = x.whole.shape[1]
    let flat = x.whole.reshaped(x.whole.shape[0] * width, inChannels)
    let windows = [
      sum.windows(0..<columns, length: 3, hop: 1),
      flat.windows(0..<columns, length: 3, hop: 1, from: 2 * width),
      flat.windows(0..<columns, length: 3, hop: 1, from: width),
    ]
    let products = run.arena.tensor(3 * columns, channels)
    let count = slices[0].count
    run.parallel.forEach(3 * count) { index, _ in
      let (kernel, slice) = index.quotientAndRemainder(dividingBy: count)
      let target = products.rows(kernel * columns..<(kernel + 1) * columns)
        .columns(channels * slice / count..<channels * (slice + 1) / count)
      slices[kernel][slice](windows[kernel], into: target)
    }
    let shared = products.rows(0..<columns)
    for row in 0..<2 {
      let own = products.rows((row + 1) * columns..<(row + 2) * columns)
      own.add(shared)
      leaky(own, slope: 0, into: y.row(row))
    }
  }
}
