// SPDX-License-Identifier: Apache-2.0
import Foundation
import NeuralLayers
import Tensors
import TestSupport
import Testing

@Suite("Layers of taggers")
struct TaggerLayerTests {
  private func values(_ count: Int, _ seed: UInt64) -> [Float] {
    var generator = SplitMix(state: seed)
    return (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
  }

  /// A grid within the border of zeros.
  private func grid(_ x: [Float], rows: Int, columns: Int, channels: Int) -> BorderedGrid {
    let grid = BorderedGrid(rows: rows, columns: columns, channels: channels, arena: Arena())
    let flat = Tensor(shape: [rows * columns, channels], elements: x)
    for row in 0..<rows {
      flat.rows(row * columns..<(row + 1) * columns).copy(into: grid.inside.row(row))
    }
    return grid
  }

  @Test(
    "Two rows: outputs are the sums that define them",
    arguments: [(1, 1, 1), (7, 5, 3), (9, 40, 130)])
  func twoRows(_ columns: Int, _ inputs: Int, _ outputs: Int) {
    let x = values(2 * columns * inputs, 1)
    let weight = values(9 * inputs * outputs, 2)
    let (scale, bias) = (values(outputs, 3), values(outputs, 4))
    var expected = [Float](repeating: 0, count: 2 * columns * outputs)
    for place in 0..<2 * columns {
      for output in 0..<outputs {
        var sum = 0.0
        for tap in 0..<9 {
          let (row, column) = (place / columns + tap / 3 - 1, place % columns + tap % 3 - 1)
          guard 0..<2 ~= row, 0..<columns ~= column else { continue }
          for input in 0..<inputs {
            sum +=
              Double(weight[(output * inputs + input) * 9 + tap])
              * Double(x[(row * columns + column) * inputs + input])
          }
        }
        let value = sum * Double(scale[output]) + Double(bias[output])
        expected[place * outputs + output] = Float(max(0, value))
      }
    }
    let convolution = TwoRowConvolution(
      weight: Tensor(shape: [outputs, inputs, 3, 3], elements: weight), scale: scale, bias: bias)
    let input = grid(x, rows: 2, columns: columns, channels: inputs)
    var results: [[Float]] = []
    for threads in [1, 3] {
      let y = Tensor(shape: [2, columns, outputs], elements: expected.map { _ in .nan })
      convolution(input, into: GridView(y), Run(threads: threads))
      results.append(y.elements)
    }
    let comparison = Comparison(results[0], expected)
    #expect(comparison.relativeToPeak < 1e-5, "\(comparison)")
    #expect(results[0] == results[1])
  }

  @Test("A grid's border is zeros, and its parts are where they should be")
  func borders() {
    let grid = grid(values(3 * 5 * 2, 5), rows: 3, columns: 5, channels: 2)
    let elements = grid.whole.elements
    let (rows, columns) = (grid.whole.shape[0], grid.whole.shape[1])
    #expect(rows >= 5 && columns >= 7)
    for row in 0..<rows {
      for column in 0..<columns where !(1...3 ~= row && 1...5 ~= column) {
        #expect(elements[(row * columns + column) * 2] == 0)
      }
    }
    let part = grid.part(rows: 1..<3, columns: 2..<4)
    #expect(part.row(0).pointer[0] == elements[(2 * columns + 3) * 2])
    extendLifetime(grid)
  }

  @Test("Cells' means, with what fills no cell left out", arguments: [(2, 2), (1, 2), (3, 1)])
  func pooling(_ height: Int, _ width: Int) {
    let x = values(7 * 9 * 5, 6)
    let y = AveragePooling(height: height, width: width)(
      Tensor(shape: [7, 9, 5], elements: x), Run(threads: 2))
    #expect(y.shape == [7 / height, 9 / width, 5])
    var expected: [Float] = []
    for row in 0..<y.shape[0] {
      for column in 0..<y.shape[1] {
        for channel in 0..<5 {
          var sum = 0.0
          for i in 0..<height {
            for j in 0..<width {
              sum += Double(x[((row * height + i) * 9 + column * width + j) * 5 + channel])
            }
          }
          expected.append(Float(sum / Double(height * width)))
        }
      }
    }
    let comparison = Comparison(y.elements, expected)
    #expect(comparison.maxAbsoluteError < 1e-6, "\(comparison)")
  }

  @Test("Attention in a window is the softmax that defines it", arguments: [false, true])
  func windowAttention(_ isMasked: Bool) {
    let (heads, count, channels) = (2, 9, 6)
    let width = channels / heads
    let x = values(count * 3 * channels, 7)
    let bias = values(heads * count * count, 8)
    let mask = (0..<count * count).map { isMasked && $0 % 3 == 0 ? Float(-100) : 0 }
    var expected = [Float](repeating: 0, count: count * channels)
    var expectedWeights: [Float] = []
    for head in 0..<heads {
      for query in 0..<count {
        let weights = (0..<count).map { key in
          let score = (0..<width).reduce(0.0) {
            $0 + Double(x[query * 3 * channels + head * width + $1])
              * Double(x[key * 3 * channels + channels + head * width + $1])
          }
          return exp(
            score + Double(bias[(head * count + query) * count + key])
              + Double(mask[query * count + key]))
        }
        let sum = weights.reduce(0, +)
        expectedWeights += weights.map { Float($0 / sum) }
        for channel in 0..<width {
          let value = (0..<count).reduce(0.0) {
            $0 + weights[$1] * Double(x[$1 * 3 * channels + 2 * channels + head * width + channel])
          }
          expected[query * channels + head * width + channel] = Float(value / sum)
        }
      }
    }
    let attention = WindowAttention(bias: Tensor(shape: [heads, count, count], elements: bias))
    let y = Tensor(shape: [count, channels], elements: expected.map { _ in .nan })
    let weights = Tensor(shape: [heads, count, count], elements: expectedWeights.map { _ in .nan })
    attention(
      Tensor(shape: [count, 3 * channels], elements: x).rows(0..<count),
      mask: isMasked ? Tensor(shape: [count, count], elements: mask) : nil, into: y.rows(0..<count),
      weights: weights, arena: Arena())
    #expect(Comparison(y.elements, expected).maxAbsoluteError < 1e-6)
    #expect(Comparison(weights.elements, expectedWeights).maxAbsoluteError < 1e-6)
  }
}
