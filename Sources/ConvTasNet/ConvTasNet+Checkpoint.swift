// SPDX-License-Identifier: Apache-2.0
public import Checkpoints
internal import NeuralLayers
internal import Tensors

extension ConvTasNet {
  /// Whether a checkpoint holds a network of this family, of whatever dialect.
  public static func recognises(_ checkpoint: Checkpoint) throws(CheckpointError) -> Bool {
    do {
      _ = try ConvTasNetPackage(checkpoint)
      return true
    } catch .unsupported {
      return false
    }
  }

  /// Loads a network from a checkpoint in one of the public layouts, or throws the reason why the
  /// checkpoint isn't one.
  ///
  /// - Parameter adjust: changes what was inferred, where the checkpoint alone does not say.
  public init(
    _ checkpoint: Checkpoint,
    adjust: (inout ConvTasNetConfiguration) throws(CheckpointError) -> Void = { _ in }
  ) throws(CheckpointError) {
    let package = try ConvTasNetPackage(checkpoint)
    var configuration = try package.configuration()
    try adjust(&configuration)
    if let problem = configuration.problem {
      throw .unsupported(path: checkpoint.path, detail: problem)
    }
    try self.init(package.weights, configuration)
  }

  init(_ weights: Weights, _ configuration: ConvTasNetConfiguration) throws(CheckpointError) {
    let c = configuration
    self.configuration = c
    let names = Names(c)

    // [N, A, L] → [N, L·A]: a frame of an interleaved signal is [L, A].
    let encoder = try weights.elements(names.encoder, c.filters, c.audioChannels, c.filterLength)
    self.encoder = PackedMatrix(
      weights: encoder.swappingAxes(1, [c.filters, c.audioChannels, c.filterLength]),
      depth: c.filterLength * c.audioChannels, columns: c.filters, bias: nil)

    bottleneck = NormalizedPointwiseConvolution(
      try names.norm(names.inputNorm, c.inputNorm, channels: c.filters, weights),
      weights: try weights.elements(
        names.bottleneck + ".weight", c.bottleneckChannels, c.filters, 1),
      inputChannels: c.filters,
      bias: try names.bias(names.bottleneck, c.bottleneckChannels, weights))

    var blocks: [TemporalBlock] = []
    for index in 0..<c.blockCount {
      blocks.append(try TemporalBlock(weights, names, c, index: index))
    }
    self.blocks = blocks

    let maskChannels = c.skipChannels > 0 ? c.skipChannels : c.bottleneckChannels
    maskSlope = try names.maskSlope.map { name throws(CheckpointError) in
      try weights.elements(name, 1)[0]
    }
    maskConvolution = PackedMatrix(
      weights: try weights.elements(
        names.maskConvolution + ".weight", c.sources.count * c.filters, maskChannels, 1),
      depth: maskChannels, columns: c.sources.count * c.filters,
      bias: try names.bias(names.maskConvolution, c.sources.count * c.filters, weights))

    // A Linear [A·L, N] or the filters [N, A = 1, L] of a transposed convolution → [L·A, N].
    let frame = c.audioChannels * c.filterLength
    let synthesis: [Float]
    if c.dialect == .kaituoxu {
      let rows = try weights.elements(names.decoder, frame, c.filters)
      synthesis = rows.swappingAxes(0, [c.audioChannels, c.filterLength, c.filters])
    } else {
      let filters = try weights.elements(names.decoder, c.filters, 1, c.filterLength)
      synthesis = filters.swappingAxes(0, [c.filters, c.filterLength, 1])
    }
    decoder = PackedMatrix(weights: synthesis, depth: c.filters, columns: frame, bias: nil)

    try weights.finish(allowing: names.mayStayUnused)
  }
}

