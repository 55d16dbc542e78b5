// SPDX-License-Identifier: Apache-2.0
public import Checkpoints
internal import NeuralLayers
internal import SpectralTransforms
internal import Tensors

extension WavTokenizer {
  /// Whether a checkpoint holds a network of this family.
  public static func recognises(_ checkpoint: Checkpoint) throws(CheckpointError) -> Bool {
    try WavTokenizerPackage(checkpoint) != nil
  }

  /// The hyper-parameters that a checkpoint's tensors tell.
  ///
  /// - Throws: `CheckpointError`; `.unsupported` where it is none of this family.
  public static func configuration(
    of checkpoint: Checkpoint
  ) throws(CheckpointError) -> WavTokenizerConfiguration {
    try package(checkpoint).configuration()
  }

  /// Loads a network from a checkpoint in one of the public layouts.
  ///
  /// - Parameters:
  ///   - configuration: What else is known of the network, such as from its training configuration: it
  ///     must agree with the tensors' shapes. Without it, these tell everything.
  ///   - parts: What will be used of it.
  /// - Throws: `CheckpointError`; `.unsupported` where it is none of this family, where its parts don't
  ///   belong together, and where the configuration is another model's.
  public init(
    _ checkpoint: Checkpoint, configuration: WavTokenizerConfiguration? = nil, parts: Parts = .all
  ) throws(CheckpointError) {
    let package = try Self.package(checkpoint)
    let found = try package.configuration()
    if let configuration, let problem = configuration.contradiction(to: found) {
      throw .unsupported(path: checkpoint.path, detail: problem)
    }
    let c = configuration ?? found
    if let problem = c.problem { throw .unsupported(path: checkpoint.path, detail: problem) }
    self.configuration = c
    codebook = Codebook(
      table: try package.codes(c), isSearched: parts.contains(.encoder))
    if parts.contains(.encoder) {
      encoder = try SEANetEncoder(package, c)
    } else {
      encoder = nil
    }
    if parts.contains(.decoder) {
      decoder = try VocosBackbone(package.backbone, c)
      head = try FourierHead(package, c)
    } else {
      (decoder, head) = (nil, nil)
    }
    if parts == .all { try package.finish() }
  }

  private static func package(
    _ checkpoint: Checkpoint
  ) throws(CheckpointError) -> WavTokenizerPackage {
    guard let package = try WavTokenizerPackage(checkpoint) else {
      throw .unsupported(path: checkpoint.path, detail: "no WavTokenizer")
    }
    return package
  }
}

extension Tensor {
  /// Multiplies some elements of a tensor that was just read and that nobody else holds.
  func scale(_ range: Range<Int>, by factor: Double) {
    defer { extendLifetime(self) }
    for index in range { pointer[index] = Float(Double(pointer[index]) * factor) }
  }
}

extension SEANetEncoder {
  fileprivate init(
    _ package: WavTokenizerPackage, _ c: WavTokenizerConfiguration
  ) throws(CheckpointError) {
    func convolution(
      _ index: Int, _ output: Int, _ input: Int, _ kernel: Int, stride: Int = 1
    ) throws(CheckpointError) -> ReflectedConvolution1D {
      let (weight, bias) = try package.convolution(
        package.encoder / index, [output, input, kernel])
      return ReflectedConvolution1D(weight: weight, bias: bias, stride: stride)
    }
    let outer = WavTokenizerConfiguration.outerKernelSize
    first = try convolution(0, c.filters, 1, outer)
    var stages: [Stage] = []
    for (index, stride) in c.strides.enumerated() {
      let channels = c.filters << index
      stages.append(
        Stage(
          residual: try ResidualBlock(package, package.encoder / (3 * index + 1), channels),
          downsampling: try convolution(
            3 * index + 3, 2 * channels, channels, 2 * stride, stride: stride)))
    }
    self.stages = stages
    let units = c.deepestChannels
    let lstm = package.encoder / (3 * stages.count + 1) / "lstm"
    var layers: [LongShortTermMemory.Parameters] = []
    for layer in 0..<c.memoryLayers {
      layers.append(
        LongShortTermMemory.Parameters(
          inputWeight: try lstm.tensor("weight_ih_l\(layer)", 4 * units, units),
          recurrentWeight: try lstm.tensor("weight_hh_l\(layer)", 4 * units, units),
          inputBias: try lstm.tensor("bias_ih_l\(layer)", 4 * units),
          recurrentBias: try lstm.tensor("bias_hh_l\(layer)", 4 * units)))
    }
    memory = ForwardLongShortTermMemory(layers: layers)
    last = try convolution(3 * stages.count + 3, c.codeDimension, units, outer)
  }
}

extension SEANetEncoder.ResidualBlock {
  fileprivate init(
    _ package: WavTokenizerPackage, _ layer: Weights, _ channels: Int
  ) throws(CheckpointError) {
    let hidden = channels / 2
    let (weight, bias) = try package.convolution(
      layer / "block" / 1, [hidden, channels, WavTokenizerConfiguration.residualKernelSize])
    convolution = ReflectedConvolution1D(weight: weight, bias: bias, stride: 1)
    let inner = try package.convolution(layer / "block" / 3, [channels, hidden, 1])
    let shortcut = try package.convolution(layer / "shortcut", [channels, channels, 1])
    let (a, b) = (inner.weight.elements, shortcut.weight.elements)
    var sideBySide: [Float] = []
    for row in 0..<channels {
      sideBySide += a[row * hidden..<(row + 1) * hidden]
      sideBySide += b[row * channels..<(row + 1) * channels]
    }
    output = PackedMatrix(
      weights: sideBySide, depth: hidden + channels, columns: channels,
      bias: zip(inner.bias.elements, shortcut.bias.elements).map(+))
  }
}

