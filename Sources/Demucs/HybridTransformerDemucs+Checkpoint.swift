// SPDX-License-Identifier: Apache-2.0
public import Checkpoints

extension HybridTransformerDemucs {
  /// Whether a checkpoint holds a Hybrid Transformer Demucs: a package of the training program, its
  /// safetensors form, or parameters alone.
  public static func recognises(_ checkpoint: Checkpoint) throws(CheckpointError) -> Bool {
    try HybridPackage(checkpoint)?.hasTransformer ?? false
  }

  /// Loads a network from a checkpoint in one of the public layouts.
  ///
  /// - Throws: `CheckpointError`; `.unsupported` for what no public network has.
  public init(_ checkpoint: Checkpoint) throws(CheckpointError) {
    guard let package = try HybridPackage(checkpoint), package.hasTransformer else {
      throw .unsupported(path: checkpoint.path, detail: "no Hybrid Transformer Demucs")
    }
    var hybrid = try package.configuration()
    // Of parameters alone it isn't known; this is what most were trained on.
    if !package.arguments.states("segment") { hybrid.segmentSamples = hybrid.sampleRate * 39 / 5 }
    let configuration = HybridTransformerDemucsConfiguration(
      hybrid: hybrid, transformer: try package.transformer())
    if let problem = configuration.problem {
      throw .unsupported(path: checkpoint.path, detail: problem)
    }
    self.configuration = configuration
    network = try HybridUNet(package.weights, hybrid, package.names, path: checkpoint.path)
    transformer = try CrossDomainTransformer(
      package.weights, configuration, channels: package.middleChannels(depth: hybrid.depth))
    try package.weights.finish()
  }
}

extension HybridPackage {
  /// The Transformer's hyper-parameters, as those of the U-Nets.
  fileprivate func transformer() throws(CheckpointError)
    -> HybridTransformerDemucsConfiguration.Transformer
  {
    try refuseUnpublishedTransformers()
    func size(_ name: String) throws(CheckpointError) -> Int {
      let key = "crosstransformer.\(name)"
      return try weights.reference(key).shape.first ?? 0
    }
    var layers = 0
    while weights.contains("crosstransformer.layers.\(layers).linear1.weight") { layers += 1 }
    return HybridTransformerDemucsConfiguration.Transformer(
      width: try size("norm_in.weight"), isWidened: weights.contains("channel_upsampler.weight"),
      hiddenWidth: try size("layers.0.linear1.weight"), heads: arguments.int("t_heads") ?? 8,
      layers: layers, longestPeriod: Float(arguments.double("t_max_period") ?? 10000),
      positionWeight: Float(arguments.double("t_weight_pos_embed") ?? 1))
  }

  /// Channels of both branches' deepest encoder layers, which must be as many.
  fileprivate func middleChannels(depth: Int) throws(CheckpointError) -> Int {
    let spectral = try weights.reference("\(names.encoder).\(depth - 1).conv.bias").shape
    let key = "\(names.timeEncoder).\(depth - 1).conv.bias"
    let temporal = try weights.reference(key).shape
    guard spectral == temporal, spectral.count == 1 else {
      throw .wrongShape(key: key, expected: spectral, found: temporal)
    }
    return spectral[0]
  }

  /// Throws for variants of the class that were never published and that shapes don't tell.
  private func refuseUnpublishedTransformers() throws(CheckpointError) {
    func refuse(_ what: String) -> CheckpointError {
      .unsupported(path: path, detail: "a Hybrid Transformer Demucs \(what)")
    }
    if let positions = arguments.string("t_emb"), positions != "sin" {
      throw refuse("with \(positions) positions")
    }
    for name in [
      "t_norm_in_group", "t_group_norm", "t_sparse_self_attn", "t_sparse_cross_attn",
      "t_cross_first",
    ] where arguments.bool(name) ?? (arguments.int(name) ?? 0 != 0) {
      throw refuse("with \(name)")
    }
    for name in [
      "t_norm_in", "t_norm_first", "t_norm_out", "t_layer_scale", "t_gelu", "use_train_segment",
    ] where arguments.bool(name) == false {
      throw refuse("without \(name)")
    }
  }
}