extension TemporalBlock {
  init(
    _ weights: Weights, _ names: Names, _ c: ConvTasNetConfiguration, index: Int
  ) throws(CheckpointError) {
    let block = names.block(index)
    let h = c.hiddenChannels
    widen = PackedMatrix(
      weights: try weights.elements(block.widen + ".weight", h, c.bottleneckChannels, 1),
      depth: c.bottleneckChannels, columns: h, bias: try names.bias(block.widen, h, weights))
    firstSlope = try weights.elements(block.firstSlope, 1)[0]
    convolve = NormalizedDepthwiseConvolution(
      try names.norm(block.firstNorm, c.norm, channels: h, weights),
      weights: try weights.elements(block.depthwise + ".weight", h, 1, c.kernelSize),
      taps: c.kernelSize, bias: try names.bias(block.depthwise, h, weights),
      dilation: c.dilation(index), isCausal: c.isCausal,
      slope: try weights.elements(block.secondSlope, 1)[0])

    // Residual and skip outputs side by side. The last block's residual reaches nothing when there
    // are skips: torchaudio leaves it out, asteroid computes it in vain.
    hasResidual = c.skipChannels == 0 || index < c.blockCount - 1
    var heads: [Float] = []
    var biases: [Float] = []
    if hasResidual {
      heads += try weights.elements(block.residual + ".weight", c.bottleneckChannels, h, 1)
      biases += try names.bias(block.residual, c.bottleneckChannels, weights) ?? []
    }
    if c.skipChannels > 0 {
      heads += try weights.elements(block.skip + ".weight", c.skipChannels, h, 1)
      biases += try names.bias(block.skip, c.skipChannels, weights) ?? []
    }
    narrow = NormalizedPointwiseConvolution(
      try names.norm(block.secondNorm, c.norm, channels: h, weights), weights: heads,
      inputChannels: h, bias: biases.isEmpty ? nil : biases)
  }
}

/// What a dialect calls the parameters.
struct Names {
  private let configuration: ConvTasNetConfiguration

  init(_ configuration: ConvTasNetConfiguration) { self.configuration = configuration }

  var encoder: String {
    switch configuration.dialect {
    case .kaituoxu: "encoder.conv1d_U.weight"
    case .asteroid: "encoder.filterbank._filters"
    case .torchaudio: "encoder.weight"
    }
  }

  var inputNorm: String {
    switch configuration.dialect {
    case .kaituoxu: "separator.network.0"
    case .asteroid: "masker.bottleneck.0"
    case .torchaudio: "mask_generator.input_norm"
    }
  }

  var bottleneck: String {
    switch configuration.dialect {
    case .kaituoxu: "separator.network.1"
    case .asteroid: "masker.bottleneck.1"
    case .torchaudio: "mask_generator.input_conv"
    }
  }

  var maskSlope: String? {
    switch configuration.dialect {
    case .kaituoxu: nil
    case .asteroid: "masker.mask_net.0.weight"
    case .torchaudio: "mask_generator.output_prelu.weight"
    }
  }

  var maskConvolution: String {
    switch configuration.dialect {
    case .kaituoxu: "separator.network.3"
    case .asteroid: "masker.mask_net.1"
    case .torchaudio: "mask_generator.output_conv"
    }
  }

  var decoder: String {
    switch configuration.dialect {
    case .kaituoxu: "decoder.basis_signals.weight"
    case .asteroid: "decoder.filterbank._filters"
    case .torchaudio: "decoder.weight"
    }
  }

  /// The names within one block.
  struct Block {
    let widen, firstSlope, firstNorm, depthwise, secondSlope, secondNorm, residual, skip: String
  }

