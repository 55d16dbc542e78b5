// SPDX-License-Identifier: Apache-2.0
import Foundation
import NeuralLayers
import Tensors
import TestSupport
import Testing

/// Numbers in −1 ..< 1 that follow no rule.
private func noise(_ shape: Int..., seed: UInt64 = 1) -> Tensor {
  var state = seed
  return Tensor(
    shape: shape,
    elements: (0..<shape.reduce(1, *)).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 40) / Float(1 << 23) - 1
    })
}

extension Tensor {
  fileprivate subscript(row: Int, column: Int) -> Double {
    Double(elements[row * shape[1] + column])
  }

  fileprivate var all: Rows { rows(0..<shape[0]) }
}

@Suite("Layers of the codec") struct CodecLayersTests {
  private let arena = Arena()

  /// EnCodec's padding, written out for one channel: zeros where too short, mirrored, cut.
  private func mirrored(_ x: [Double], before: Int, after: Int) -> [Double] {
    let zeros = max(0, max(before, after) - x.count + 1)
    let long = x + [Double](repeating: 0, count: zeros)
    let padded =
      (1...max(before, 1)).prefix(before).reversed().map { long[$0] } + long
      + (0..<after).map { long[long.count - 2 - $0] }
    return Array(padded.dropLast(zeros))
  }

  @Test(
    "a mirrored convolution of any length, in any pieces",
    arguments: [(7, 1), (3, 1), (4, 2), (8, 4), (10, 5), (12, 6), (16, 8), (1, 1), (6, 3)])
  func reflected(kernel: Int, stride: Int) {
    let (input, output) = (2, 3)
    let weight = noise(output, input, kernel)
    let bias = noise(output, seed: 2)
    let layer = ReflectedConvolution1D(weight: weight, bias: bias, stride: stride)
    #expect(layer.before + layer.after == kernel - stride && layer.before - layer.after <= 1)
    let signal = noise(41, input, seed: 3)
    for length in 1...41 {
      let count = (length + stride - 1) / stride
      let extra = count * stride - length
      let columns = (0..<input).map { channel in
        mirrored(
          (0..<length).map { signal[$0, channel] }, before: layer.before,
          after: layer.after + extra)
      }
      var expected: [Float] = []
      for frame in 0..<count {
        for channel in 0..<output {
          var sum = Double(bias.elements[channel])
          for i in 0..<input {
            for k in 0..<kernel {
              sum +=
                Double(weight.elements[(channel * input + i) * kernel + k])
                * columns[i][frame * stride + k]
            }
          }
          expected.append(Float(sum))
        }
      }
      var whole: [Float]?
      for size in [length, 1, 3, 8] {
        var state = ReflectedConvolution1D.State()
        var found: [Float] = []
        for start in Swift.stride(from: 0, to: length, by: size) {
          let end = min(start + size, length)
          let piece = layer.piece(
            of: end - start, isLast: end == length, &state, arena: arena)
          signal.rows(start..<end).copy(into: piece.frames, row: piece.new.lowerBound)
          layer.close(piece, &state)
          let y = arena.tensor(piece.outputs, output)
          layer(piece, 0..<piece.outputs, into: y.all)
          found += y.elements
        }
        #expect(Comparison(found, expected).maxAbsoluteError < 1e-5, "\(length) in \(size)")
        #expect(found == whole ?? found, "\(length) in \(size)")
        whole = found
      }
    }
  }

