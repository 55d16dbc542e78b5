// SPDX-License-Identifier: Apache-2.0
import Foundation
import NeuralLayers
import Tensors
import TestSupport
import Testing

@Suite("Long short-term memory") struct LongShortTermMemoryTests {
  private static func numbers(_ count: Int, seed: Double) -> [Float] {
    (0..<count).map { index in
      let phase: Double = seed + Double(index) * 1.7 + Double(index * index % 101) * 0.3
      return Float(0.6 * sin(phase))
    }
  }

  private struct Weights {
    let input, recurrent, inputBias, recurrentBias: [Float]
    let depth, hidden: Int

    init(depth: Int, hidden: Int, seed: Double) {
      (self.depth, self.hidden) = (depth, hidden)
      input = numbers(4 * hidden * depth, seed: seed)
      recurrent = numbers(4 * hidden * hidden, seed: seed + 1)
      inputBias = numbers(4 * hidden, seed: seed + 2)
      recurrentBias = numbers(4 * hidden, seed: seed + 3)
    }

    var parameters: LongShortTermMemory.Parameters {
      LongShortTermMemory.Parameters(
        inputWeight: Tensor(shape: [4 * hidden, depth], elements: input),
        recurrentWeight: Tensor(shape: [4 * hidden, hidden], elements: recurrent),
        inputBias: Tensor(shape: [4 * hidden], elements: inputBias),
        recurrentBias: Tensor(shape: [4 * hidden], elements: recurrentBias))
    }

    /// The textbook's recurrence in double precision, one sequence `[T][C]` → `[T][H]`.
    func run(_ sequence: [[Double]], backward: Bool) -> [[Double]] {
      var h = [Double](repeating: 0, count: hidden)
      var c = h
      var outputs: [[Double]] = []
      for x in backward ? sequence.reversed() : sequence {
        func gate(_ index: Int, _ unit: Int) -> Double {
          let row = index * hidden + unit
          var sum = Double(inputBias[row]) + Double(recurrentBias[row])
          for k in 0..<depth { sum += Double(input[row * depth + k]) * x[k] }
          for k in 0..<hidden { sum += Double(recurrent[row * hidden + k]) * h[k] }
          return sum
        }
        func sigmoid(_ value: Double) -> Double { 1 / (1 + exp(-value)) }
        let next: [Double] = (0..<hidden).map { unit in
          let kept: Double = sigmoid(gate(1, unit)) * c[unit]
          let added: Double = sigmoid(gate(0, unit)) * tanh(gate(2, unit))
          c[unit] = kept + added
          return sigmoid(gate(3, unit)) * tanh(c[unit])
        }
        h = next
        outputs.append(next)
      }
      return backward ? outputs.reversed() : outputs
    }
  }

  struct Size: Sendable, CustomTestStringConvertible {
    let sequences, steps, depth, hidden, layers: Int
    var testDescription: String { "\(sequences)×\(steps)×\(depth) → \(hidden), \(layers)" }
  }

  @Test(
    "the layer follows its recurrence, with the same bits for any number of threads",
    arguments: [
      Size(sequences: 1, steps: 1, depth: 3, hidden: 2, layers: 1),
      Size(sequences: 1, steps: 23, depth: 5, hidden: 7, layers: 2),
      Size(sequences: 19, steps: 9, depth: 4, hidden: 6, layers: 2),
      Size(sequences: 2, steps: 4, depth: 3, hidden: 261, layers: 1),
    ])
  func recurrence(size: Size) throws {
    var weights: [[Weights]] = []
    for layer in 0..<size.layers {
      let depth = layer == 0 ? size.depth : 2 * size.hidden
      let seed = Double(layer * 10)
      weights.append([
        Weights(depth: depth, hidden: size.hidden, seed: seed),
        Weights(depth: depth, hidden: size.hidden, seed: seed + 5),
      ])
    }
    let memory = LongShortTermMemory(
      layers: weights.map { ($0[0].parameters, $0[1].parameters) })
    let x = Self.numbers(size.sequences * size.steps * size.depth, seed: 0.4)
    let input = Tensor(shape: [size.sequences, size.steps, size.depth], elements: x)
    let found = memory(input, arena: Arena(), parallel: Parallel(threads: 1))
    #expect(found.shape == [size.sequences, size.steps, 2 * size.hidden])

    var expected: [Float] = []
    for sequence in 0..<size.sequences {
      let start = sequence * size.steps * size.depth
      var signal: [[Double]] = (0..<size.steps).map { step in
        x[(start + step * size.depth)...].prefix(size.depth).map(Double.init)
      }
      for layer in weights {
        let forward: [[Double]] = layer[0].run(signal, backward: false)
        let backward: [[Double]] = layer[1].run(signal, backward: true)
        signal = forward.indices.map { forward[$0] + backward[$0] }
      }
      expected += signal.flatMap { $0.map { Float($0) } }
    }
    let comparison = Comparison(found.elements, expected)
    #expect(comparison.maxAbsoluteError <= 2e-6, "\(comparison)")
    for threads in [2, 3, 7] {
      let other = memory(input, arena: Arena(), parallel: Parallel(threads: threads))
      #expect(other.elements == found.elements)
    }
  }

  @Test("sequences of different lengths come out as they do alone", arguments: [7, 261])
  func lengths(hidden: Int) {
    let lengths = [9, 9, 4, 1]
    let depth = 5
    let memory = LongShortTermMemory(
      layers: [depth, 2 * hidden].enumerated().map { index, depth in
        let seed = Double(10 * index)
        return (
          Weights(depth: depth, hidden: hidden, seed: seed).parameters,
          Weights(depth: depth, hidden: hidden, seed: seed + 5).parameters
        )
      })
    let x = Self.numbers(lengths.count * 9 * depth, seed: 0.7)
    let together = memory(
      Tensor(shape: [lengths.count, 9, depth], elements: x), lengths: lengths, arena: Arena(),
      parallel: Parallel(threads: 2)
    ).elements
    for (index, length) in lengths.enumerated() {
      let alone = memory(
        Tensor(
          shape: [1, length, depth],
          elements: Array(x[(index * 9 * depth)...].prefix(length * depth))),
        arena: Arena(), parallel: Parallel(threads: 1)
      ).elements
      #expect(Array(together[(index * 9 * 2 * hidden)...].prefix(alone.count)) == alone)
    }
  }

  @Test("gates far beyond saturation stay finite")
  func saturation() {
    let hidden = 2
    let huge = LongShortTermMemory.Parameters(
      inputWeight: Tensor(shape: [8, 1], elements: [Float](repeating: 1e30, count: 8)),
      recurrentWeight: Tensor(shape: [8, 2], elements: [Float](repeating: -1e30, count: 16)),
      inputBias: Tensor(shape: [8], elements: [Float](repeating: 0, count: 8)),
      recurrentBias: Tensor(shape: [8], elements: [Float](repeating: 0, count: 8)))
    let memory = LongShortTermMemory(layers: [(huge, huge)])
    let y = memory(
      Tensor(shape: [1, 3, 1], elements: [1, -1, 1]), arena: Arena(), parallel: Parallel(threads: 1)
    )
    #expect(y.count == 3 * 2 * hidden)
    #expect(y.elements.allSatisfy { abs($0) <= 1 })
  }
}
