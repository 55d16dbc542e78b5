// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import NeuralLayers
internal import Tensors
internal import TestSupport
internal import Testing

/// a · sigmoid(b), in Double.
func referenceGate(_ a: Float, _ b: Float) -> Float {
  Float(Double(a) / (1 + exp(-Double(b))))
}

@Suite("GatedLinearUnit")
struct GatedLinearUnitTests {
  let arena = Arena()
  let layer = GatedLinearUnit()

  @Test(
    "every length and odd tail agrees with the definition",
    arguments: [(0, 3), (1, 1), (2, 7), (3, 16), (5, 33), (7, 0), (4000, 48)])
  func agreesWithDefinition(rows: Int, channels: Int) {
    var noise = Noise(seed: 31)
    let x = noise.tensor(rows, 2 * channels)
    let source = x.elements
    let expected = (0..<rows * channels).map { index in
      let place = index / channels * 2 * channels + index % channels
      return referenceGate(source[place], source[place + channels])
    }
    let y = layer(x, arena: arena, parallel: Parallel(threads: 2))
    #expect(y.shape == [rows, channels])
    let comparison = Comparison(y.elements, expected)
    #expect(comparison.relativeToPeak <= 1e-6, "\(comparison)")
  }

  @Test("each gate from -80 to 80 is within four units in the last place")
  func relativeError() {
    let gates = (-80_000...80_000).map { Float($0) / 1000 }
    let x = Tensor(shape: [gates.count, 2], elements: gates.flatMap { [1, $0] })
    let y = layer(x, arena: arena, parallel: Parallel(threads: 2)).elements
    let worst = zip(y, gates).map { found, gate in
      let expected = 1 / (1 + exp(-Double(gate)))
      return abs(Double(found) - expected) / expected
    }.max()
    #expect(worst ?? 1 <= 2.4e-7)
  }

  @Test("a gate beyond exp's range is open or shut, and NaN stays NaN")
  func extremes() {
    let x = Tensor(
      shape: [5, 2], elements: [2, 1000, 2, -1000, 2, .infinity, 2, -.infinity, 2, .nan])
    let y = layer(x, arena: arena, parallel: Parallel(threads: 1)).elements
    #expect(y[0] == 2 && y[2] == 2)
    #expect(y[1] < 1e-37 && y[3] < 1e-37)
    #expect(y[4].isNaN)
  }
}