  @Test("a forward memory is the forward half of a bidirectional one, whatever the pieces")
  func memory() {
    let (width, units, steps) = (5, 4, 29)
    func parameters(_ input: Int, _ seed: UInt64) -> LongShortTermMemory.Parameters {
      LongShortTermMemory.Parameters(
        inputWeight: noise(4 * units, input, seed: seed),
        recurrentWeight: noise(4 * units, units, seed: seed + 1),
        inputBias: noise(4 * units, seed: seed + 2), recurrentBias: noise(4 * units, seed: seed + 3)
      )
    }
    let x = noise(steps, width, seed: 9)
    let (first, second) = (parameters(width, 11), parameters(units, 21))
    func half(_ x: Tensor, _ parameters: LongShortTermMemory.Parameters) -> Tensor {
      let both = LongShortTermMemory(layers: [(parameters, parameters)])(
        x.reshaped(1, steps, x.shape[1]), arena: arena, parallel: Parallel(threads: 1))
      let y = arena.tensor(steps, units)
      both.reshaped(steps, 2 * units).all.columns(0..<units).copy(into: y, row: 0)
      return y
    }
    let expected = half(half(x, first), second).elements
    let layer = ForwardLongShortTermMemory(layers: [first, second])
    var whole: [Float]?
    for size in [steps, 1, 7, 13] {
      for threads in [1, 3] {
        var state = layer.makeState()
        var found: [Float] = []
        for start in stride(from: 0, to: steps, by: size) {
          let piece = arena.tensor(min(size, steps - start), width)
          x.rows(start..<start + piece.shape[0]).copy(into: piece, row: 0)
          found +=
            layer(
              piece, &state, arena: arena, parallel: Parallel(threads: threads)
            ).elements
        }
        #expect(Comparison(found, expected).maxAbsoluteError < 1e-6)
        #expect(found == whole ?? found, "pieces of \(size), \(threads) threads")
        whole = found
      }
    }
  }

  @Test("attention block by block is softmax over all keys", arguments: [1, 31, 32, 33, 100])
  func attention(keys: Int) {
    let (queries, channels) = (13, 24)
    let q = noise(queries, channels, seed: 1)
    // Scores that climb: the largest so far keeps changing.
    let k = Tensor(
      shape: [keys, channels],
      elements: noise(keys, channels, seed: 2).elements.enumerated().map {
        $1 * Float($0 / channels) / 4
      })
    let v = noise(keys, channels, seed: 3)
    let attention = BlockedAttention(channels: channels, keysInBlock: 32)
    let gathered = attention.begin(queries: queries, arena: arena)
    for start in stride(from: 0, to: keys, by: 32) {
      let range = start..<min(start + 32, keys)
      let block = arena.tensor(1, attention.blockElements)
      attention.pack(keys: k.rows(range), values: v.rows(range), into: block.all)
      attention.look(q.all, at: block.all, keys: range.count, gathered, arena: arena)
    }
    var expected: [Float] = []
    for row in 0..<queries {
      let scores = (0..<keys).map { key in
        (0..<channels).reduce(0.0) { $0 + q[row, $1] * k[key, $1] }
      }
      let peak = scores.max() ?? 0
      let weights = scores.map { exp($0 - peak) }
      let sum = weights.reduce(0, +)
      expected += (0..<channels).map { channel in
        Float((0..<keys).reduce(0.0) { $0 + weights[$1] * v[$1, channel] } / sum)
      }
    }
    #expect(Comparison(attention.finish(gathered).elements, expected).maxAbsoluteError < 1e-5)
  }

  @Test("a group norm in tiles is the one of the whole")
  func groupNorm() {
    let (rows, channels) = (50, 12)
    let x = noise(rows, channels)
    let (weight, bias) = (noise(channels, seed: 2), noise(channels, seed: 3))
    let expected = GroupNormalization(groups: 4, weight: weight, bias: bias, epsilon: 1e-6)(
      x, arena: arena, parallel: Parallel(threads: 1))
    let norm = TiledGroupNormalization(groups: 4, weight: weight, bias: bias, epsilon: 1e-6)
    let sums = norm.makeSums(tiles: 3)
    for tile in 0..<3 { sums.take(x.rows(rows * tile / 3..<rows * (tile + 1) / 3), tile: tile) }
    let factors = norm.factors(sums, rows: rows)
    let y = arena.tensor(rows, channels)
    factors.apply(x.all, into: y.all)
    #expect(Comparison(y.elements, expected.elements).maxAbsoluteError < 1e-6)
    factors.applyWithSiLU(x.all, into: y.all)
    let activated = expected.elements.map { Float(Double($0) / (1 + exp(-Double($0)))) }
    #expect(Comparison(y.elements, activated).maxAbsoluteError < 1e-6)
  }

