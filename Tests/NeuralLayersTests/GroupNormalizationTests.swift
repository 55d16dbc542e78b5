// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors
internal import TestSupport
internal import Testing

/// The definition, in Double: `x` is `[rows, channels]`, row-major.
private func normalised(
  _ x: [Float], channels: Int, groups: Int, weight: [Float], bias: [Float], epsilon: Double
) -> [Float] {
  var result = x
  let width = channels / groups
  for group in 0..<groups {
    let places = x.indices.filter { $0 % channels / width == group }
    let mean = places.reduce(0) { $0 + Double(x[$1]) } / Double(places.count)
    let variance =
      places.reduce(0) { $0 + (Double(x[$1]) - mean) * (Double(x[$1]) - mean) }
      / Double(places.count)
    for place in places {
      let channel = place % channels
      result[place] = Float(
        (Double(x[place]) - mean) / (variance + epsilon).squareRoot() * Double(weight[channel])
          + Double(bias[channel]))
    }
  }
  return result
}

@Suite("GroupNormalization")
struct GroupNormalizationTests {
  let arena = Arena()

  @Test(
    "every size, odd tail and activation agrees with the definition",
    arguments: [
      (1, 2, 1), (3, 6, 3), (9, 34, 2), (17, 48, 4), (13, 1030, 5), (100, 16, 16), (2000, 96, 1),
    ], [GroupNormalization.Activation.none, .gelu, .glu])
  func agreesWithDefinition(
    size: (rows: Int, channels: Int, groups: Int), activation: GroupNormalization.Activation
  ) {
    let (rows, channels, groups) = size
    var noise = Noise(seed: 41)
    let (weight, bias) = (noise.tensor(channels), noise.tensor(channels))
    let x = Tensor(
      shape: [rows, channels], elements: noise.tensor(rows, channels).elements.map { 3 * $0 + 1 })
    let layer = GroupNormalization(
      groups: groups, weight: weight, bias: bias, epsilon: 1e-3, activation: activation)
    let plain = normalised(
      x.elements, channels: channels, groups: groups, weight: weight.elements,
      bias: bias.elements, epsilon: 1e-3)
    let half = channels / 2
    let expected =
      switch activation {
      case .none: plain
      case .gelu: plain.map { reference(.gelu, $0) }
      case .glu:
        (0..<rows * half).map { index in
          let place = index / half * channels + index % half
          return referenceGate(plain[place], plain[place + half])
        }
      }
    let y = layer(x, arena: arena, parallel: Parallel(threads: 2))
    #expect(y.shape == [rows, activation == .glu ? half : channels])
    let comparison = Comparison(y.elements, expected)
    #expect(comparison.relativeToPeak <= kernelTolerance, "\(comparison)")
  }

  @Test("the output of every group has mean 0 and variance 1")
  func unitVariance() {
    var noise = Noise(seed: 42)
    let ones = Tensor(shape: [32], elements: .init(repeating: 1, count: 32))
    let zeros = Tensor(shape: [32], elements: .init(repeating: 0, count: 32))
    let layer = GroupNormalization(groups: 4, weight: ones, bias: zeros, epsilon: 0)
    let y = layer(noise.tensor(10, 77, 32), arena: arena, parallel: Parallel(threads: 2))
    let elements = y.elements
    for group in 0..<4 {
      let values = elements.indices.filter { $0 % 32 / 8 == group }.map { Double(elements[$0]) }
      let mean = values.reduce(0, +) / Double(values.count)
      let power = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
      #expect(abs(mean) < 1e-6 && abs(power - 1) < 1e-6)
    }
  }

  @Test("the number of threads changes no bit, and no rows give no rows")
  func threadCountChangesNothing() {
    var noise = Noise(seed: 43)
    let layer = GroupNormalization(groups: 2, weight: noise.tensor(64), bias: noise.tensor(64))
    let x = noise.tensor(10_007, 64)
    let alone = layer(x, arena: arena, parallel: Parallel(threads: 1)).elements
    for threads in [2, 3, 7] {
      #expect(layer(x, arena: arena, parallel: Parallel(threads: threads)).elements == alone)
    }
    let none = layer(noise.tensor(0, 64), arena: arena, parallel: Parallel(threads: 2))
    #expect(none.shape == [0, 64])
  }
}
