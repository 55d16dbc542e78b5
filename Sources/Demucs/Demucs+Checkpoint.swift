// SPDX-License-Identifier: Apache-2.0
public import Checkpoints
internal import NeuralLayers
internal import Tensors

extension Demucs {
  /// Whether a checkpoint holds a network of the first or second generation.
  public static func recognises(_ checkpoint: Checkpoint) throws(CheckpointError) -> Bool {
    if let name = try ConstructedModel(checkpoint)?.className {
      return name == "demucs.model.Demucs"
    }
    guard case .dict = checkpoint.root else { return false }
    // The one quantised network that comes without a package.
    if checkpoint.root["compressed"] != nil { return true }
    guard try checkpoint.weights().contains("encoder.0.0.weight") else { return false }
    return try !TimeDemucs.recognises(checkpoint)
  }

  /// Loads a network from a checkpoint in one of the public layouts: the training program's packages,
  /// or parameters alone.
  ///
  /// - Throws: `CheckpointError`.
  public init(_ checkpoint: Checkpoint) throws(CheckpointError) {
    let package = try DemucsPackage(checkpoint)
    let configuration = try package.configuration()
    if let problem = configuration.problem {
      throw .unsupported(path: checkpoint.path, detail: problem)
    }
    try self.init(package.weights, configuration)
  }

  init(_ weights: Weights, _ configuration: DemucsConfiguration) throws(CheckpointError) {
    let c = configuration
    self.configuration = c
    var encoder: [EncoderLayer] = []
    for (level, channels) in c.channels.enumerated() {
      let layer = weights / "encoder" / level
      let input = level == 0 ? c.audioChannels : c.channels[level - 1]
      encoder.append(
        EncoderLayer(
          convolution: try (layer / 0).convolution(channels, input, c.kernelSize),
          rewriting: try (layer / 2).convolution(2 * channels, channels, 1),
          kernelSize: c.kernelSize, stride: c.stride))
    }
    self.encoder = encoder

    let deepest = c.channels[c.channels.count - 1]
    memory =
      c.memoryLayers == 0 ? nil : try BottleneckMemory(weights / "lstm", channels: deepest)

    var decoder: [DecoderLayer] = []
    for (index, level) in c.channels.indices.reversed().enumerated() {
      let layer = weights / "decoder" / index
      let channels = c.channels[level]
      let output = level == 0 ? c.sources.count * c.audioChannels : c.channels[level - 1]
      decoder.append(
        DecoderLayer(
          convolution: try (layer / 0).convolution(2 * channels, channels, c.context),
          transposed: PackedMatrix(
            transposedConvolution: try (layer / 2).tensor("weight", channels, output, c.kernelSize),
            bias: try (layer / 2).tensor("bias", output), stride: c.stride),
          context: c.context, kernelSize: c.kernelSize, stride: c.stride))
    }
    self.decoder = decoder
    try weights.finish()
  }
}

extension Weights {
  fileprivate func convolution(
    _ output: Int, _ input: Int, _ kernel: Int
  ) throws(CheckpointError) -> PackedMatrix {
    PackedMatrix(
      convolution: try tensor("weight", output, input, kernel), bias: try tensor("bias", output))
  }
}
