// SPDX-License-Identifier: Apache-2.0
public import Checkpoints
internal import NeuralLayers
internal import Tensors

extension ResUNet30 {
  /// Whether a checkpoint holds a ResUNet30: a training program's, with or without all that belongs to
  /// training, or parameters alone.
  public static func recognises(_ checkpoint: Checkpoint) throws(CheckpointError) -> Bool {
    try place(in: checkpoint) != nil
  }

  /// Where a checkpoint keeps the separator.
  private static func place(in checkpoint: Checkpoint) throws(CheckpointError) -> Weights? {
    guard case .dict = checkpoint.root else { return nil }
    let all =
      if case .dict? = checkpoint.root["state_dict"] {
        try checkpoint.weights(at: "state_dict")
      } else {
        try checkpoint.weights()
      }
    for place in [all / "ss_model", all] where place.contains("base.pre_conv.weight") {
      return place
    }
    return nil
  }

  /// Loads a network from a checkpoint in one of the public layouts.
  ///
  /// Widths, the transform's length and the condition's size come from shapes.
  ///
  /// - Parameter configure: May change what no shape says, such as the hop.
  /// - Throws: `CheckpointError`; `.unsupported` for sizes that can't be run.
  public init(
    _ checkpoint: Checkpoint,
    configure: (inout ResUNet30Configuration) throws(CheckpointError) -> Void = { _ in }
  ) throws(CheckpointError) {
    guard let weights = try Self.place(in: checkpoint) else {
      throw .unsupported(path: checkpoint.path, detail: "it holds no ResUNet30")
    }
    let base = weights / "base"
    var modulation = QueryModulation.Builder(weights / "film")
    let prepared = try base.channels("pre_conv.weight")
    preparation = PackedMatrix(
      weight: try base.tensor("pre_conv.weight", prepared, 1, 1, 1),
      bias: try base.tensor("pre_conv.bias", prepared))

    var widths: [Int] = []
    encoder = try (1...Self.levels).map { level throws(CheckpointError) in
      let name = "encoder_block\(level)"
      let block = try ResidualBlock(
        base / name / "conv_block1", "\(name)->conv_block1", from: [widths.last ?? prepared],
        &modulation)
      widths.append(block.second.channels)
      let size = Self.halved(at: level)
      return Encoder(block: block, pooling: AveragePooling(height: size.frames, width: size.bins))
    }
    middle = try ResidualBlock(
      base / "conv_block7a" / "conv_block1", "conv_block7a->conv_block1", from: [widths[5]],
      &modulation)
    var width = middle.second.channels
    decoder = try (1...Self.levels).map { index throws(CheckpointError) in
      let level = Self.levels + 1 - index
      let layer = try Decoder(
        base / "decoder_block\(index)", "decoder_block\(index)", from: width,
        skip: widths[level - 1], stride: Self.halved(at: level), &modulation)
      width = widths[level - 1]
      return layer
    }
    masks = PackedMatrix(
      weight: try base.tensor("after_conv.weight", 3, width, 1, 1),
      bias: try base.tensor("after_conv.bias", 3))
    self.modulation = modulation.modulation

    let bins = try base.channels("bn0.weight")
    var configuration = ResUNet30Configuration(
      fftLength: 2 * (bins - 1), channels: widths + [middle.second.channels],
      conditionSize: modulation.conditionSize)
    try configure(&configuration)
    if let problem = configuration.problem(bins: bins) {
      throw .unsupported(path: checkpoint.path, detail: "a ResUNet30 with \(problem)")
    }
    self.configuration = configuration
    let norm = try (base / "bn0").batchNormalization(bins)
    do {
      spectrum = try MaskedSpectrum(configuration, scale: norm.scale, shift: norm.shift)
    } catch {
      throw .unsupported(path: checkpoint.path, detail: "\(error)")
    }
    // The transform's matrices follow from its length.
    base.ignore("stft", "istft")
    for part in [base, weights / "film"] { try part.finish() }
  }

  private static let levels = 6

  /// What an encoder's pooling makes one of.
  private static func halved(at level: Int) -> (frames: Int, bins: Int) {
    (level < levels ? 2 : 1, 2)
  }
}

extension ResUNet30Configuration {
  /// Why these hyper-parameters can't be run, if so.
  fileprivate func problem(bins: Int) -> String? {
    if fftLength != 2 * (bins - 1) || !(128...65536).contains(fftLength) || fftLength % 128 != 0 {
      return "a Fourier transform of \(fftLength) points for \(bins) bins"
    }
    if !(1...fftLength / 2).contains(hopLength) { return "a hop of \(hopLength) samples" }
    if !(1000...768_000).contains(sampleRate) { return "a sample rate of \(sampleRate) Hz" }
    return nil
  }
}

