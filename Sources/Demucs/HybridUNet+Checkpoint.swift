// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints
internal import NeuralLayers
internal import SpectralTransforms
internal import Tensors

extension HybridUNet {
  /// What a project calls the parts.
  struct Names {
    let encoder, timeEncoder, decoder, timeDecoder: String

    /// Demucs' own.
    static let demucs = Names(
      encoder: "encoder", timeEncoder: "tencoder", decoder: "decoder", timeDecoder: "tdecoder")
    /// torchaudio's.
    static let torchaudio = Names(
      encoder: "freq_encoder", timeEncoder: "time_encoder", decoder: "freq_decoder",
      timeDecoder: "time_decoder")
  }

  /// Loads the parts that hybrid networks have in common.
  ///
  /// - Parameter path: The file, for messages.
  init(
    _ weights: Weights, _ configuration: HybridConfiguration, _ names: Names, path: String
  ) throws(CheckpointError) {
    let c = configuration
    (sourceCount, mixtureChannels) = (c.sources.count, c.audioChannels)
    do {
      spectrum = try HybridSpectrum(
        fftLength: c.fftLength, content: c.usesMagnitudes ? .magnitude : .complex,
        alignment: c.isDelayed ? .delayed : .mirrored)
    } catch {
      throw .unsupported(path: path, detail: "\(error)")
    }

    let plan = try LevelPlan.plans(c, path: path)
    var encoder: [any GridEncoder] = []
    var timeEncoder: [GridEncoderLayer] = []
    var merging: ConvolutionBlock?
    var channels = [c.audioChannels * spectrum.width]
    var timeChannels = [c.audioChannels]
    for (index, level) in plan.enumerated() {
      let layer = weights / names.encoder / index
      channels.append(try level.outputChannels(layer))
      if level.isBanded {
        encoder.append(try MultiBandEncoder(layer, from: channels[index], level, c))
      } else {
        encoder.append(try GridEncoderLayer(layer, from: channels[index], level.form))
      }
      guard let form = level.timeForm else { continue }
      let timeLayer = weights / names.timeEncoder / index
      if level.isLast {
        merging = try ConvolutionBlock(
          strided: timeLayer / "conv", norm: timeLayer, from: timeChannels[index], form, .none)
        // torchaudio keeps a norm here that is never used.
        timeLayer.ignore("norm1")
        timeChannels.append(channels[index + 1])
        guard merging?.channels == channels[index + 1] else {
          throw .wrongShape(
            key: (timeLayer / "conv").key("bias"), expected: [channels[index + 1]],
            found: [merging?.channels ?? 0])
        }
      } else {
        timeEncoder.append(try GridEncoderLayer(timeLayer, from: timeChannels[index], form))
        timeChannels.append(timeEncoder[index].convolution.channels)
      }
    }
    self.encoder = encoder
    self.timeEncoder = timeEncoder
    self.merging = merging

    var decoder: [any GridDecoder] = []
    var timeDecoder: [GridDecoderLayer] = []
    var parting: Widening?
    for (index, level) in plan.enumerated().reversed() {
      let layer = weights / names.decoder / (plan.count - 1 - index)
      let isOutermost = index == 0
      let input = channels[index + 1]
      let output = isOutermost ? c.sources.count * channels[0] : channels[index]
      if level.isBanded {
        decoder.append(
          try MultiBandDecoder(
            layer, from: input, to: output, level, c, isOutermost: isOutermost))
      } else {
        decoder.append(
          try GridDecoderLayer(
            layer, from: input, to: output, level.form, hasActivation: !isOutermost))
      }
      guard let form = level.timeForm else { continue }
      let timeLevels = plan.count { $0.timeForm != nil }
      let timeLayer = weights / names.timeDecoder / (timeLevels - 1 - index)
      let timeOutput = isOutermost ? c.sources.count * c.audioChannels : timeChannels[index]
      if level.isLast {
        parting = try Widening(
          timeLayer / "conv_tr", norm: timeLayer / "norm2", from: input, to: timeOutput, form,
          hasActivation: !isOutermost)
      } else {
        timeDecoder.append(
          try GridDecoderLayer(
            timeLayer, from: timeChannels[index + 1], to: timeOutput, form,
            hasActivation: !isOutermost))
      }
    }
    self.decoder = decoder
    self.parting = parting
    self.timeDecoder = timeDecoder

    if c.embeddingGain != 0 && weights.contains("freq_emb.embedding.weight") {
      let embedding = try weights.tensor(
        "freq_emb.embedding.weight", plan[0].frequencies, channels[1])
      frequencyEmbedding = Tensor(
        shape: embedding.shape, elements: embedding.elements.map { $0 * c.embeddingGain })
    } else {
      frequencyEmbedding = nil
      weights.ignore("freq_emb")
    }
  }
}

