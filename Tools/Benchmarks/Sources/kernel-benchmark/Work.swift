// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// One row of the table: what is run, and how much of what it is bound by one run takes.
struct Work: Sendable {
  enum Cost: Sendable {
    /// Floating-point operations, a multiplication and an addition being two.
    case arithmetic(Int)
    /// Bytes read and written, a tensor that is read twice counted twice.
    case memory(Int)
  }

  let name: String
  let size: String
  let cost: Cost
  /// Makes weights and input, and gives back what is measured.
  let prepare: @Sendable (Parallel) -> () -> Void
}

extension Work {
  /// The table, its sizes those of the design's; a new kernel is a new line here.
  static let all: [Work] = [
    convolution2D(32, to: 32, kernel: 3, height: 1024, width: 512),
    convolution2D(128, to: 128, kernel: 3, height: 256, width: 128),
    convolution2D(384, to: 384, kernel: 3, height: 32, width: 16),
    convolution1D(128, to: 512, kernel: 1, time: 10_000),
    convolution1D(512, to: 128, kernel: 1, time: 10_000),
    convolution1D(768, to: 2304, kernel: 1, time: 750),
    convolution1D(32, to: 32, kernel: 3, time: 240_000),
    convolution1D(64, to: 128, kernel: 8, stride: 4, time: 110_250),
    transposedConvolution1D(128, to: 64, kernel: 8, stride: 4, time: 27_562),
    transposedConvolution1D(64, to: 8, kernel: 8, stride: 4, time: 110_250),
    gatedLinearUnit(256, time: 10_000),
    gatedLinearUnit(256, time: 200_000),
    groupNormalization(512, groups: 1, .none, time: 10_000),
    groupNormalization(512, groups: 1, .none, time: 200_000),
    groupNormalization(512, groups: 4, .gelu, time: 200_000),
    groupNormalization(512, groups: 4, .glu, time: 200_000),
  ]

  static func convolution2D(
    _ input: Int, to output: Int, kernel: Int, height: Int, width: Int
  ) -> Work {
    Work(
      name: "conv2d \(kernel)×\(kernel)", size: "\(input)→\(output), \(height)×\(width)",
      cost: .arithmetic(2 * height * width * kernel * kernel * input * output)
    ) { parallel in
      let layer = Convolution2D(
        weight: .noise(output, input, kernel, kernel), bias: .noise(output),
        padding: .init(.init(kernel / 2)), activation: .relu)
      let x = Tensor.noise(height, width, input)
      let arena = Arena()
      return { _ = layer(x, arena: arena, parallel: parallel) }
    }
  }

  static func convolution1D(
    _ input: Int, to output: Int, kernel: Int, stride: Int = 1, time: Int
  ) -> Work {
    Work(
      name: "conv1d k\(kernel)" + (stride > 1 ? " s\(stride)" : ""),
      size: "\(input)→\(output), T=\(time)",
      cost: .arithmetic(2 * (time / stride) * kernel * input * output)
    ) { parallel in
      let layer = Convolution1D(
        weight: .noise(output, input, kernel), bias: .noise(output), stride: stride,
        padding: .init((kernel - stride + 1) / 2), activation: .relu)
      let x = Tensor.noise(time, input)
      let arena = Arena()
      return { _ = layer(x, arena: arena, parallel: parallel) }
    }
  }

  static func transposedConvolution1D(
    _ input: Int, to output: Int, kernel: Int, stride: Int, time: Int
  ) -> Work {
    Work(
      name: "transposed conv1d k\(kernel) s\(stride)", size: "\(input)→\(output), T=\(time)",
      cost: .arithmetic(2 * time * kernel * input * output)
    ) { parallel in
      let layer = TransposedConvolution1D(
        weight: .noise(input, output, kernel), bias: .noise(output), stride: stride,
        cropBefore: (kernel - stride) / 2, cropAfter: (kernel - stride) / 2)
      let x = Tensor.noise(time, input)
      let arena = Arena()
      return { _ = layer(x, arena: arena, parallel: parallel) }
    }
  }

  static func gatedLinearUnit(_ channels: Int, time: Int) -> Work {
    Work(
      name: "GLU", size: "\(2 * channels)→\(channels), T=\(time)",
      cost: .memory(3 * channels * time * MemoryLayout<Float>.stride)
    ) { parallel in
      let x = Tensor.noise(time, 2 * channels)
      let arena = Arena()
      return { _ = GatedLinearUnit()(x, arena: arena, parallel: parallel) }
    }
  }

  static func groupNormalization(
    _ channels: Int, groups: Int, _ activation: GroupNormalization.Activation, time: Int
  ) -> Work {
    let elements = 2 * channels + (activation == .glu ? channels / 2 : channels)
    return Work(
      name: "group norm \(groups)" + (activation == .none ? "" : " + \(activation)"),
      size: "\(channels), T=\(time)",
      cost: .memory(elements * time * MemoryLayout<Float>.stride)
    ) { parallel in
      let layer = GroupNormalization(
        groups: groups, weight: .noise(channels), bias: .noise(channels), activation: activation)
      let x = Tensor.noise(time, channels)
      let arena = Arena()
      return { _ = layer(x, arena: arena, parallel: parallel) }
    }
  }
}

extension Tensor {
  /// Values in -1..<1 that have no short period and are the same in every run.
  static func noise(_ shape: Int...) -> Tensor {
    var state: UInt32 = 1
    let elements = (0..<shape.reduce(1, *)).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Float(Int32(bitPattern: state)) / 0x1p31
    }
    return Tensor(shape: shape, elements: elements)
  }
}
