// SPDX-License-Identifier: Apache-2.0
import NeuralLayers
import Tensors
import TestSupport
import Testing

@Suite("Convolutions of 3×3 over grids") struct SquareConvolutionTests {
  private func values(_ count: Int, _ seed: UInt64) -> [Float] {
    var generator = SplitMix(state: seed)
    return (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
  }

  private struct Case: CustomTestStringConvertible {
    let rows, columns, inputs, outputs: Int
    var testDescription: String { "\(rows) × \(columns), \(inputs) → \(outputs)" }
  }

  private static let cases = [
    Case(rows: 2, columns: 4, inputs: 32, outputs: 32),
    Case(rows: 5, columns: 7, inputs: 33, outputs: 50),
    Case(rows: 1, columns: 1, inputs: 40, outputs: 32),
    Case(rows: 11, columns: 70, inputs: 32, outputs: 48),
    Case(rows: 3, columns: 6, inputs: 3, outputs: 5),
  ]

  /// A grid with the border that the convolution wants.
  private func bordered(_ x: [Float], _ size: Case) -> GridView {
    let full = SquareConvolution.inputSize(rows: size.rows, columns: size.columns)
    var elements = [Float](repeating: 0, count: full.rows * full.columns * size.inputs)
    for row in 0..<size.rows {
      for index in 0..<size.columns * size.inputs {
        elements[((row + 1) * full.columns + 1) * size.inputs + index] =
          x[row * size.columns * size.inputs + index]
      }
    }
    return GridView(
      Tensor(shape: [full.rows, full.columns, size.inputs], elements: elements))
  }

  @Test("outputs are the sums that define them, through bias, leaky ReLU and sum", arguments: cases)
  private func sums(_ size: Case) {
    let x = values(size.rows * size.columns * size.inputs, 1)
    let weight = values(9 * size.inputs * size.outputs, 2)
    let (scale, bias) = (values(size.outputs, 3), values(size.outputs, 4))
    let count = size.rows * size.columns * size.outputs
    let base = values(count, 5)
    var expected = [Float](repeating: 0, count: count)
    for row in 0..<size.rows {
      for column in 0..<size.columns {
        for output in 0..<size.outputs {
          var sum = 0.0
          for tap in 0..<9 {
            let (i, j) = (row + tap / 3 - 1, column + tap % 3 - 1)
            guard 0..<size.rows ~= i, 0..<size.columns ~= j else { continue }
            for input in 0..<size.inputs {
              sum +=
                Double(weight[(output * size.inputs + input) * 9 + tap])
                * Double(x[(i * size.columns + j) * size.inputs + input])
            }
          }
          sum = sum * Double(scale[output]) + Double(bias[output])
          let index = (row * size.columns + column) * size.outputs + output
          expected[index] = base[index] + Float(sum < 0 ? 0.1 * sum : sum)
        }
      }
    }
    let layer = SquareConvolution(
      weight: Tensor(shape: [size.outputs, size.inputs, 3, 3], elements: weight), scale: scale)
    let shape = [size.rows, size.columns, size.outputs]
    var found: [[Float]] = []
    for threads in [1, 3] {
      let run = Run(threads: threads)
      let y = run.arena.tensor(shape: shape)
      layer(
        bordered(x, size), into: GridView(y),
        bias: Tensor(shape: [1, size.outputs], elements: bias).rows(0..<1), slope: 0.1,
        adding: GridView(Tensor(shape: shape, elements: base)), run)
      found.append(y.elements)
    }
    #expect(found[0] == found[1])
    let comparison = Comparison(found[0], expected)
    #expect(comparison.relativeToPeak < 3e-6, "\(comparison)")
  }

  @Test("where a grid is cut changes no bit")
  func rectangles() {
    let size = Case(rows: 12, columns: 24, inputs: 32, outputs: 32)
    let x = bordered(values(size.rows * size.columns * size.inputs, 6), size)
    let layer = SquareConvolution(
      weight: Tensor(shape: [32, 32, 3, 3], elements: values(9 * 32 * 32, 7)))
    let run = Run(threads: 1)
    let whole = run.arena.tensor(size.rows, size.columns, 32)
    layer(x, into: GridView(whole), run)
    let pieces = run.arena.tensor(size.rows, size.columns, 32)
    run.rectangles(of: (4, 8), in: (size.rows, size.columns)) { rows, columns, run in
      let heard = SquareConvolution.inputSize(rows: rows.count, columns: columns.count)
      layer(
        x.part(
          rows: rows.lowerBound..<rows.lowerBound + heard.rows,
          columns: columns.lowerBound..<columns.lowerBound + heard.columns),
        into: GridView(pieces, rows: rows, columns: columns), run)
    }
    #expect(whole.elements == pieces.elements)
  }

  @Test("an upsampled place is a rectangle of products of its activated channels")
  func upsampling() {
    let (rows, columns, inputs, outputs) = (3, 5, 4, 3)
    let x = values(rows * columns * inputs, 8)
    let weight = values(inputs * outputs * 6, 9)
    let (scale, shift) = (values(inputs, 10), values(inputs, 11))
    let layer = GridUpsampling(
      weight: Tensor(shape: [inputs, outputs, 2, 3], elements: weight))
    let y = layer(
      Tensor(shape: [rows, columns, inputs], elements: x),
      activation: GridActivation(scale: scale, slope: 0.01),
      shift: Tensor(shape: [1, inputs], elements: shift).rows(0..<1), Run(threads: 2))
    #expect(y.shape == [6, 15, outputs])
    var expected: [Float] = []
    for row in 0..<6 {
      for column in 0..<15 {
        for output in 0..<outputs {
          var sum = 0.0
          for input in 0..<inputs {
            let place = (row / 2 * columns + column / 3) * inputs + input
            let z = Double(x[place] * scale[input] + shift[input])
            let tap = ((input * outputs + output) * 2 + row % 2) * 3 + column % 3
            sum += (z < 0 ? 0.01 * z : z) * Double(weight[tap])
          }
          expected.append(Float(sum))
        }
      }
    }
    let comparison = Comparison(y.elements, expected)
    #expect(comparison.relativeToPeak < 1e-6, "\(comparison)")
  }
}