  @Test("the nearest rows are those that looking at each finds; of equal ones the first")
  func nearest() {
    for rows in [1, 2, 15, 17, 700] {
      var elements = noise(rows, 6).elements
      if rows > 16 { elements[16 * 6..<17 * 6] = elements[3 * 6..<4 * 6] }
      let table = Tensor(shape: [rows, 6], elements: elements)
      let vectors = noise(40, 6, seed: 5)
      if rows > 16 { table.rows(3..<4).copy(into: vectors, row: 7) }
      let found = NearestRows(table: table)(vectors.all, arena: arena)
      for (index, match) in found.enumerated() {
        let distances = (0..<rows).map { row in
          (0..<6).reduce(0.0) { $0 + pow(vectors[index, $1] - table[row, $1], 2) }
        }
        let order = (0..<rows).sorted { (distances[$0], $0) < (distances[$1], $1) }
        #expect(match.row == order[0], "\(rows) rows, vector \(index)")
        #expect(match.second == (rows > 1 ? order[1] : order[0]), "\(rows) rows, vector \(index)")
      }
    }
  }

  @Test("a depth-wise convolution sees zeros beyond the rows there are")
  func depthwise() {
    let (rows, channels, taps) = (20, 5, 7)
    let weight = noise(channels, 1, taps)
    let bias = noise(channels, seed: 2)
    let x = noise(rows, channels, seed: 3)
    let layer = DepthwiseConvolution1D(weight: weight, bias: bias)
    let (valid, wanted) = (2..<17, 4..<15)
    let y = arena.tensor(wanted.count, channels)
    layer(x, valid: valid, rows: wanted, into: y.all)
    let expected = wanted.flatMap { row in
      (0..<channels).map { channel in
        Float(
          (0..<taps).reduce(Double(bias.elements[channel])) { sum, tap in
            let source = row + tap - taps / 2
            guard valid.contains(source) else { return sum }
            return sum + x[source, channel] * Double(weight.elements[channel * taps + tap])
          })
      }
    }
    #expect(Comparison(y.elements, expected).maxAbsoluteError < 1e-5)
  }

  @Test("ELU is accurate near zero too, in place and beside")
  func elu() {
    let values: [Float] = [0, -0.0, 1e-8, -1e-8, -1e-4, -0.01, -0.5, -3, -80, -200, 2, 1e30]
    let x = Tensor(shape: [4, 3], elements: values)
    let y = arena.tensor(4, 3)
    x.all.elu(into: y.all)
    x.all.elu(into: x.all)
    for (index, value) in values.enumerated() {
      let expected = value > 0 ? Double(value) : expm1(Double(value))
      #expect(abs(Double(y.elements[index]) - expected) <= 3e-7 * abs(expected))
    }
    #expect(x.elements == y.elements)
  }

  @Test("spectra from magnitudes' logarithms and phases of any size")
  func polar() {
    let bins = 40
    let phases = (0..<bins).map { Float($0 - 20) * 0.71 * Float(pow(1.6, Double($0 % 24))) }
    let logarithms = (0..<bins).map { Float($0) * 0.2 - 3 }
    let x = Tensor(shape: [1, 2 * bins], elements: logarithms + phases)
    let y = arena.tensor(bins, 2)
    x.all.polar(limit: 100, into: y.pointer)
    for bin in 0..<bins {
      let magnitude = min(exp(Double(logarithms[bin])), 100)
      let phase = Double(phases[bin])
      #expect(abs(y[bin, 0] - magnitude * cos(phase)) < 4e-7 * magnitude, "phase \(phase)")
      #expect(abs(y[bin, 1] - magnitude * sin(phase)) < 4e-7 * magnitude, "phase \(phase)")
    }
    // Beyond float's range: cut, not infinite.
    let beyond = Tensor(shape: [1, 2], elements: [1000, 1e30])
    beyond.all.polar(limit: 100, into: y.pointer)
    #expect(abs(y[0, 0]) <= 100 && abs(y[0, 1]) <= 100)
  }
}