extension ResidualBlock {
  fileprivate init(
    _ weights: Weights, _ path: String, from inputs: [Int],
    _ modulation: inout QueryModulation.Builder
  ) throws(CheckpointError) {
    let input = inputs.reduce(0, +)
    let output = try weights.channels("conv1.weight")
    let norms = (
      try (weights / "bn1").batchNormalization(input),
      try (weights / "bn2").batchNormalization(output)
    )
    activation = GridActivation(scale: norms.0.scale, slope: Self.slope)
    first = SquareConvolution(
      weight: try weights.tensor("conv1.weight", output, input, 3, 3), scale: norms.1.scale)
    second = SquareConvolution(weight: try weights.tensor("conv2.weight", output, output, 3, 3))
    shifts = (
      try modulation.add("\(path)->beta1", to: norms.0.shift),
      try modulation.add("\(path)->beta2", to: norms.1.shift)
    )
    guard input != output || inputs.count > 1 || weights.contains("shortcut.weight") else {
      shortcut = []
      return
    }
    let weight = try weights.tensor("shortcut.weight", output, input, 1, 1).elements
    let bias = try weights.tensor("shortcut.bias", output).elements
    var start = 0
    shortcut = inputs.map { count in
      defer { start += count }
      return PackedMatrix(
        weights: (0..<output).flatMap { weight[$0 * input + start..<$0 * input + start + count] },
        depth: count, columns: output, bias: start == 0 ? bias : nil)
    }
  }
}

extension ResUNet30.Decoder {
  fileprivate init(
    _ weights: Weights, _ path: String, from input: Int, skip: Int,
    stride: (frames: Int, bins: Int), _ modulation: inout QueryModulation.Builder
  ) throws(CheckpointError) {
    let norm = try (weights / "bn1").batchNormalization(input)
    activation = GridActivation(scale: norm.scale, slope: ResidualBlock.slope)
    shift = try modulation.add("\(path)->beta1", to: norm.shift)
    // A second norm is there, but never used, nor is its summand.
    weights.ignore("bn2")
    modulation.ignore("\(path)->beta2")
    upsampling = GridUpsampling(
      weight: try weights.tensor("conv1.weight", input, skip, stride.frames, stride.bins))
    block = try ResidualBlock(
      weights / "conv_block2", "\(path)->conv_block2", from: [skip, skip], &modulation)
    guard block.second.channels == skip else {
      throw .wrongShape(
        key: "\(weights.path).conv_block2.conv2.weight", expected: [skip, skip, 3, 3],
        found: [block.second.channels, block.second.channels, 3, 3])
    }
  }
}

extension QueryModulation {
  /// Gathers the linear layers of all norms.
  struct Builder {
    private let weights: Weights
    private var rows: [Float] = []
    private var bias: [Float] = []
    /// Numbers of a condition; 0 as long as no layer has said it.
    private(set) var conditionSize = 0

    init(_ weights: Weights) { self.weights = weights }

    /// Adds a norm's layer, and says where its summands will be.
    mutating func add(_ name: String, to shift: [Float]) throws(CheckpointError) -> Range<Int> {
      let layer = weights / name
      if conditionSize == 0 {
        guard let size = layer.shape(of: "weight")?.last, size > 0 else {
          throw try .missingOrEmpty(layer, "weight")
        }
        conditionSize = size
      }
      rows += try layer.tensor("weight", shift.count, conditionSize).elements
      let own = try layer.tensor("bias", shift.count).elements
      defer { bias += zip(shift, own).map { $0 + $1 } }
      return bias.count..<bias.count + shift.count
    }

    /// Leaves out a layer that the network never uses.
    func ignore(_ name: String) { weights.ignore(name) }

    var modulation: QueryModulation {
      QueryModulation(
        matrix: PackedMatrix(
          weights: rows, depth: conditionSize, columns: bias.count, bias: bias))
    }
  }
}

extension CheckpointError {
  /// Why a tensor that is expected to have numbers has none.
  fileprivate static func missingOrEmpty(
    _ weights: Weights, _ name: String
  ) throws(CheckpointError) -> CheckpointError {
    .wrongShape(
      key: "\(weights.path).\(name)", expected: [1, 1], found: try weights.reference(name).shape)
  }
}

extension Weights {
  /// The first axis' length of a tensor.
  fileprivate func channels(_ name: String) throws(CheckpointError) -> Int {
    let shape = try reference(name).shape
    guard let channels = shape.first, channels > 0 else {
      throw .wrongShape(key: "\(path).\(name)", expected: [1], found: shape)
    }
    return channels
  }
}
