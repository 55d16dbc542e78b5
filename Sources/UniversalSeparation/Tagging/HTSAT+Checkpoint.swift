// SPDX-License-Identifier: Apache-2.0
public import Checkpoints
internal import NeuralLayers
internal import Tensors

extension HTSAT {
  /// Whether a checkpoint holds an HTS-AT.
  public static func recognises(_ checkpoint: Checkpoint) throws(CheckpointError) -> Bool {
    try TaggerPackage(checkpoint, role: .main, sign: sign) != nil
  }

  /// Loads a network from a training checkpoint of HTS-AT, or from the parameters alone.
  ///
  /// - Throws: `CheckpointError`; `.unsupported` where there is none, or one without a token-semantic head.
  public init(_ checkpoint: Checkpoint) throws(CheckpointError) {
    guard let package = try TaggerPackage(checkpoint, role: .main, sign: Self.sign) else {
      throw .unsupported(path: checkpoint.path, detail: "no HTS-AT")
    }
    let weights = package.weights
    spectrogram = try weights.logMelSpectrogram(path: package.path)
    let c = try weights.configuration(spectrogram.configuration)
    if let problem = c.problem {
      throw .unsupported(path: package.path, detail: "an HTS-AT of \(problem)")
    }
    configuration = c
    let patchSize = c.patch * c.patch
    let embed = weights / "patch_embed"
    patches = PackedMatrix(
      weight: try (embed / "proj").tensor("weight", c.channels, 1, c.patch, c.patch)
        .reshaped(c.channels, patchSize),
      bias: try (embed / "proj").tensor("bias", c.channels))
    patchNorm = try (embed / "norm").layerNormalization(c.channels)
    var stages: [SwinStage] = []
    for stage in 0..<c.depths.count {
      stages.append(try SwinStage(weights / "layers" / stage, stage, c))
    }
    self.stages = stages
    norm = try (weights / "norm").layerNormalization(c.lastChannels)
    classifier = try (weights / "tscam_conv").classifier(c)
    // A classifier of whole clips that the token-semantic head has replaced.
    weights.ignore("head")
    try weights.finish()
  }

  private static let sign = "patch_embed.proj.weight"
}

extension SwinStage {
  fileprivate init(
    _ weights: Weights, _ stage: Int, _ c: HTSATConfiguration
  ) throws(CheckpointError) {
    let (side, channels) = (c.side >> stage, c.channels << stage)
    var blocks: [SwinBlock] = []
    for index in 0..<c.depths[stage] {
      let window = c.windows[stage]
      let shift = index % 2 == 1 && side > window ? window / 2 : 0
      let block = weights / "blocks" / index
      blocks.append(
        try SwinBlock(
          block, channels, heads: c.heads[stage],
          TokenWindows(gridSide: side, side: window, shift: shift)))
    }
    self.blocks = blocks
    guard stage < c.depths.count - 1 else {
      merging = nil
      return
    }
    let downsample = weights / "downsample"
    merging = TokenMerging(
      gridSide: side, norm: try (downsample / "norm").layerNormalization(4 * channels),
      reduction: PackedMatrix(
        weight: try (downsample / "reduction").tensor("weight", 2 * channels, 4 * channels),
        bias: nil))
  }
}

extension SwinBlock {
  fileprivate init(
    _ weights: Weights, _ channels: Int, heads: Int, _ windows: TokenWindows
  ) throws(CheckpointError) {
    self.windows = windows
    attentionNorm = try (weights / "norm1").layerNormalization(channels)
    let attention = weights / "attn"
    let weight = try (attention / "qkv").tensor("weight", 3 * channels, channels)
    let bias = try (attention / "qkv").tensor("bias", 3 * channels)
    let scale = 1 / Float(channels / heads).squareRoot()
    weight.scale(0..<channels * channels, by: scale)
    bias.scale(0..<channels, by: scale)
    projections = PackedMatrix(weight: weight, bias: bias)
    self.attention = WindowAttention(
      bias: try attention.positionBias(heads: heads, side: windows.side))
    output = try (attention / "proj").linear(channels, to: channels)
    hiddenNorm = try (weights / "norm2").layerNormalization(channels)
    let hidden = try (weights / "mlp" / "fc1").sizes(of: "weight", axes: 2)[0]
    widening = try (weights / "mlp" / "fc1").linear(channels, to: hidden)
    narrowing = try (weights / "mlp" / "fc2").linear(hidden, to: channels)
    // Both follow from the sizes.
    attention.ignore("relative_position_index")
    weights.ignore("attn_mask")
  }
}

