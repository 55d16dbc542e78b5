// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints
internal import NeuralLayers
internal import Tensors

/// What the shapes of a layer's parameters don't say.
struct GridLayerForm {
  /// The axis that the layer strides along.
  let axis: TransposedGridConvolution.Axis
  let kernelSize: Int
  let stride: Int
  /// How many rows or frames of zeros are added, or left out, at each end.
  let padding: Int
  let normGroups: Int
  let hasDilatedResiduals: Bool

  /// A weight's axes behind the channels.
  fileprivate var kernel: [Int?] { axis == .rows ? [kernelSize, 1] : [kernelSize] }
}

extension ConvolutionBlock {
  /// The strided convolution of a layer, and the norm behind it.
  ///
  /// - Parameters:
  ///   - activation: `.none` where nothing comes behind it.
  ///   - padding: Zeros at the two ends; `nil`: as the form has it, and along time as many more as make
  ///     the signal's length a multiple of the stride.
  init(
    strided weights: Weights, norm: Weights, from input: Int, _ form: GridLayerForm,
    _ activation: Activation, padding: (before: Int, after: Int)? = nil
  ) throws(CheckpointError) {
    let weight = try weights.weight([nil, input] + form.kernel)
    let channels = weight.shape[0]
    let bias = try weights.tensor("bias", channels)
    let convolution: GridConvolution
    switch form.axis {
    case .rows:
      let (before, after) = padding ?? (form.padding, form.padding)
      convolution = GridConvolution(
        weight: weight, bias: bias, stride: .init(height: form.stride, width: 1),
        padding: .init(top: before, bottom: after))
    case .frames:
      let (before, after) = padding ?? (form.padding, form.padding + form.stride - 1)
      convolution = GridConvolution(
        weight: weight, bias: bias, stride: .init(height: 1, width: form.stride),
        padding: .init(left: before, right: after))
    }
    self.init(
      convolution: convolution,
      norm: activation == .none
        ? nil : try norm.groupNormalization(groups: form.normGroups, channels: channels, .gelu),
      activation: activation, isPointwise: false)
  }

  /// A convolution to twice the channels, if there is one, its norm, and the gated linear unit.
  init?(
    rewriting weights: Weights, norm: Weights, _ channels: Int, _ form: GridLayerForm
  ) throws(CheckpointError) {
    guard let shape = weights.shape(of: "weight") else { return nil }
    let axes = form.axis == .rows ? 2 : 1
    let weight = try weights.weight([2 * channels, channels] + [Int?](repeating: nil, count: axes))
    // Kernels reach as far to both sides.
    guard shape[2...].allSatisfy({ $0 % 2 == 1 }) else {
      throw .wrongShape(
        key: weights.key("weight"), expected: shape[..<2] + shape[2...].map { $0 / 2 * 2 + 1 },
        found: shape)
    }
    let reach = shape.suffix(axes).map { $0 / 2 }
    self.init(
      convolution: GridConvolution(
        weight: weight, bias: try weights.tensor("bias", 2 * channels),
        padding: .init(.init(height: axes == 2 ? reach[0] : 0, width: reach[axes - 1]))),
      norm: try norm.groupNormalization(groups: form.normGroups, channels: 2 * channels, .glu),
      activation: .glu, isPointwise: reach.allSatisfy { $0 == 0 })
  }
}

extension Widening {
  /// - Parameter hasActivation: no in the outermost layer.
  init(
    _ weights: Weights, norm: Weights, from input: Int, to output: Int, _ form: GridLayerForm,
    hasActivation: Bool
  ) throws(CheckpointError) {
    let weight = try weights.weight([input, output] + form.kernel)
    convolution = TransposedGridConvolution(
      weight: weight.reshaped(input, output, weight.shape[2]),
      bias: try weights.tensor("bias", output), stride: form.stride, along: form.axis)
    self.norm = try norm.groupNormalization(
      groups: form.normGroups, channels: output, hasActivation ? .gelu : .none)
    self.hasActivation = hasActivation
    crop = form.padding
  }
}

extension GridEncoderLayer {
  /// A hybrid network's.
  ///
  /// - Parameter padding: Zeros at the two ends, where they are not alike.
  init(
    _ weights: Weights, from input: Int, _ form: GridLayerForm,
    padding: (before: Int, after: Int)? = nil
  ) throws(CheckpointError) {
    convolution = try ConvolutionBlock(
      strided: weights / "conv", norm: weights / "norm1", from: input, form, .gelu,
      padding: padding)
    let channels = convolution.channels
    residual = try (weights / "dconv").residualBranch(
      channels, isDilated: form.hasDilatedResiduals)
    rewriting = try ConvolutionBlock(
      rewriting: weights / "rewrite", norm: weights / "norm2", channels, form)
  }
}

extension GridDecoderLayer {
  /// A hybrid network's.
  init(
    _ weights: Weights, from input: Int, to output: Int, _ form: GridLayerForm,
    hasActivation: Bool
  ) throws(CheckpointError) {
    rewriting = try ConvolutionBlock(
      rewriting: weights / "rewrite", norm: weights / "norm1", input, form)
    residual = try (weights / "dconv").residualBranch(
      input, isDilated: form.hasDilatedResiduals)
    widening = try Widening(
      weights / "conv_tr", norm: weights / "norm2", from: input, to: output, form,
      hasActivation: hasActivation)
  }
}