/// What a level of a hybrid network is, beside its parameters.
struct LevelPlan {
  let form: GridLayerForm
  /// The waveform's layer; `nil` behind the level where the branches meet.
  let timeForm: GridLayerForm?
  /// Frequencies that go in and come out.
  let inputFrequencies: Int
  let frequencies: Int
  /// Whether this is where the branches meet: a single frequency is left.
  let isLast: Bool
  let isBanded: Bool

  /// Follows the frequencies down the levels.
  static func plans(_ c: HybridConfiguration, path: String) throws(CheckpointError)
    -> [LevelPlan]
  {
    func form(
      _ axis: TransposedGridConvolution.Axis, _ kernelSize: Int, _ stride: Int, padding: Int
    ) -> GridLayerForm {
      GridLayerForm(
        axis: axis, kernelSize: kernelSize, stride: stride, padding: padding,
        normGroups: c.normGroups, hasDilatedResiduals: c.hasDilatedResiduals)
    }
    let kernel = 2 * c.stride
    var plans: [LevelPlan] = []
    var frequencies = c.fftLength / 2
    for index in 0..<c.depth {
      guard frequencies > 1 else {
        plans.append(
          LevelPlan(
            form: form(.frames, 2 * c.timeStride, c.timeStride, padding: c.timeStride / 2),
            timeForm: nil, inputFrequencies: 1, frequencies: 1, isLast: false, isBanded: false))
        continue
      }
      let isLast = frequencies <= kernel
      let isBanded = !c.bandRatios.isEmpty && index < c.bandedLayers
      guard isLast || frequencies % c.stride == 0, !(isLast && isBanded) else {
        throw .unsupported(
          path: path, detail: "layer \(index) of a hybrid Demucs with \(frequencies) frequencies")
      }
      let spectral = form(
        .rows, isLast ? frequencies : kernel, c.stride, padding: isLast ? 0 : kernel / 4)
      let input = frequencies
      frequencies = isLast ? 1 : frequencies / c.stride
      if isBanded {
        let bands = MultiBandEncoder.ranges(input, c, padding: spectral.padding)
        guard !bands.isEmpty, !MultiBandDecoder.ranges(frequencies, c).isEmpty else {
          throw .unsupported(
            path: path, detail: "bands that end at \(c.bandRatios) of \(input) frequencies")
        }
      }
      plans.append(
        LevelPlan(
          form: spectral, timeForm: form(.frames, kernel, c.stride, padding: kernel / 4),
          inputFrequencies: input, frequencies: frequencies, isLast: isLast, isBanded: isBanded))
    }
    let timeLevels = plans.count { $0.timeForm != nil }
    let span = (0..<timeLevels).reduce(1) { result, _ in min(result * c.stride, 1 << 20) }
    if plans.contains(where: \.isLast) && span * 4 != c.fftLength {
      throw .unsupported(
        path: path,
        detail: "a hybrid Demucs whose branches meet at \(c.fftLength / 4) and \(span) samples a "
          + "frame")
    }
    return plans
  }

  /// Channels of the encoder layer's output.
  func outputChannels(_ layer: Weights) throws(CheckpointError) -> Int {
    let convolution = (isBanded ? layer / "layers" / 0 : layer) / "conv"
    return try convolution.reference("bias").count
  }
}
