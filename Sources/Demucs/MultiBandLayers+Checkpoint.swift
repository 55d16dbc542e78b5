// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints
internal import NeuralLayers
internal import Tensors

extension MultiBandEncoder {
  init(
    _ weights: Weights, from input: Int, _ level: LevelPlan, _ c: HybridConfiguration
  ) throws(CheckpointError) {
    ranges = Self.ranges(level.inputFrequencies, c, padding: level.form.padding)
    var bands: [GridEncoderLayer] = []
    for band in ranges.indices {
      let layer = weights / "layers" / band
      let padding = (
        before: band == 0 ? level.form.padding : 0,
        after: band == ranges.count - 1 ? level.form.padding : 0
      )
      bands.append(try GridEncoderLayer(layer, from: input, level.form, padding: padding))
      let channels = (bands[0].convolution.channels, bands[band].convolution.channels)
      guard channels.0 == channels.1 else {
        throw .wrongShape(
          key: (layer / "conv").key("bias"), expected: [channels.0], found: [channels.1])
      }
    }
    self.bands = bands
  }

  /// What each band hears of so many frequencies; empty where a band has none.
  static func ranges(_ frequencies: Int, _ c: HybridConfiguration, padding: Int) -> [Range<Int>] {
    let kernelSize = 2 * c.stride
    var start = 0
    var result: [Range<Int>] = []
    for ratio in c.bandRatios {
      let missing = start == 0 ? padding : 0
      let room = rounded(Double(frequencies) * ratio) - start + missing - kernelSize
      let steps = rounded(Double(room) / Double(c.stride) + 1)
      let end = start + (steps - 1) * c.stride + kernelSize - missing
      guard steps > 0, end <= frequencies else { return [] }
      result.append(start..<end)
      start = end - kernelSize + c.stride
    }
    guard frequencies - start + padding >= kernelSize else { return [] }
    return result + [start..<frequencies]
  }
}

extension MultiBandDecoder {
  init(
    _ weights: Weights, from input: Int, to output: Int, _ level: LevelPlan,
    _ c: HybridConfiguration, isOutermost: Bool
  ) throws(CheckpointError) {
    ranges = Self.ranges(level.frequencies, c)
    (kernelSize, stride, self.isOutermost) = (2 * c.stride, c.stride, isOutermost)
    let form = GridLayerForm(
      axis: .rows, kernelSize: kernelSize, stride: stride, padding: 0, normGroups: c.normGroups,
      hasDilatedResiduals: c.hasDilatedResiduals)
    var bands: [GridDecoderLayer] = []
    var biases: [Tensor] = []
    for band in ranges.indices {
      let layer = weights / "layers" / band
      bands.append(
        try GridDecoderLayer(layer, from: input, to: output, form, hasActivation: false))
      biases.append(try layer.tensor("conv_tr.bias", output))
    }
    (self.bands, self.biases) = (bands, biases)
  }

  /// What each band hears of so many frequencies; empty where a band has none.
  static func ranges(_ frequencies: Int, _ c: HybridConfiguration) -> [Range<Int>] {
    let ends = c.bandRatios.map { rounded(Double(frequencies) * $0) } + [frequencies]
    let starts = [0] + ends.dropLast()
    guard zip(starts, ends).allSatisfy({ $0 < $1 }) else { return [] }
    return zip(starts, ends).map { $0..<$1 }
  }
}

/// To the nearest integer, halves to the even one, as Python has it.
private func rounded(_ value: Double) -> Int { Int(value.rounded(.toNearestOrEven)) }