  func block(_ index: Int) -> Block {
    let isCausal = configuration.isCausal
    switch configuration.dialect {
    case .kaituoxu:
      let (repeatIndex, layer) = index.quotientAndRemainder(dividingBy: configuration.blocks)
      let net = "separator.network.2.\(repeatIndex).\(layer).net"
      // The cut behind a causal convolution takes a place of its own.
      let next = isCausal ? 2 : 1
      return Block(
        widen: "\(net).0", firstSlope: "\(net).1.weight", firstNorm: "\(net).2",
        depthwise: "\(net).3.net.0", secondSlope: "\(net).3.net.\(next).weight",
        secondNorm: "\(net).3.net.\(next + 1)", residual: "\(net).3.net.\(next + 2)", skip: "")
    case .asteroid:
      let block = "masker.TCN.\(index)"
      let shared = "\(block).shared_block"
      return Block(
        widen: "\(shared).0", firstSlope: "\(shared).1.weight", firstNorm: "\(shared).2",
        depthwise: isCausal ? "\(shared).3.0" : "\(shared).3", secondSlope: "\(shared).4.weight",
        secondNorm: "\(shared).5", residual: "\(block).res_conv", skip: "\(block).skip_conv")
    case .torchaudio:
      let block = "mask_generator.conv_layers.\(index)"
      let layers = "\(block).conv_layers"
      return Block(
        widen: "\(layers).0", firstSlope: "\(layers).1.weight", firstNorm: "\(layers).2",
        depthwise: "\(layers).3", secondSlope: "\(layers).4.weight", secondNorm: "\(layers).5",
        residual: "\(block).res_out", skip: "\(block).skip_out")
    }
  }

  /// A norm's parameters.
  func norm(
    _ name: String, _ kind: ConvTasNetConfiguration.Norm, channels: Int, _ weights: Weights
  ) throws(CheckpointError) -> Normalization {
    // kaituoxu keeps γ and β as [1, C, 1]; torchaudio's gLN is a GroupNorm.
    let shape = configuration.dialect == .kaituoxu ? [1, channels, 1] : [channels]
    let isGroupNorm = configuration.dialect == .torchaudio
    let (gammaName, betaName) =
      isGroupNorm ? ("\(name).weight", "\(name).bias") : ("\(name).gamma", "\(name).beta")
    switch kind {
    case .global:
      return .global(
        gamma: try weights.elements(gammaName, shape), beta: try weights.elements(betaName, shape),
        epsilon: 1e-8)
    case .channelwise:
      return .channelwise(
        gamma: try weights.elements(gammaName, shape), beta: try weights.elements(betaName, shape),
        epsilon: 1e-8)
    case .batch:
      return .batch(
        gamma: try weights.elements("\(name).weight", channels),
        beta: try weights.elements("\(name).bias", channels),
        mean: try weights.elements("\(name).running_mean", channels),
        variance: try weights.elements("\(name).running_var", channels), epsilon: 1e-5)
    case .identity: return .identity(channels: channels)
    }
  }

  /// A convolution's bias, which kaituoxu's have not.
  func bias(
    _ name: String, _ channels: Int, _ weights: Weights
  ) throws(CheckpointError) -> [Float]? {
    guard configuration.dialect != .kaituoxu else { return nil }
    return try weights.elements("\(name).bias", channels)
  }

  /// Parameters that reach no output.
  func mayStayUnused(_ name: String) -> Bool {
    name.hasSuffix("num_batches_tracked")
      || name.hasPrefix(block(configuration.blockCount - 1).residual + ".")
  }
}

extension Weights {
  fileprivate func elements(_ name: String, _ shape: Int...) throws(CheckpointError) -> [Float] {
    try elements(name, shape)
  }

  fileprivate func elements(_ name: String, _ shape: [Int]) throws(CheckpointError) -> [Float] {
    try tensor(name, shape: shape).elements
  }
}

extension [Float] {
  /// Swaps axis `axis` of a three-axis array with the one behind it.
  fileprivate func swappingAxes(_ axis: Int, _ shape: [Int]) -> [Float] {
    let outer = axis == 0 ? 1 : shape[0]
    let inner = axis == 0 ? shape[2] : 1
    let (rows, columns) = (shape[axis], shape[axis + 1])
    var result = [Float](repeating: 0, count: count)
    for o in 0..<outer {
      for row in 0..<rows {
        for column in 0..<columns {
          for i in 0..<inner {
            result[((o * columns + column) * rows + row) * inner + i] =
              self[((o * rows + row) * columns + column) * inner + i]
          }
        }
      }
    }
    return result
  }
}
