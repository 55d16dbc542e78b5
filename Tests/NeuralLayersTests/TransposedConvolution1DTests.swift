// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors
internal import TestSupport
internal import Testing

/// Every input scatters a scaled kernel: the definition, summed in Double, then cropped.
private func scattered(
  _ x: Tensor, weight: Tensor, bias: Tensor?, stride: Int, crop: (Int, Int)
) -> Tensor {
  let (inputs, outputs, kernel) = (weight.shape[0], weight.shape[1], weight.shape[2])
  let whole = x.shape[0] == 0 ? 0 : (x.shape[0] - 1) * stride + kernel
  let offsets = bias?.elements
  var sums = (0..<whole * outputs).map { Double(offsets?[$0 % outputs] ?? 0) }
  let (source, taps) = (x.elements, weight.elements)
  for time in 0..<x.shape[0] {
    for input in 0..<inputs {
      let value = Double(source[time * inputs + input])
      for output in 0..<outputs {
        for k in 0..<kernel {
          sums[(time * stride + k) * outputs + output] +=
            value * Double(taps[(input * outputs + output) * kernel + k])
        }
      }
    }
  }
  let kept = crop.0..<max(crop.0, whole - crop.1)
  let elements = kept.isEmpty ? [] : sums[kept.lowerBound * outputs..<kept.upperBound * outputs]
  return Tensor(shape: [kept.count, outputs], elements: elements.map { Float($0) })
}

@Suite("TransposedConvolution1D")
struct TransposedConvolution1DTests {
  let arena = Arena()
  let parallel = Parallel(threads: 2)

  @Test("random kernels, strides and croppings agree with the definition")
  func randomShapes() {
    var noise = Noise(seed: 21)
    for _ in 0..<80 {
      let (inputs, outputs) = (noise.integer(in: 1...20), noise.integer(in: 1...20))
      let (kernel, stride) = (noise.integer(in: 1...12), noise.integer(in: 1...6))
      let crop = (noise.integer(in: 0...kernel), noise.integer(in: 0...kernel))
      let weight = noise.tensor(inputs, outputs, kernel)
      let bias = noise.integer(in: 0...1) == 0 ? nil : noise.tensor(outputs)
      let x = noise.tensor(noise.integer(in: 0...60), inputs)
      let layer = TransposedConvolution1D(
        weight: weight, bias: bias, stride: stride, cropBefore: crop.0, cropAfter: crop.1)
      let expected = scattered(x, weight: weight, bias: bias, stride: stride, crop: crop)
      let found = layer(x, arena: arena, parallel: parallel)
      let comparison = Comparison(found.elements, expected.elements)
      #expect(found.shape == expected.shape)
      #expect(comparison.relativeToPeak <= kernelTolerance, "\(comparison)")
    }
  }

  @Test("a long signal, cut into blocks and cropped inside a step, agrees with the definition")
  func cutIntoBlocks() {
    var noise = Noise(seed: 22)
    let weight = noise.tensor(64, 32, 8)
    let x = noise.tensor(1501, 64)
    let layer = TransposedConvolution1D(
      weight: weight, stride: 4, cropBefore: 2, cropAfter: 2, activation: .gelu)
    let expected = scattered(x, weight: weight, bias: nil, stride: 4, crop: (2, 2))
    let comparison = Comparison(
      layer(x, arena: arena, parallel: parallel).elements,
      expected.elements.map { reference(.gelu, $0) })
    #expect(comparison.relativeToPeak <= kernelTolerance, "\(comparison)")
  }

  @Test("it is the adjoint of the convolution with the same weight")
  func adjoint() {
    var noise = Noise(seed: 23)
    let weight = noise.tensor(6, 5, 8)
    let forward = Convolution1D(weight: weight, stride: 4, padding: .init(2))
    let back = TransposedConvolution1D(weight: weight, stride: 4, cropBefore: 2, cropAfter: 2)
    let x = noise.tensor(40, 5)
    let y = noise.tensor(10, 6)
    func product(_ a: Tensor, _ b: Tensor) -> Double {
      #expect(a.shape == b.shape)
      return zip(a.elements, b.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let left = product(forward(x, arena: arena, parallel: parallel), y)
    let right = product(x, back(y, arena: arena, parallel: parallel))
    #expect(abs(left - right) <= 1e-4 * abs(left))
  }
}
