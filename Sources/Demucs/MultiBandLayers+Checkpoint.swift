// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints
internal import NeuralLayers
internal import Tensors

extension MultiBandEncoder {
  init(
    _ weights: Weights, from input: Int, _ level: LevelPlan, _ c: HybridConfiguration
  ) throws(CheckpointError) {
    var bands: [GridEncoderLayer] = []
    for band in 0...c.bandRatios.count {
      let padding = (
        before: band == 0 ? level.form.padding : 0,
        after: band == c.bandRatios.count ? level.form.padding : 0
      )
      bands.append(
        try GridEncoderLayer(
          weights / "layers" / band, from: input, level.form, padding: padding))
      let channels = (bands[0].convolution.channels, bands[band].convolution.channels)
      guard channels.0 == channels.1 else {
        throw .wrongShape(
          key: (weights / "layers" / band / "conv").key("bias"), expected: [channels.0],
          found: [channels.1])
      }
    }
    self.init(
      bands: bands, ratios: c.bandRatios, kernelSize: 2 * c.stride, stride: c.stride)
  }
}

extension MultiBandDecoder {
  init(
    _ weights: Weights, from input: Int, to output: Int, _ level: LevelPlan,
    _ c: HybridConfiguration, isOutermost: Bool
  ) throws(CheckpointError) {
    var bands: [GridDecoderLayer] = []
    var biases: [Tensor] = []
    let form = GridLayerForm(
      axis: .rows, kernelSize: 2 * c.stride, stride: c.stride, padding: 0, normGroups: c.normGroups,
      hasDilatedResiduals: c.hasDilatedResiduals)
    for band in 0...c.bandRatios.count {
      let layer = weights / "layers" / band
      bands.append(
        try GridDecoderLayer(layer, from: input, to: output, form, hasActivation: false))
      biases.append(try layer.tensor("conv_tr.bias", output))
    }
    self.init(
      bands: bands, biases: biases, ratios: c.bandRatios, kernelSize: 2 * c.stride,
      stride: c.stride, isOutermost: isOutermost)
  }
}
