// SPDX-License-Identifier: Apache-2.0
import Foundation
import NeuralLayers
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite("What hybrid networks need besides convolutions") struct HybridLayerTests {
  @Test("two rows at a time equal the convolution's definition")
  func rowPairs() {
    for (grid, output, width) in [([6, 50, 20], 36, 3), ([3, 200, 5], 6, 1), ([2, 2, 3], 4, 5)] {
      var noise = Noise(seed: 5)
      let x = noise.tensor(grid[0], grid[1], grid[2])
      let (weight, bias) = (noise.tensor(output, grid[2], 3, width), noise.tensor(output))
      let expected = ReferenceConvolution(
        weight: weight, bias: bias, stride: .init(1), dilation: .init(1),
        padding: [1, 1, width / 2, width / 2])(x)
      let layer = RowPairConvolution(weight: weight, bias: bias)
      let length = grid[1] * output
      for row in 0..<grid[0] - 1 {
        let arena = Arena()
        let (first, second) = layer(x, row: row, frames: 0..<grid[1], arena: arena)
        let rows = expected.elements[row * length..<(row + 2) * length]
        let comparison = Comparison(first.elements + second.elements, Array(rows))
        #expect(comparison.relativeToPeak <= 3e-6, "\(grid), row \(row): \(comparison)")
        let part = layer(x, row: row, frames: 1..<grid[1], arena: arena).0
        #expect(part.elements == Array(first.elements.dropFirst(output)))
      }
    }
  }

  @Test("a transposed convolution along rows or frames is the sum of what each input gives")
  func transposed() {
    typealias Axis = TransposedGridConvolution.Axis
    for (axis, kernel, stride) in [
      (Axis.rows, 8, 4), (.frames, 8, 4), (.rows, 5, 2), (.frames, 3, 4),
    ] {
      var noise = Noise(seed: 9)
      let (height, width, input, output) = (5, 210, 3, 4)
      let x = noise.tensor(height, width, input)
      let (weight, bias) = (noise.tensor(input, output, kernel), noise.tensor(output))
      let layer = TransposedGridConvolution(weight: weight, bias: bias, stride: stride, along: axis)
      let length = layer.length(x)
      #expect(length == ((axis == .rows ? height : width) - 1) * stride + kernel)
      let shape = axis == .rows ? [length, width] : [height, length]
      var sums = [Double](repeating: 0, count: shape[0] * shape[1] * output)
      for index in sums.indices { sums[index] = Double(bias.elements[index % output]) }
      let (inputs, weights) = (x.elements, weight.elements)
      for row in 0..<height {
        for frame in 0..<width {
          for k in 0..<kernel {
            let place =
              axis == .rows
              ? (row * stride + k) * width + frame : row * length + frame * stride + k
            for o in 0..<output {
              for i in 0..<input {
                let value = Double(inputs[(row * width + frame) * input + i])
                sums[place * output + o] += value * Double(weights[(i * output + o) * kernel + k])
              }
            }
          }
        }
      }
      let kept = 2..<length - 1
      let found = Mutex([Float](repeating: .nan, count: sums.count))
      layer(x, keeping: kept, gelu: false, Run(threads: 3)) { row, frames, values in
        let (row, first) =
          axis == .rows ? (row + 2, frames.lowerBound) : (row, frames.lowerBound + 2)
        found.withLock { found in
          for index in 0..<values.count * output {
            let value = values.pointer[index / output * values.stride + index % output]
            found[(row * shape[1] + first) * output + index] = value
          }
        }
      }
      let result = found.withLock { $0 }
      let wanted = result.indices.filter { index in
        kept.contains(axis == .rows ? index / output / width : index / output % length)
      }
      #expect(wanted.count == kept.count * sums.count / length)
      let comparison = Comparison(wanted.map { result[$0] }, wanted.map { Float(sums[$0]) })
      #expect(comparison.relativeToPeak <= 2e-6, "\(axis), \(kernel): \(comparison)")
    }
  }

  @Test("frames of a memory are what it makes of each alone, and give their middle halves")
  func framedMemory() {
    var noise = Noise(seed: 3)
    let channels = 5
    let layers = (0..<2).map { layer in
      let depth = layer == 0 ? channels : 2 * channels
      func direction() -> LongShortTermMemory.Parameters {
        .init(
          inputWeight: noise.tensor(4 * channels, depth),
          recurrentWeight: noise.tensor(4 * channels, channels),
          inputBias: noise.tensor(4 * channels), recurrentBias: noise.tensor(4 * channels))
      }
      return (forward: direction(), backward: direction())
    }
    let linear = PackedMatrix(
      weights: noise.tensor(channels, 2 * channels).elements, depth: 2 * channels,
      columns: channels, bias: noise.tensor(channels).elements)
    func memory(_ frameLength: Int) -> FramedMemory {
      FramedMemory(
        lstm: LongShortTermMemory(layers: layers), linear: linear, frameLength: frameLength)
    }
    for steps in [20, 21, 29, 30, 45] {
      let x = noise.tensor(steps, channels)
      let found = Tensor(shape: x.shape, elements: x.elements)
      memory(20)(found, Run(threads: 2))
      let hops = steps > 20 ? (steps + 9) / 10 : 1
      let silence = [Float](repeating: 0, count: 40 * channels)
      var expected: [Float] = []
      for hop in 0..<hops {
        let length = steps > 20 ? 20 : steps
        let start = hop * 10 * channels
        let samples = Array((x.elements + silence)[start..<start + length * channels])
        let frame = Tensor(shape: [length, channels], elements: samples)
        memory(1000)(frame, Run(threads: 1))
        let (first, end) = (hop == 0 ? 0 : 5, hop == hops - 1 ? length : 15)
        expected += frame.elements[first * channels..<end * channels]
      }
      let comparison = Comparison(found.elements, Array(expected.prefix(steps * channels)))
      #expect(comparison.maxAbsoluteError <= 1e-6, "\(steps): \(comparison)")
    }
  }

  @Test("local attention equals its definition in double precision")
  func localAttention() {
    var noise = Noise(seed: 21)
    let (channels, heads, decays) = (8, 4, 3)
    func parameters(_ output: Int) -> LocalAttention.Parameters {
      .init(weight: noise.tensor(output, channels, 1), bias: noise.tensor(output))
    }
    let (query, key, content) = (parameters(channels), parameters(channels), parameters(channels))
    let (decay, output) = (parameters(heads * decays), parameters(channels))
    let layer = LocalAttention(
      query: query, key: key, content: content, decay: decay, output: output, heads: heads)
    for frames in [1, 5, 100, 203] {
      let x = noise.tensor(frames, channels)
      func mapped(_ p: LocalAttention.Parameters, _ rows: [[Double]]) -> [[Double]] {
        let (weight, bias) = (p.weight.elements, p.bias.elements)
        return rows.map { row in
          bias.indices.map { o in
            (0..<channels).reduce(Double(bias[o])) { sum, c in
              sum + Double(weight[o * channels + c]) * row[c]
            }
          }
        }
      }
      let elements = x.elements.map(Double.init)
      let rows = (0..<frames).map { Array(elements[$0 * channels..<($0 + 1) * channels]) }
      let (q, k, v, d) = (
        mapped(query, rows), mapped(key, rows), mapped(content, rows), mapped(decay, rows)
      )
      var results = rows.map { _ in [Double](repeating: 0, count: channels) }
      let width = channels / heads
      for head in 0..<heads {
        for s in 0..<frames {
          var slope = 0.0
          for n in 0..<decays {
            slope += Double(n + 1) / (1 + exp(-d[s][head * decays + n]))
          }
          slope /= 2 * Double(decays).squareRoot()
          let scores: [Double] = (0..<frames).map { t in
            if t == s { return -100 }
            var product = 0.0
            for c in head * width..<(head + 1) * width { product += k[t][c] * q[s][c] }
            return product / Double(width).squareRoot() - slope * Double(abs(t - s))
          }
          let top = scores.max() ?? 0
          let weights = scores.map { exp($0 - top) }
          let total = weights.reduce(0, +)
          for c in head * width..<(head + 1) * width {
            for t in 0..<frames { results[s][c] += weights[t] / total * v[t][c] }
          }
        }
      }
      let expected = zip(mapped(output, results), rows).flatMap { zip($0, $1).map(+) }
      layer(x, Run(threads: 2))
      let comparison = Comparison(x.elements, expected.map(Float.init))
      #expect(comparison.relativeToPeak <= 2e-6, "\(frames): \(comparison)")
    }
  }
}
