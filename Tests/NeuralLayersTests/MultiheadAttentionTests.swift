// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import NeuralLayers
internal import Tensors
internal import TestSupport
internal import Testing

@Suite("MultiheadAttention")
struct MultiheadAttentionTests {
  /// softmax(Q · Kᵀ) · V, head by head, in Double.
  private func reference(
    queries: Tensor, keys: Tensor, values: Tensor, heads: Int
  ) -> [Float] {
    let channels = queries.shape[1]
    let width = channels / heads
    let (q, k, v) = (queries.elements, keys.elements, values.elements)
    var result = [Float](repeating: 0, count: queries.count)
    for head in 0..<heads {
      let part = head * width..<(head + 1) * width
      for query in 0..<queries.shape[0] {
        let scores = (0..<keys.shape[0]).map { key in
          part.reduce(0.0) {
            $0 + Double(q[query * channels + $1]) * Double(k[key * channels + $1])
          }
        }
        let top = scores.max() ?? 0
        let weights = scores.map { exp($0 - top) }
        let sum = weights.reduce(0, +)
        for channel in part {
          let value = weights.enumerated().reduce(0.0) {
            $0 + $1.element * Double(v[$1.offset * channels + channel])
          }
          result[query * channels + channel] = Float(value / sum)
        }
      }
    }
    return result
  }

  private func attention(
    _ queries: Tensor, _ keys: Tensor, _ values: Tensor, heads: Int, threads: Int
  ) -> [Float] {
    MultiheadAttention(heads: heads)(
      queries: queries.rows(0..<queries.shape[0]), keys: keys.rows(0..<keys.shape[0]),
      values: values.rows(0..<values.shape[0]), Run(threads: threads)
    ).elements
  }

  @Test(
    "odd sizes agree with the definition, with the same bits for every number of threads",
    arguments: [(1, 1, 1, 1), (3, 5, 4, 2), (49, 33, 12, 3), (100, 131, 48, 2), (7, 300, 96, 2)])
  func agreesWithDefinition(queries: Int, keys: Int, channels: Int, heads: Int) {
    var noise = Noise(seed: 7)
    let (q, k, v) = (
      noise.tensor(queries, channels), noise.tensor(keys, channels), noise.tensor(keys, channels)
    )
    let one = attention(q, k, v, heads: heads, threads: 1)
    let comparison = Comparison(one, reference(queries: q, keys: k, values: v, heads: heads))
    #expect(comparison.relativeToPeak <= 2e-6, "\(comparison)")
    for threads in 2...4 {
      #expect(attention(q, k, v, heads: heads, threads: threads) == one)
    }
  }

  @Test("scores beyond exp's range choose the greatest, and equal ones average")
  func extremes() {
    let keys = Tensor(shape: [3, 1], elements: [1, 2, -3])
    let values = Tensor(shape: [3, 1], elements: [10, 20, 60])
    func one(_ query: Float) -> Float {
      attention(
        Tensor(shape: [1, 1], elements: [query]), keys, values, heads: 1, threads: 1)[0]
    }
    #expect(one(1e6) == 20)
    #expect(one(-1e30) == 60)
    #expect(abs(one(0) - 30) < 1e-5)
    #expect(one(.nan).isNaN)
  }
}

@Suite("LayerNormalization")
struct LayerNormalizationTests {
  @Test("rows agree with the definition, in place too", arguments: [1, 2, 7, 16, 33, 512])
  func agreesWithDefinition(channels: Int) {
    var noise = Noise(seed: 8)
    let (weight, bias) = (noise.tensor(channels), noise.tensor(channels))
    let x = noise.tensor(5, channels)
    let source = x.elements
    var expected: [Float] = []
    for row in 0..<5 {
      let values = source[row * channels..<(row + 1) * channels].map(Double.init)
      let mean = values.reduce(0, +) / Double(channels)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(channels)
      for channel in 0..<channels {
        expected.append(
          Float(
            (values[channel] - mean) / (variance + 1e-5).squareRoot()
              * Double(weight.elements[channel]) + Double(bias.elements[channel])))
      }
    }
    let layer = LayerNormalization(weight: weight, bias: bias)
    let y = Tensor(shape: [5, channels], elements: source)
    layer(x.rows(0..<5), into: y.rows(0..<5))
    layer(x.rows(0..<5), into: x.rows(0..<5))
    for found in [x, y] {
      let comparison = Comparison(found.elements, expected)
      #expect(comparison.maxAbsoluteError <= 2e-6, "\(comparison)")
    }
  }
}