extension Weights {
  /// The sizes that the shapes tell.
  fileprivate func configuration(
    _ frontEnd: LogMelSpectrogram.Configuration
  ) throws(CheckpointError) -> HTSATConfiguration {
    let proj = try (self / "patch_embed" / "proj").sizes(of: "weight", axes: 4)
    var c = HTSATConfiguration(
      channels: proj[0], depths: [], heads: [], windows: [], patch: proj[3],
      classes: try (self / "tscam_conv").sizes(of: "weight", axes: 4)[0],
      fftLength: frontEnd.fftLength, bands: frontEnd.bands)
    var found: (side: Int, stage: Int)?
    while contains("layers.\(c.depths.count).blocks.0.norm1.weight") {
      let stage = self / "layers" / c.depths.count
      var depth = 0
      while stage.contains("blocks.\(depth).norm1.weight") {
        if found == nil, stage.contains("blocks.\(depth).attn_mask") {
          let mask = try stage.sizes(of: "blocks.\(depth).attn_mask", axes: 3)
          found = (mask[0].squareRoot * mask[1].squareRoot, c.depths.count)
        }
        depth += 1
      }
      let table = try (stage / "blocks" / 0 / "attn")
        .sizes(of: "relative_position_bias_table", axes: 2)
      c.depths.append(depth)
      c.heads.append(table[1])
      c.windows.append((table[0].squareRoot + 1) / 2)
    }
    // Without a shifted block in the file the image is as the publications have it.
    c.side = found.map { $0.side << $0.stage } ?? 256 / c.patch
    return c
  }

  fileprivate func layerNormalization(_ channels: Int) throws(CheckpointError) -> LayerNormalization
  {
    LayerNormalization(
      weight: try tensor("weight", channels), bias: try tensor("bias", channels))
  }

  /// What attention adds for each head, query and key: a number for each distance in rows and columns.
  fileprivate func positionBias(heads: Int, side: Int) throws(CheckpointError) -> Tensor {
    let across = 2 * side - 1
    let table = try tensor("relative_position_bias_table", across * across, heads).elements
    let count = side * side
    var bias = [Float](repeating: 0, count: heads * count * count)
    for head in 0..<heads {
      for query in 0..<count {
        for key in 0..<count {
          let rows = query / side - key / side + side - 1
          let columns = query % side - key % side + side - 1
          bias[(head * count + query) * count + key] =
            table[
              (rows * across + columns) * heads + head]
        }
      }
    }
    return Tensor(shape: [heads, count, count], elements: bias)
  }

  /// The token-semantic convolution over windows of three steps, whose frequencies lie one behind the
  /// other.
  fileprivate func classifier(_ c: HTSATConfiguration) throws(CheckpointError) -> PackedMatrix {
    let (rows, channels) = (c.frequencies, c.lastChannels)
    let weight = try tensor("weight", c.classes, channels, rows, 3).elements
    let depth = 3 * rows * channels
    var ordered = [Float](repeating: 0, count: weight.count)
    for output in 0..<c.classes {
      for channel in 0..<channels {
        for row in 0..<rows {
          for step in 0..<3 {
            ordered[output * depth + (step * rows + row) * channels + channel] =
              weight[output * depth + (channel * rows + row) * 3 + step]
          }
        }
      }
    }
    return PackedMatrix(
      weights: ordered, depth: depth, columns: c.classes,
      bias: try tensor("bias", c.classes).elements)
  }
}

extension Tensor {
  /// Multiplies some elements of a tensor that was just read and that nobody else holds.
  fileprivate func scale(_ range: Range<Int>, by factor: Float) {
    defer { extendLifetime(self) }
    for index in range { pointer[index] *= factor }
  }
}

extension Int {
  /// The root, rounded down.
  fileprivate var squareRoot: Int { Int(Double(self).squareRoot()) }
}
