// SPDX-License-Identifier: Apache-2.0
public import Checkpoints
internal import NeuralLayers
internal import Tensors

extension MaskingDemucs {
  /// The class that files name.
  private static let className = "tessera.MaskingDemucs"

  /// Whether a checkpoint holds a masking Demucs.
  public static func recognises(_ checkpoint: Checkpoint) throws(CheckpointError) -> Bool {
    try ConstructedModel(checkpoint)?.className == className
  }

  /// Loads a network from a file as `Tools/train/music/export.py` writes it.
  ///
  /// - Throws: `CheckpointError`.
  public init(_ checkpoint: Checkpoint) throws(CheckpointError) {
    let path = checkpoint.path
    guard let model = try NamedParameters(checkpoint), model.className == Self.className else {
      throw .unsupported(path: path, detail: "no masking Demucs")
    }
    let weights = model.weights
    configuration = try MaskingDemucsConfiguration(weights, model.arguments, path: path)
    let c = configuration.hybrid
    do {
      spectrum = try HybridSpectrum(
        fftLength: c.fftLength, content: .masked(exponent: Float(configuration.exponent)),
        alignment: .mirrored)
    } catch {
      throw .unsupported(path: path, detail: "\(error)")
    }

    let plan = try LevelPlan.plans(c, path: path)
    var encoder: [GridEncoderLayer] = []
    var channels = [c.audioChannels * spectrum.width]
    for (index, level) in plan.enumerated() {
      let layer = weights / "encoder" / index
      guard level.timeForm != nil else {
        throw .unsupported(path: path, detail: "layers along time in a masking Demucs")
      }
      encoder.append(try GridEncoderLayer(layer, from: channels[index], level.form))
      channels.append(encoder[index].convolution.channels)
    }
    var decoder: [GridDecoderLayer] = []
    for (index, level) in plan.enumerated().reversed() {
      decoder.append(
        try GridDecoderLayer(
          weights / "decoder" / (plan.count - 1 - index), from: channels[index + 1],
          to: index == 0 ? c.sources.count * c.audioChannels : channels[index], level.form,
          hasActivation: index > 0))
    }
    (self.encoder, self.decoder) = (encoder, decoder)
    frequencyEmbedding = try weights.tensor(
      "freq_emb.embedding.weight", plan[0].frequencies, channels[1])
    try weights.finish()
    FreedMemory.giveBack()
  }
}

extension MaskingDemucsConfiguration {
  /// Sizes from the parameters' shapes, the rest from what the file says.
  fileprivate init(
    _ weights: Weights, _ arguments: ConstructorArguments, path: String
  ) throws(CheckpointError) {
    var depth = 0
    while weights.contains("encoder.\(depth).conv.weight") { depth += 1 }
    let last = "decoder.\(depth - 1).conv_tr.bias"
    let outputs = try weights.reference(last).count
    let sampleRate = arguments.int("samplerate") ?? 44100
    let audioChannels = 2
    hybrid = HybridConfiguration(
      sampleRate: sampleRate, audioChannels: audioChannels,
      sources: arguments.sources(outputs / audioChannels),
      segmentSamples: arguments.samples("segment", sampleRate: sampleRate) ?? 10 * 44100,
      fftLength: arguments.int("nfft") ?? 4096, usesMagnitudes: true, isDelayed: false,
      depth: depth, stride: arguments.int("stride") ?? 4, timeStride: 2, normGroups: 1,
      embeddingGain: 1, bandRatios: [], bandedLayers: 0, hasDilatedResiduals: true)
    exponent = arguments.double("exponent") ?? 1
    if let problem = hybrid.problem { throw .unsupported(path: path, detail: problem) }
    guard (0.01...2).contains(exponent) else {
      throw .unsupported(path: path, detail: "magnitudes to the power of \(exponent)")
    }
    guard outputs % audioChannels == 0 else {
      throw .wrongShape(
        key: last, expected: [hybrid.sources.count * audioChannels], found: [outputs])
    }
  }
}
