// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints

/// A checkpoint recognised as a hybrid Demucs: its parameters, and what its file says about the network
/// besides.
struct HybridPackage {
  let weights: Weights
  let names: HybridUNet.Names
  /// The constructor's arguments.
  let arguments: ConstructorArguments
  private let path: String

  /// `nil` where the checkpoint is none.
  init?(_ checkpoint: Checkpoint) throws(CheckpointError) {
    path = checkpoint.path
    guard let model = try NamedParameters(checkpoint) else { return nil }
    (weights, arguments) = (model.weights, model.arguments)
    if weights.contains("tencoder.0.conv.weight") {
      names = .demucs
    } else if weights.contains("freq_encoder.0.conv.weight") {
      names = .torchaudio
    } else if model.className == "demucs.hdemucs.HDemucs" {
      throw .unsupported(path: path, detail: "a hybrid Demucs without its waveform branch")
    } else {
      return nil
    }
  }

  /// Whether this is the fourth generation.
  var hasTransformer: Bool {
    weights.names.contains {
      $0.hasPrefix("crosstransformer.") || $0.hasPrefix("channel_upsampler.")
    }
  }

  /// The hyper-parameters: sizes from the parameters' shapes, the rest from what the file says, and
  /// where it says nothing, what public networks have.
  func configuration() throws(CheckpointError) -> HybridConfiguration {
    let first = try shape("\(names.timeEncoder).0.conv.weight", axes: 3)
    let depth = count { "\(names.encoder).\($0)" }
    let banded = count { "\(names.encoder).\($0).layers.0" }
    let spectral = try shape(
      "\(names.encoder).0\(banded > 0 ? ".layers.0" : "").conv.weight", axes: 4)
    let timeLayers = count { "\(names.timeDecoder).\($0)" }
    let last = try shape("\(names.timeDecoder).\(timeLayers - 1).conv_tr.weight", axes: 3)
    let isComplex = spectral[1] == 2 * first[1]
    try refuse(isComplex: isComplex)
    let stride = min(max(arguments.int("stride") ?? 4, 0), 64)
    let frequencies = weights.shape(of: "freq_emb.embedding.weight")?.first
    let sampleRate = arguments.int("samplerate") ?? 44100
    let configuration = HybridConfiguration(
      sampleRate: sampleRate, audioChannels: first[1],
      sources: arguments.sources(last[1] / first[1]),
      segmentSamples: arguments.samples("segment", sampleRate: sampleRate) ?? 40 * 44100,
      fftLength: arguments.int("nfft") ?? frequencies.map { 2 * stride * min($0, 1 << 20) } ?? 4096,
      usesMagnitudes: !isComplex, isDelayed: arguments.bool("hybrid_old") ?? false,
      depth: depth, stride: stride, timeStride: arguments.int("time_stride") ?? 2,
      normGroups: arguments.int("norm_groups") ?? 4,
      embeddingGain: Float(
        (arguments.double("freq_emb") ?? 0.2) * (arguments.double("emb_scale") ?? 10)),
      bandRatios: banded == 0 ? [] : arguments.doubles("multi_freqs") ?? [0.1, 0.3],
      bandedLayers: banded, hasDilatedResiduals: (arguments.int("dconv_depth") ?? 2) >= 0)
    if let problem = configuration.problem {
      throw .unsupported(path: path, detail: problem)
    }
    return configuration
  }

  /// Throws for what was never published.
  private func refuse(isComplex: Bool) throws(CheckpointError) {
    let isFiltered =
      arguments.int("wiener_iters") ?? 0 != 0 || arguments.bool("wiener_residual") == true
    if !isComplex && isFiltered {
      throw .unsupported(path: path, detail: "a hybrid Demucs with a Wiener filter")
    }
    if arguments.bool("hybrid") == false {
      throw .unsupported(path: path, detail: "a hybrid Demucs without its waveform branch")
    }
  }

  /// How many numbers, from 0 on, something has parameters under.
  private func count(_ prefix: (Int) -> String) -> Int {
    let all = weights.names
    var result = 0
    while all.contains(where: { $0.hasPrefix(prefix(result) + ".") }) { result += 1 }
    return result
  }

  private func shape(_ name: String, axes: Int) throws(CheckpointError) -> [Int] {
    guard let shape = weights.shape(of: name) else { throw .missing(key: name, nearest: []) }
    guard shape.count == axes, !shape.contains(0) else {
      throw .wrongShape(
        key: name, expected: [Int](repeating: 1, count: axes), found: shape)
    }
    return shape
  }
}
