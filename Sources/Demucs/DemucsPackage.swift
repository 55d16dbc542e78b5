// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints

/// A checkpoint recognised as a Demucs of the first two generations: its parameters, and what its file
/// says about the network besides.
struct DemucsPackage {
  let weights: Weights
  private let path: String
  private let model: NamedParameters

  init(_ checkpoint: Checkpoint) throws(CheckpointError) {
    path = checkpoint.path
    guard let model = try NamedParameters(checkpoint) else {
      throw .unsupported(path: path, detail: "no Demucs")
    }
    self.model = model
    weights = model.weights
    guard weights.contains("encoder.0.2.weight"), weights.contains("decoder.0.2.weight") else {
      throw .unsupported(
        path: path, detail: "a Demucs without 1×1 convolutions; known are those with them")
    }
  }

  /// The hyper-parameters: sizes from the parameters' shapes, the rest from what the file says, and
  /// where it says nothing, from the releases that say nothing: the second generation's.
  func configuration() throws(CheckpointError) -> DemucsConfiguration {
    var channels: [Int] = []
    while weights.contains("encoder.\(channels.count).0.weight") {
      channels.append(try shape("encoder.\(channels.count).0.weight")[0])
    }
    let first = try shape("encoder.0.0.weight")
    let last = try shape("decoder.\(channels.count - 1).2.weight")
    let rewriting = try shape("encoder.0.2.weight")
    guard rewriting[0] == 2 * channels[0] else {
      throw .unsupported(path: path, detail: "a Demucs without gated linear units")
    }
    var memoryLayers = 0
    while weights.contains("lstm.lstm.weight_ih_l\(memoryLayers)") { memoryLayers += 1 }
    let arguments = model.arguments
    let sampleRate = arguments.int("samplerate") ?? 44100
    return DemucsConfiguration(
      sampleRate: sampleRate, audioChannels: first[1],
      sources: arguments.sources(max(1, last[1] / first[1])),
      channels: channels, kernelSize: first[2], stride: arguments.int("stride") ?? 4,
      context: try shape("decoder.0.0.weight")[2], memoryLayers: memoryLayers,
      // The first generation, whose packages are tuples, has no such thing.
      doublesRate: arguments.bool("resample") ?? !model.isTuple,
      normalizesSegments: arguments.bool("normalize") ?? false,
      segmentSamples: arguments.int("segment_length") ?? 40 * min(max(sampleRate, 1), 768_000))
  }

  private func shape(_ name: String) throws(CheckpointError) -> [Int] {
    guard let shape = weights.shape(of: name) else { throw .missing(key: name, nearest: []) }
    guard shape.count == 3, !shape.contains(0) else {
      throw .wrongShape(key: name, expected: [1, 1, 1], found: shape)
    }
    return shape
  }
}
