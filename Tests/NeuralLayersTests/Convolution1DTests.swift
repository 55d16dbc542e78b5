// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors
internal import TestSupport
internal import Testing

@Suite("Convolution1D")
struct Convolution1DTests {
  let arena = Arena()
  let parallel = Parallel(threads: 2)

  @Test("random lengths, strides, dilations and paddings agree with the definition")
  func randomShapes() {
    var noise = Noise(seed: 11)
    for _ in 0..<60 {
      let (inputs, outputs) = (noise.integer(in: 1...40), noise.integer(in: 1...40))
      let (kernel, dilation) = (noise.integer(in: 1...9), noise.integer(in: 1...9))
      let stride = noise.integer(in: 1...5)
      let padding = (0..<2).map { _ in noise.integer(in: 0...dilation * (kernel - 1)) }
      let weight = noise.tensor(outputs, inputs, kernel)
      let bias = noise.tensor(outputs)
      let x = noise.tensor(noise.integer(in: 1...150), inputs)
      let layer = Convolution1D(
        weight: weight, bias: bias, stride: stride, dilation: dilation,
        padding: .init(before: padding[0], after: padding[1]))
      let expected = ReferenceConvolution(
        weight: weight.reshaped(outputs, inputs, 1, kernel), bias: bias,
        stride: .init(height: 1, width: stride), dilation: .init(height: 1, width: dilation),
        padding: [0, 0, padding[0], padding[1]])(x.reshaped(1, x.shape[0], inputs))
      let found = layer(x, arena: arena, parallel: parallel)
      let comparison = Comparison(found.elements, expected.elements)
      #expect(found.shape == [expected.shape[1], outputs])
      #expect(comparison.relativeToPeak <= kernelTolerance, "\(comparison)")
    }
  }

  @Test("a strided, padded signal cut into blocks agrees with the definition at the seams")
  func cutIntoBlocks() {
    var noise = Noise(seed: 12)
    let weight = noise.tensor(64, 32, 8)
    let x = noise.tensor(20_011, 32)
    let layer = Convolution1D(
      weight: weight, stride: 4, padding: .init(before: 2, after: 3), activation: .relu)
    let found = layer(x, arena: arena, parallel: parallel).elements
    let expected = ReferenceConvolution(
      weight: weight.prefix(2).reshaped(2, 32, 1, 8), stride: .init(height: 1, width: 4),
      padding: [0, 0, 2, 3])(x.reshaped(1, 20_011, 32))
    let comparison = Comparison(
      found.channels(2, of: 64), expected.elements.map { max($0, 0) })
    #expect(comparison.relativeToPeak <= kernelTolerance, "\(comparison)")
  }

  @Test("an impulse comes out as the kernel, reversed in time, at its place")
  func impulseResponse() {
    var x = [Float](repeating: 0, count: 9)
    x[4] = 1
    let layer = Convolution1D(
      weight: Tensor(shape: [1, 1, 3], elements: [1, 2, 3]), padding: .init(1))
    let y = layer(Tensor(shape: [9, 1], elements: x), arena: arena, parallel: parallel)
    #expect(y.elements == [0, 0, 0, 3, 2, 1, 0, 0, 0])
  }
}
