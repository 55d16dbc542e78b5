// SPDX-License-Identifier: Apache-2.0
public import Checkpoints
internal import NeuralLayers
internal import Tensors

extension TimeDemucs {
  /// Whether a checkpoint holds a network of the third generation on samples alone.
  public static func recognises(_ checkpoint: Checkpoint) throws(CheckpointError) -> Bool {
    guard let model = try NamedParameters(checkpoint) else { return false }
    if let name = model.className { return name == "demucs.demucs.Demucs" }
    // The first two generations have a 1×1 convolution here, and no residual branch.
    return model.weights.contains("encoder.0.0.weight")
      && (!model.weights.contains("encoder.0.2.weight")
        || model.weights.contains("encoder.0.3.layers.0.0.weight"))
  }

  /// Loads a network from a checkpoint: the training program's package, or parameters alone.
  ///
  /// - Throws: `CheckpointError`; `.unsupported` for what no public network has.
  public init(_ checkpoint: Checkpoint) throws(CheckpointError) {
    guard let model = try NamedParameters(checkpoint), try TimeDemucs.recognises(checkpoint) else {
      throw .unsupported(path: checkpoint.path, detail: "no Demucs of the third generation")
    }
    let (weights, arguments) = (model.weights, model.arguments)
    if arguments.bool("glu") == false || arguments.bool("gelu") == false {
      throw .unsupported(
        path: checkpoint.path,
        detail: "a third-generation Demucs with other activations than GELU and GLU")
    }
    let c = try DemucsConfiguration(weights, arguments)
    if let problem = c.problem { throw .unsupported(path: checkpoint.path, detail: problem) }
    configuration = c
    let form = GridLayerForm(
      axis: .frames, kernelSize: c.kernelSize, stride: c.stride, padding: 0,
      normGroups: min(max(arguments.int("norm_groups") ?? 4, 1), 4096),
      hasDilatedResiduals: (arguments.int("dconv_depth") ?? 2) >= 0)

    var encoder: [GridEncoderLayer] = []
    for (level, channels) in c.channels.enumerated() {
      let input = level == 0 ? c.audioChannels : c.channels[level - 1]
      encoder.append(
        try GridEncoderLayer(
          numbered: weights / "encoder" / level, from: input, to: channels, form))
    }
    self.encoder = encoder
    memory =
      c.memoryLayers == 0
      ? nil
      : try BottleneckMemory(weights / "lstm", channels: c.channels[c.channels.count - 1])
    var decoder: [GridDecoderLayer] = []
    for (index, level) in c.channels.indices.reversed().enumerated() {
      let output = level == 0 ? c.sources.count * c.audioChannels : c.channels[level - 1]
      decoder.append(
        try GridDecoderLayer(
          numbered: weights / "decoder" / index, from: c.channels[level], to: output, form,
          hasRewriting: encoder[level].rewriting != nil, hasActivation: level > 0))
    }
    self.decoder = decoder
    try weights.finish()
  }
}

extension DemucsConfiguration {
  /// The third generation's: sizes from the parameters' shapes, the rest from what the file says, else
  /// the constructor's defaults.
  fileprivate init(_ weights: Weights, _ arguments: ConstructorArguments) throws(CheckpointError) {
    var channels: [Int] = []
    while let shape = weights.shape(of: "encoder.\(channels.count).0.bias") {
      channels.append(shape.reduce(1, *))
    }
    let first = try (weights / "encoder" / 0 / 0).reference("weight").shape
    guard first.count == 3, !first.contains(0), !channels.isEmpty else {
      throw .wrongShape(key: "encoder.0.0.weight", expected: [1, 1, 1], found: first)
    }
    let last = weights / "decoder" / (channels.count - 1)
    // No norm comes behind the outermost layer's last convolution: the last bias is its own.
    let outputs = (0...5).reversed().lazy.compactMap { last.shape(of: "\($0).bias")?.reduce(1, *) }
    var memoryLayers = 0
    while weights.contains("lstm.lstm.weight_ih_l\(memoryLayers)") { memoryLayers += 1 }
    let sampleRate = arguments.int("samplerate") ?? 44100
    self.init(
      sampleRate: sampleRate, audioChannels: first[1],
      sources: arguments.sources((outputs.first ?? 0) / first[1]), channels: channels,
      kernelSize: first[2], stride: arguments.int("stride") ?? 4, context: 1,
      memoryLayers: memoryLayers, doublesRate: arguments.bool("resample") ?? true,
      normalizesSegments: arguments.bool("normalize") ?? true,
      segmentSamples: arguments.samples("segment", sampleRate: sampleRate) ?? 40 * 44100)
  }
}

extension GridEncoderLayer {
  /// A layer whose parts are numbered by what it has.
  fileprivate init(
    numbered weights: Weights, from input: Int, to channels: Int, _ form: GridLayerForm
  ) throws(CheckpointError) {
    convolution = try ConvolutionBlock(
      strided: weights / 0, norm: weights / 1, from: input, form, .gelu, padding: (0, 0))
    guard convolution.channels == channels else {
      throw .wrongShape(
        key: (weights / 0).key("bias"), expected: [convolution.channels], found: [channels])
    }
    residual = try (weights / 3).residualBranch(channels, isDilated: form.hasDilatedResiduals)
    let next = residual == nil ? 3 : 4
    rewriting = try ConvolutionBlock(
      rewriting: weights / next, norm: weights / (next + 1), channels, form)
  }
}

extension GridDecoderLayer {
  /// A layer whose parts are numbered by what it has.
  fileprivate init(
    numbered weights: Weights, from input: Int, to output: Int, _ form: GridLayerForm,
    hasRewriting: Bool, hasActivation: Bool
  ) throws(CheckpointError) {
    rewriting =
      hasRewriting
      ? try ConvolutionBlock(rewriting: weights / 0, norm: weights / 1, input, form) : nil
    var next = hasRewriting ? 3 : 0
    residual = try (weights / next).residualBranch(input, isDilated: form.hasDilatedResiduals)
    next += residual == nil ? 0 : 1
    widening = try Widening(
      weights / next, norm: weights / (next + 1), from: input, to: output, form,
      hasActivation: hasActivation)
  }
}
