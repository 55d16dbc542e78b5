// SPDX-License-Identifier: Apache-2.0
internal import Dispatch
internal import NeuralLayers
internal import Tensors
internal import TestSupport
internal import Testing

/// Kernels against their definitions: float32 sums of up to a few thousand terms.
let kernelTolerance = 1e-5

@Suite("Convolution2D")
struct Convolution2DTests {
  let arena = Arena()
  let parallel = Parallel(threads: 2)

  @Test("random sizes, strides, dilations, paddings and groups agree with the definition")
  func randomShapes() {
    var noise = Noise(seed: 1)
    for _ in 0..<60 {
      let groups = [1, 1, 1, 2, 3][noise.integer(in: 0...4)]
      let inputs = groups * noise.integer(in: 1...20)
      let outputs = groups * noise.integer(in: 1...20)
      let kernel = (noise.integer(in: 1...4), noise.integer(in: 1...4))
      let dilation = (noise.integer(in: 1...3), noise.integer(in: 1...3))
      let stride = Convolution2D.Axes(
        height: noise.integer(in: 1...3), width: noise.integer(in: 1...3))
      let reach = (dilation.0 * (kernel.0 - 1), dilation.1 * (kernel.1 - 1))
      let padding = [reach.0, reach.0, reach.1, reach.1].map { noise.integer(in: 0...$0) }
      let weight = noise.tensor(outputs, inputs / groups, kernel.0, kernel.1)
      let bias = noise.integer(in: 0...1) == 0 ? nil : noise.tensor(outputs)
      let x = noise.tensor(noise.integer(in: 1...17), noise.integer(in: 1...17), inputs)
      let axes = Convolution2D.Axes(height: dilation.0, width: dilation.1)
      let layer = Convolution2D(
        weight: weight, bias: bias, stride: stride, dilation: axes,
        padding: .init(
          top: padding[0], bottom: padding[1], left: padding[2], right: padding[3]),
        groups: groups)
      let expected = ReferenceConvolution(
        weight: weight, bias: bias, stride: stride, dilation: axes, padding: padding,
        groups: groups)(x)
      let found = layer(x, arena: arena, parallel: parallel)
      let comparison = Comparison(found.elements, expected.elements)
      #expect(found.shape == expected.shape || found.count == 0 && expected.count == 0)
      #expect(comparison.relativeToPeak <= kernelTolerance, "\(comparison)")
    }
  }

  @Test(
    "activations and residuals come in the order they are named in",
    arguments: [
      Convolution2D.Activation.none, .relu, .leakyReLU(slope: 0.1), .elu, .gelu,
    ], [Convolution2D.Residual.none, .beforeActivation, .afterActivation])
  func epilogues(activation: Convolution2D.Activation, residual: Convolution2D.Residual) {
    var noise = Noise(seed: 2)
    for (inputs, outputs) in [(32, 48), (5, 7)] {
      let weight = noise.tensor(outputs, inputs, 3, 3)
      let bias = noise.tensor(outputs)
      let x = noise.tensor(9, 21, inputs)
      let added = noise.tensor(9, 21, outputs)
      let layer = Convolution2D(
        weight: weight, bias: bias, padding: .init(.init(1)), activation: activation,
        residual: residual)
      let sums = ReferenceConvolution(weight: weight, bias: bias, padding: [1, 1, 1, 1])(x)
      let expected = zip(sums.elements, added.elements).map { sum, added in
        switch residual {
        case .none: reference(activation, sum)
        case .beforeActivation: reference(activation, sum + added)
        case .afterActivation: reference(activation, sum) + added
        }
      }
      let found = layer(
        x, adding: residual == .none ? nil : added, arena: arena, parallel: parallel)
      let comparison = Comparison(found.elements, expected)
      #expect(comparison.relativeToPeak <= kernelTolerance, "\(comparison)")
    }
  }

  @Test("an image cut into blocks agrees with the definition at the seams")
  func cutIntoBlocks() {
    var noise = Noise(seed: 3)
    let weight = noise.tensor(32, 32, 3, 3)
    // 159 · 64 outputs of 18 432 operations: eight blocks, not all of the same height.
    let x = noise.tensor(159, 64, 32)
    let layer = Convolution2D(weight: weight, padding: .init(.init(1)))
    let found = layer(x, arena: arena, parallel: parallel).elements
    let expected = ReferenceConvolution(weight: weight.prefix(2), padding: [1, 1, 1, 1])(x)
    let comparison = Comparison(found.channels(2, of: 32), expected.elements)
    #expect(comparison.relativeToPeak <= kernelTolerance, "\(comparison)")
  }

  @Test("the number of threads changes no bit")
  func threadCountChangesNothing() {
    var noise = Noise(seed: 4)
    let layer = Convolution2D(weight: noise.tensor(32, 32, 3, 3), padding: .init(.init(1)))
    let x = noise.tensor(160, 64, 32)
    let alone = layer(x, arena: arena, parallel: Parallel(threads: 1)).elements
    for threads in [2, 3, 8] {
      #expect(layer(x, arena: arena, parallel: Parallel(threads: threads)).elements == alone)
    }
  }

  @Test("one layer serves several threads and sizes at the same time")
  func sharedAmongThreads() {
    var noise = Noise(seed: 5)
    let layer = Convolution2D(
      weight: noise.tensor(16, 8, 3, 3), bias: noise.tensor(16), padding: .init(.init(1)))
    let one = Parallel(threads: 1)
    // More sizes than the plan cache has places.
    let inputs = (1...80).map { noise.tensor($0, 7, 8) }
    let expected = inputs.map { layer($0, arena: Arena(), parallel: one).elements }
    let agreeing = (0..<4).map { _ in Tensor(shape: [80], elements: .init(repeating: 0, count: 80))
    }
    Parallel(threads: 4).forEach(4) { lane, _ in
      for index in inputs.indices {
        let place = (index + 20 * lane) % 80
        let found = layer(inputs[place], arena: arena, parallel: one).elements
        agreeing[lane].pointer[place] = found == expected[place] ? 1 : 0
      }
    }
    for lane in agreeing { #expect(lane.elements.allSatisfy { $0 == 1 }) }
  }

  @Test("an image with no rows, or fewer than the kernel has, gives an image with none")
  func emptyImages() {
    var noise = Noise(seed: 6)
    let layer = Convolution2D(weight: noise.tensor(4, 3, 5, 1))
    #expect(layer(noise.tensor(0, 4, 3), arena: arena, parallel: parallel).shape == [0, 4, 4])
    #expect(layer(noise.tensor(4, 4, 3), arena: arena, parallel: parallel).shape == [0, 4, 4])
    #expect(layer(noise.tensor(5, 4, 3), arena: arena, parallel: parallel).shape == [1, 4, 4])
  }

  @Test("a steady run takes no new memory")
  func steadyMemory() {
    var noise = Noise(seed: 7)
    let layer = Convolution2D(weight: noise.tensor(32, 32, 3, 3), padding: .init(.init(1)))
    let x = noise.tensor(64, 64, 32)
    _ = layer(x, arena: arena, parallel: Parallel(threads: 1))
    let taken = arena.allocatedBytes
    for _ in 0..<5 { _ = layer(x, arena: arena, parallel: Parallel(threads: 1)) }
    #expect(arena.allocatedBytes == taken)
  }
}
