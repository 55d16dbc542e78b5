// SPDX-License-Identifier: Apache-2.0
public import Checkpoints
internal import NeuralLayers
internal import Tensors

extension Cnn14 {
  /// Whether a checkpoint holds a Cnn14 of that role.
  public static func recognises(
    _ checkpoint: Checkpoint, role: TaggerRole = .main
  ) throws(CheckpointError) -> Bool {
    try TaggerPackage(checkpoint, role: role, sign: sign) != nil
  }

  /// Loads a network from a release of PANNs, from a training checkpoint of Universal Source Separation, or
  /// from the parameters alone.
  ///
  /// - Parameters:
  ///   - role: Which one, of a file that has several.
  ///   - pooling: What the parameters were trained for, which no file says; `nil`: decision level for event
  ///     detectors, else the whole clip.
  /// - Throws: `CheckpointError`; `.unsupported` where there is none.
  public init(
    _ checkpoint: Checkpoint, role: TaggerRole = .main, pooling: Pooling? = nil
  ) throws(CheckpointError) {
    guard let package = try TaggerPackage(checkpoint, role: role, sign: Self.sign) else {
      throw .unsupported(path: checkpoint.path, detail: "no Cnn14")
    }
    let weights = package.weights
    spectrogram = try weights.logMelSpectrogram(path: package.path)
    let sizes = spectrogram.configuration
    var blocks: [ConvolutionPair] = []
    var channels: [Int] = []
    while weights.contains("conv_block\(blocks.count + 1).conv1.weight") {
      let block = weights / "conv_block\(blocks.count + 1)"
      let isLast = !weights.contains("conv_block\(blocks.count + 2).conv1.weight")
      let rows = sizes.bands >> blocks.count
      guard rows > 0 else {
        throw .unsupported(
          path: package.path,
          detail: "a Cnn14 of \(sizes.bands) mel bands and more than "
            + "\(blocks.count) blocks")
      }
      blocks.append(
        try ConvolutionPair(block, from: channels.last ?? 1, rows: rows, isPooled: !isLast))
      channels.append(blocks[blocks.count - 1].second.channels)
    }
    self.blocks = blocks
    guard sizes.bands >> (blocks.count - 1) > 0, let width = channels.last else {
      throw .unsupported(
        path: package.path, detail: "a Cnn14 of \(sizes.bands) mel bands and \(blocks.count) blocks"
      )
    }
    let hidden = try (weights / "fc1").sizes(of: "weight", axes: 2)[0]
    let classes = try (weights / "fc_audioset").sizes(of: "weight", axes: 2)[0]
    embedding = try (weights / "fc1").linear(width, to: hidden)
    classifier = try (weights / "fc_audioset").linear(hidden, to: classes)
    configuration = Cnn14Configuration(
      channels: channels, embedding: hidden, classes: classes, fftLength: sizes.fftLength,
      bands: sizes.bands)
    self.pooling = pooling ?? (role == .eventDetector ? .decisionLevelMax : .clip)
    try weights.finish()
  }

  private static let sign = "conv_block1.conv1.weight"
}

extension ConvolutionPair {
  /// - Parameter rows: Mel bands of the grids that go in.
  fileprivate init(
    _ weights: Weights, from input: Int, rows: Int, isPooled: Bool
  ) throws(CheckpointError) {
    let channels = try (weights / "conv1").sizes(of: "weight", axes: 4)[0]
    first = try weights.convolution(1, from: input, to: channels, rows: rows)
    second = try weights.convolution(2, from: channels, to: channels, rows: rows)
    self.isPooled = isPooled
  }
}

extension Weights {
  /// A 3×3 convolution and the batch norm behind it, over a grid `[mel, T, C]`.
  fileprivate func convolution(
    _ number: Int, from input: Int, to output: Int, rows: Int
  ) throws(CheckpointError) -> RectifiedConvolution {
    let weight = try (self / "conv\(number)").tensor("weight", output, input, 3, 3)
    let (scale, shift) = try (self / "bn\(number)").batchNormalization(output)
    // The file's kernels are [T, mel]; nobody else holds the tensor that was just read.
    for kernel in 0..<output * input {
      let taps = weight.pointer + kernel * 9
      for (one, other) in [(1, 3), (2, 6), (5, 7)] {
        (taps[one], taps[other]) = (taps[other], taps[one])
      }
    }
    return RectifiedConvolution(weight: weight, scale: scale, bias: shift, rows: rows)
  }
}
