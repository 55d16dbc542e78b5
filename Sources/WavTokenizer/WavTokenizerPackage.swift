// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints
internal import Tensors

/// A checkpoint recognised as a WavTokenizer: where its tensors are, whatever the layout calls them.
///
/// Known are the training program's checkpoints and the same tensors alone, whose names begin with
/// `feature_extractor.encodec`, and the conversions for Transformers (`encoder_model.encoder.layers`, in early
/// ones without `encoder_model`).
struct WavTokenizerPackage {
  let encoder: Weights
  let codebook: Weights
  let backbone: Weights
  let head: Weights
  private let weights: Weights
  private let path: String

  init?(_ checkpoint: Checkpoint) throws(CheckpointError) {
    guard case .dict = checkpoint.root else { return nil }
    weights =
      if case .dict = checkpoint.root["state_dict"] {
        try checkpoint.weights(at: "state_dict")
      } else {
        try checkpoint.weights()
      }
    path = checkpoint.path
    backbone = weights / "backbone"
    head = weights / "head"
    let original = weights / "feature_extractor" / "encodec"
    let layouts =
      [
        (original / "encoder" / "model", original / "quantizer" / "vq" / "layers" / 0 / "_codebook")
      ]
      + [weights / "encoder_model", weights].map {
        ($0 / "encoder" / "layers", $0 / "quantizer" / "codebook")
      }
    guard backbone.contains("pos_net.0.norm1.weight"),
      let layout = layouts.first(where: { $0.1.contains("embed") })
    else { return nil }
    (encoder, codebook) = layout
  }

  /// The linear layer of the head.
  var output: Weights { head.contains("out.weight") ? head / "out" : head / "linear" }

  /// A convolution's parameters, `[C out, C in, kernel]` and `[C out]`, however its weight is stored.
  func convolution(
    _ layer: Weights, _ shape: [Int]
  ) throws(CheckpointError) -> (weight: Tensor, bias: Tensor) {
    let layer = wrapped(layer)
    let bias = try layer.tensor("bias", shape[0])
    guard let parts = factors(layer) else {
      return (try layer.tensor("weight", shape: shape), bias)
    }
    let weight = try layer.tensor(parts.direction, shape: shape)
    if let row = weight.setLengths(try layer.tensor(parts.length, shape[0], 1, 1)) {
      throw .malformed(
        path: path, detail: "\(layer.path).\(parts.direction) is zero throughout row \(row)")
    }
    return (weight, bias)
  }

  /// The shape of a convolution's weight.
  private func shape(_ layer: Weights) -> [Int]? {
    let layer = wrapped(layer)
    return layer.shape(of: factors(layer)?.direction ?? "weight")
  }

  /// The layer itself: EnCodec wraps it once or twice.
  private func wrapped(_ layer: Weights) -> Weights {
    layer.contains("conv.conv.bias") ? layer / "conv" / "conv" : layer / "conv"
  }

  /// The names under which weight normalisation keeps lengths and directions, nil where it was taken out.
  private func factors(_ layer: Weights) -> (length: String, direction: String)? {
    [
      ("weight_g", "weight_v"),
      ("parametrizations.weight.original0", "parametrizations.weight.original1"),
    ].first { layer.contains($0.1) }
  }

