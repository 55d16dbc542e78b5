// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints
internal import NeuralLayers
internal import Tensors

extension CrossDomainTransformer {
  /// Takes the parameters below `crosstransformer`, and those of the 1×1 convolutions around it where it
  /// is wider than the U-Nets' middle, out of the whole network's.
  ///
  /// - Parameter channels: of the U-Nets' middle.
  init(
    _ weights: Weights, _ configuration: HybridTransformerDemucsConfiguration, channels: Int
  ) throws(CheckpointError) {
    let (c, t) = (configuration, configuration.transformer)
    spectral = try Branch(
      weights, suffix: "", t, channels: channels,
      positions: .bandPositions(
        bands: c.bands, frames: c.frames, channels: t.width, period: t.longestPeriod,
        weight: t.positionWeight))
    temporal = try Branch(
      weights, suffix: "_t", t, channels: channels,
      positions: .framePositions(
        frames: c.waveformFrames, channels: t.width, period: t.longestPeriod,
        weight: t.positionWeight))
  }
}

extension CrossDomainTransformer.Branch {
  fileprivate init(
    _ weights: Weights, suffix: String, _ c: HybridTransformerDemucsConfiguration.Transformer,
    channels: Int, positions: Tensor
  ) throws(CheckpointError) {
    self.positions = positions
    let transformer = weights / "crosstransformer"
    norm = try (transformer / "norm_in\(suffix)").layerNormalization(c.width)
    if c.isWidened {
      widening = try (weights / "channel_upsampler\(suffix)").matrix(channels, to: c.width)
      narrowing = try (weights / "channel_downsampler\(suffix)").matrix(c.width, to: channels)
    } else {
      widening = nil
      narrowing = nil
    }
    var layers: [CrossDomainLayer] = []
    for index in 0..<c.layers {
      layers.append(
        try CrossDomainLayer(
          transformer / "layers\(suffix)" / index, width: c.width, heads: c.heads,
          hidden: c.hiddenWidth, isCrossing: index % 2 == 1))
    }
    self.layers = layers
  }
}

extension CrossDomainLayer {
  fileprivate init(
    _ weights: Weights, width: Int, heads: Int, hidden: Int, isCrossing: Bool
  ) throws(CheckpointError) {
    let attention = weights / (isCrossing ? "cross_attn" : "self_attn")
    let inward = try attention.tensor("in_proj_weight", 3 * width, width).elements
    let inwardBias = try attention.tensor("in_proj_bias", 3 * width).elements
    let scale = 1 / Float(width / heads).squareRoot()
    queries = PackedMatrix(
      weights: inward.prefix(width * width).map { $0 * scale }, depth: width, columns: width,
      bias: inwardBias.prefix(width).map { $0 * scale })
    keysAndValues = PackedMatrix(
      weights: Array(inward.dropFirst(width * width)), depth: width, columns: 2 * width,
      bias: Array(inwardBias.dropFirst(width)))
    self.attention = MultiheadAttention(heads: heads)
    projection = try (attention / "out_proj").added(
      width, width, scale: (weights / "gamma_1").tensor("scale", width))

    queryNorm = try (weights / "norm1").layerNormalization(width)
    contextNorm = isCrossing ? try (weights / "norm2").layerNormalization(width) : nil
    hiddenNorm = try (weights / (isCrossing ? "norm3" : "norm2")).layerNormalization(width)
    widening = try (weights / "linear1").matrix(width, to: hidden, isLinear: true)
    narrowing = try (weights / "linear2").added(
      width, hidden, scale: (weights / "gamma_2").tensor("scale", width))
    outputNorm = try (weights / "norm_out").globalNormalization(width)
  }
}

extension Weights {
  fileprivate func layerNormalization(
    _ channels: Int
  ) throws(CheckpointError) -> LayerNormalization {
    LayerNormalization(weight: try tensor("weight", channels), bias: try tensor("bias", channels))
  }

  fileprivate func added(
    _ output: Int, _ input: Int, scale: Tensor
  ) throws(CheckpointError) -> AddedProduct {
    AddedProduct(
      weight: try tensor("weight", output, input), bias: try tensor("bias", output), scale: scale)
  }
}
