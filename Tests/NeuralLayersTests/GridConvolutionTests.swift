// SPDX-License-Identifier: Apache-2.0
import NeuralLayers
import Tensors
import TestSupport
import Testing

@Suite("Convolutions over a grid, row by row")
struct GridConvolutionTests {
  struct Sizes: Sendable {
    /// Rows, frames and channels of the input; channels of the output.
    let grid: [Int]
    /// Rows and frames.
    let kernel: [Int]
    var stride = [1, 1]
    var dilation = 1
    /// Top, bottom, left, right.
    let padding: [Int]
  }

  private static let sizes = [
    // A hybrid Demucs: its encoder over frequency, the deepest one, a dilated layer, a 3×3 one.
    Sizes(grid: [24, 37, 4, 48], kernel: [8, 1], stride: [4, 1], padding: [2, 2, 0, 0]),
    Sizes(grid: [8, 30, 5, 7], kernel: [8, 1], stride: [4, 1], padding: [0, 0, 0, 0]),
    Sizes(grid: [3, 50, 48, 6], kernel: [1, 3], dilation: 2, padding: [0, 0, 2, 2]),
    Sizes(grid: [5, 40, 100, 33], kernel: [3, 3], padding: [1, 1, 1, 1]),
    Sizes(grid: [1, 4, 3, 40], kernel: [3, 3], padding: [1, 1, 1, 1]),
    // Four frames from six products: rows of all lengths.
    Sizes(grid: [3, 41, 16, 32], kernel: [3, 3], padding: [1, 1, 1, 1]),
    Sizes(grid: [2, 6, 20, 40], kernel: [1, 3], padding: [0, 0, 0, 0]),
    Sizes(grid: [1, 1, 16, 33], kernel: [3, 3], padding: [1, 1, 1, 1]),
    Sizes(grid: [4, 3, 50, 64], kernel: [5, 3], padding: [2, 2, 2, 2]),
    // A signal; windows longer than what the kernel sums at a time.
    Sizes(grid: [1, 203, 2, 48], kernel: [1, 8], stride: [1, 4], padding: [0, 0, 2, 3]),
    Sizes(grid: [1, 300, 270, 20], kernel: [1, 3], padding: [0, 0, 1, 1]),
    Sizes(grid: [1, 90, 270, 20], kernel: [1, 3], dilation: 3, padding: [0, 0, 3, 3]),
    // Shorter than the window.
    Sizes(grid: [2, 1, 3, 2], kernel: [1, 5], padding: [0, 0, 2, 2]),
    Sizes(grid: [2, 2, 3, 2], kernel: [1, 3], dilation: 4, padding: [0, 0, 4, 4]),
  ]

  @Test("rows equal the definition, wherever they are cut", arguments: sizes)
  func rowsEqualTheDefinition(sizes: Sizes) {
    var noise = Noise(seed: 11)
    let (input, output) = (sizes.grid[2], sizes.grid[3])
    let x = noise.tensor(sizes.grid[0], sizes.grid[1], input)
    let weight = noise.tensor(output, input, sizes.kernel[0], sizes.kernel[1])
    let bias = noise.tensor(output)
    let strides = Convolution2D.Axes(height: sizes.stride[0], width: sizes.stride[1])
    let padding = sizes.padding
    let layer = GridConvolution(
      weight: weight, bias: bias, stride: strides, dilation: sizes.dilation,
      padding: .init(top: padding[0], bottom: padding[1], left: padding[2], right: padding[3]))
    let expected = ReferenceConvolution(
      weight: weight, bias: bias, stride: strides,
      dilation: .init(height: 1, width: sizes.dilation),
      padding: padding)(x)

    let (rows, frames) = (expected.shape[0], expected.shape[1])
    #expect(layer.outputRows(sizes.grid[0]) == rows)
    #expect(layer.outputFrames(sizes.grid[1]) == frames)
    let arena = Arena()
    let (whole, cut) = (arena.tensor(rows * frames, output), arena.tensor(rows * frames, output))
    for row in 0..<rows {
      func compute(_ part: Range<Int>, into y: Tensor) {
        let target = row * frames + part.lowerBound..<row * frames + part.upperBound
        layer(x, row: row, frames: part, into: y.rows(target), arena: arena)
      }
      compute(0..<frames, into: whole)
      for start in stride(from: 0, to: frames, by: 7) {
        compute(start..<min(start + 7, frames), into: cut)
      }
    }
    #expect(cut.elements == whole.elements)
    let comparison = Comparison(whole.elements, expected.elements)
    // Float32 rounding of chains of up to 900 multiply-adds, and of differences of their inputs.
    #expect(comparison.relativeToPeak <= 4e-6, "\(comparison)")
  }
}