extension VocosBackbone {
  fileprivate init(
    _ weights: Weights, _ c: WavTokenizerConfiguration
  ) throws(CheckpointError) {
    let channels = c.decoderChannels
    embedding = try (weights / "embed").convolution(
      channels, c.codeDimension, WavTokenizerConfiguration.outerKernelSize)
    positional = try PositionalNetwork(weights / "pos_net", channels)
    norm = try AdaptiveNormalization(weights / "norm", c)
    var blocks: [ConvNeXtBlock] = []
    for index in 0..<c.decoderBlocks {
      blocks.append(try ConvNeXtBlock(weights / "convnext" / index, c))
    }
    self.blocks = blocks
    let last = weights / "final_layer_norm"
    lastNorm = AdaptiveNormalization(
      scales: [try last.tensor("weight", channels)], shifts: [try last.tensor("bias", channels)])
  }
}

extension VocosBackbone.AdaptiveNormalization {
  fileprivate init(
    _ weights: Weights, _ c: WavTokenizerConfiguration
  ) throws(CheckpointError) {
    func table(_ name: String) throws(CheckpointError) -> [Tensor] {
      let channels = c.decoderChannels
      let all = try (weights / name).tensor("weight", c.bandwidthIdentifiers, channels).elements
      return (0..<c.bandwidthIdentifiers).map {
        Tensor(shape: [channels], elements: Array(all[$0 * channels..<($0 + 1) * channels]))
      }
    }
    self.init(scales: try table("scale"), shifts: try table("shift"))
  }
}

extension PositionalNetwork {
  fileprivate init(_ weights: Weights, _ channels: Int) throws(CheckpointError) {
    func residual(_ index: Int) throws(CheckpointError) -> ResidualBlock {
      let block = weights / index
      return ResidualBlock(
        firstNorm: try (block / "norm1").groupNormalization(channels),
        first: try (block / "conv1").convolution(channels, channels, 3),
        secondNorm: try (block / "norm2").groupNormalization(channels),
        second: try (block / "conv2").convolution(channels, channels, 3))
    }
    before = [try residual(0), try residual(1)]
    after = [try residual(3), try residual(4)]
    let block = weights / 2
    attention = AttentionBlock(
      norm: try (block / "norm").groupNormalization(channels),
      queries: try (block / "q").convolution(
        channels, channels, 1, scale: 1 / Double(channels).squareRoot()),
      keys: try (block / "k").convolution(channels, channels, 1),
      values: try (block / "v").convolution(channels, channels, 1),
      projection: try (block / "proj_out").convolution(channels, channels, 1))
    norm = try (weights / 5).groupNormalization(channels)
  }
}

extension ConvNeXtBlock {
  fileprivate init(
    _ weights: Weights, _ c: WavTokenizerConfiguration
  ) throws(CheckpointError) {
    let (channels, hidden) = (c.decoderChannels, c.hiddenChannels)
    convolution = DepthwiseConvolution1D(
      weight: try (weights / "dwconv").tensor(
        "weight", channels, 1, WavTokenizerConfiguration.outerKernelSize),
      bias: try (weights / "dwconv").tensor("bias", channels))
    norm = try VocosBackbone.AdaptiveNormalization(weights / "norm", c)
    widening = PackedMatrix(
      weight: try (weights / "pwconv1").tensor("weight", hidden, channels),
      bias: try (weights / "pwconv1").tensor("bias", hidden))
    let scale = try weights.tensor("gamma", channels)
    defer { extendLifetime(scale) }
    let weight = try (weights / "pwconv2").tensor("weight", channels, hidden)
    let bias = try (weights / "pwconv2").tensor("bias", channels)
    for row in 0..<channels {
      weight.scale(row * hidden..<(row + 1) * hidden, by: Double(scale.pointer[row]))
      bias.scale(row..<row + 1, by: Double(scale.pointer[row]))
    }
    narrowing = PackedMatrix(weight: weight, bias: bias)
  }
}

extension FourierHead {
  fileprivate init(
    _ package: WavTokenizerPackage, _ c: WavTokenizerConfiguration
  ) throws(CheckpointError) {
    let layer = package.output
    if let window = package.head.shape(of: "istft.window"), window != [c.fftLength] {
      throw .wrongShape(key: "head.istft.window", expected: [c.fftLength], found: window)
    }
    output = PackedMatrix(
      weight: try layer.tensor("weight", c.fftLength + 2, c.decoderChannels),
      bias: try layer.tensor("bias", c.fftLength + 2))
    do {
      transform = try ShortTimeFourierTransform(
        ShortTimeFourierConfiguration(
          fftLength: c.fftLength, hopLength: c.hopLength, padding: .same))
    } catch {
      throw .unsupported(path: layer.path, detail: "\(error)")
    }
  }
}

extension Weights {
  fileprivate func convolution(
    _ output: Int, _ input: Int, _ kernel: Int, scale: Double = 1
  ) throws(CheckpointError) -> PackedMatrix {
    let weight = try tensor("weight", output, input, kernel)
    let bias = try tensor("bias", output)
    if scale != 1 {
      weight.scale(0..<weight.count, by: scale)
      bias.scale(0..<bias.count, by: scale)
    }
    return PackedMatrix(convolution: weight, bias: bias)
  }

  fileprivate func groupNormalization(
    _ channels: Int
  ) throws(CheckpointError) -> TiledGroupNormalization {
    TiledGroupNormalization(
      groups: WavTokenizerConfiguration.normalizationGroups,
      weight: try tensor("weight", channels), bias: try tensor("bias", channels), epsilon: 1e-6)
  }
}