  /// The hyper-parameters that the tensors' shapes tell.
  func configuration() throws(CheckpointError) -> WavTokenizerConfiguration {
    let first = try shape(encoder / 0, "the encoder's first convolution")
    var strides: [Int] = []
    while encoder.names.contains(where: { $0.hasPrefix("\(3 * strides.count + 1).block.") }) {
      let shape = try shape(encoder / (3 * strides.count + 3), "the encoder's strided convolution")
      guard shape[2] % 2 == 0 else {
        throw .unsupported(path: path, detail: "a strided convolution of \(shape[2]) taps")
      }
      strides.append(shape[2] / 2)
    }
    let memory = encoder / (3 * strides.count + 1) / "lstm"
    var memoryLayers = 0
    while memory.contains("weight_ih_l\(memoryLayers)") { memoryLayers += 1 }
    var blocks = 0
    while backbone.contains("convnext.\(blocks).gamma") { blocks += 1 }
    let codes = try shape(codebook, "embed", rank: 2)
    let embedding = try shape(backbone, "embed.weight", rank: 3)
    let hidden = try shape(backbone, "convnext.0.pwconv1.weight", rank: 2)
    let identifiers = try shape(backbone, "norm.scale.weight", rank: 2)
    let output = try shape(self.output, "weight", rank: 2)
    guard embedding[1] == codes[1] else {
      throw .unsupported(
        path: path,
        detail:
          "a codebook of \(codes[1]) elements a code with a decoder for \(embedding[1]): the two "
          + "belong to different models")
    }
    let configuration = WavTokenizerConfiguration(
      sampleRate: 24000, strides: strides, filters: first[0], codeDimension: codes[1],
      codebookSize: codes[0], memoryLayers: memoryLayers, decoderChannels: embedding[0],
      hiddenChannels: hidden[0], decoderBlocks: blocks, bandwidthIdentifiers: identifiers[0],
      fftLength: output[0] - 2)
    if let problem = configuration.problem { throw .unsupported(path: path, detail: problem) }
    return configuration
  }

  /// The table of codes, `[size, dimension]`.
  func codes(_ c: WavTokenizerConfiguration) throws(CheckpointError) -> Tensor {
    if codebook.contains("inited"), try codebook.tensor("inited", 1).elements == [0] {
      throw .unsupported(path: path, detail: "a codebook that was never trained (inited is 0)")
    }
    return try codebook.tensor("embed", c.codebookSize, c.codeDimension)
  }

  /// Throws where tensors are left over, but for what a training checkpoint holds besides: the
  /// discriminators, the losses' filters, the decoder that EnCodec had, and what codebooks are trained
  /// with.
  func finish() throws(CheckpointError) {
    codebook.ignore("embed_avg", "cluster_size")
    head.ignore("istft")
    weights.ignore(
      "feature_extractor.encodec.decoder", "encoder_model.decoder", "decoder", "multiperioddisc",
      "multiresddisc", "dac", "dacdiscriminator", "melspec_loss", "disc_loss", "gen_loss",
      "feat_matching_loss")
    try weights.finish()
  }

  private func shape(_ layer: Weights, _ name: String) throws(CheckpointError) -> [Int] {
    guard let shape = shape(layer) else {
      throw .missing(key: "\(layer.path) (\(name))", nearest: [])
    }
    guard shape.count == 3, !shape.contains(0) else {
      throw .wrongShape(key: layer.path, expected: [1, 1, 1], found: shape)
    }
    return shape
  }

  private func shape(
    _ weights: Weights, _ name: String, rank: Int
  ) throws(CheckpointError) -> [Int] {
    guard let shape = weights.shape(of: name) else {
      throw .missing(key: "\(weights.path).\(name)", nearest: [])
    }
    guard shape.count == rank, !shape.contains(0) else {
      throw .wrongShape(
        key: "\(weights.path).\(name)", expected: [Int](repeating: 1, count: rank), found: shape)
    }
    return shape
  }
}

extension Tensor {
  /// Each row, all axes but the first, brought to a given length (weight normalisation), in place.
  ///
  /// Returns the first row that has no direction, if any.
  fileprivate func setLengths(_ lengths: Tensor) -> Int? {
    defer { extendLifetime((self, lengths)) }
    let rows = shape[0]
    let width = count / rows
    for row in 0..<rows {
      let values = row * width..<(row + 1) * width
      let direction = UnsafeBufferPointer(
        rebasing: UnsafeBufferPointer(start: pointer, count: count)[values])
      let squares = direction.reduce(0.0) { $0 + Double($1) * Double($1) }
      guard squares > 0 else { return row }
      scale(values, by: Double(lengths.pointer[row]) / squares.squareRoot())
    }
    return nil
  }
}
