// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints
internal import Foundation
internal import NeuralLayers

/// A checkpoint recognised as a Conv-TasNet: where its parameters lie, and what its file says about
/// the network besides them.
struct ConvTasNetPackage {
  let weights: Weights
  private let dialect: ConvTasNetConfiguration.Dialect
  // kaituoxu's and asteroid's own entries, or the arguments a Demucs package was built with.
  private let arguments: Value?
  // Positional arguments of a Demucs package: the sources.
  private let positional: [Value]
  private let isMusic: Bool
  private let task: String?
  private let path: String
  // What a file of our own says in full.
  private let recorded: ConvTasNetConfiguration?

  init(_ checkpoint: Checkpoint) throws(CheckpointError) {
    let root = checkpoint.root
    path = checkpoint.path
    recorded = try Self.recordedConfiguration(checkpoint)
    let weights: Weights
    if root["state_dict"] != nil {
      weights = try checkpoint.weights(at: "state_dict")
      arguments = root["model_args"] ?? root
      positional = []
    } else if let model = try ConstructedModel(checkpoint) {
      weights = model.weights
      arguments = model.named
      positional = model.positional
    } else {
      weights = try checkpoint.weights()
      arguments = nil
      positional = []
    }
    task = root["task"]?.string

    let signatures: [(ConvTasNetConfiguration.Dialect, String)] = [
      (.kaituoxu, "separator.network.1.weight"),
      (.asteroid, "masker.TCN.0.shared_block.0.weight"),
      (.torchaudio, "mask_generator.input_conv.weight"),
    ]
    for (dialect, key) in signatures {
      // Training programs save wrapped modules: everything then lies below one name.
      guard let found = weights.names.first(where: { $0 == key || $0.hasSuffix("." + key) })
      else { continue }
      self.dialect = dialect
      let prefix = found.dropLast(key.count + (found == key ? 0 : 1))
      self.weights = prefix.isEmpty ? weights : weights / String(prefix)
      isMusic =
        dialect == .kaituoxu
        && (root["klass"] != nil || root.list != nil
          || (self.weights.shape(of: "encoder.conv1d_U.weight")?[1] ?? 1) > 1)
      return
    }
    throw .unsupported(
      path: checkpoint.path,
      detail: "not a Conv-TasNet: none of its parameters is called "
        + signatures.map(\.1).joined(separator: " or "))
  }

  /// The configuration that files of our own carry, `ConvTasNetConfiguration` as JSON.
  private static func recordedConfiguration(
    _ checkpoint: Checkpoint
  ) throws(CheckpointError) -> ConvTasNetConfiguration? {
    guard let text = checkpoint.metadata["tessera.configuration"] else { return nil }
    do {
      return try JSONDecoder().decode(ConvTasNetConfiguration.self, from: Data(text.utf8))
    } catch {
      throw .malformed(path: checkpoint.path, detail: "its configuration is not a Conv-TasNet's")
    }
  }

  /// The hyper-parameters: sizes from the parameters' shapes, the rest from what the file says, and
  /// where it says nothing, from the releases that say nothing.
  func configuration() throws(CheckpointError) -> ConvTasNetConfiguration {
    if let recorded { return recorded }
    if let name = arguments?["fb_name"]?.string, !["free", "FreeFB"].contains(name) {
      throw .unsupported(path: path, detail: "the filterbank '\(name)'; known is 'free'")
    }
    let key = sizeKeys
    let encoder = try shape(key.encoder, axes: 3)
    let bottleneck = try shape(key.bottleneck, axes: 3)
    let widen = try shape(key.widen, axes: 3)
    let logits = try shape(key.logits, axes: 3)
    let isCausal = weights.contains(key.causalDepthwise)
    let depthwise = try shape(
      isCausal ? key.causalDepthwise : key.depthwise, axes: 3)
    let filters = encoder[0]
    let sourceCount = filters > 0 ? logits[0] / filters : 0
    guard sourceCount > 0, logits[0] == sourceCount * filters else {
      throw .wrongShape(
        key: key.logits, expected: [max(1, sourceCount) * filters] + logits.dropFirst(),
        found: logits)
    }
    let (blocks, repeats) = try depth()
    let filterLength = encoder[2]
    let sampleRate =
      (arguments?["sample_rate"] ?? arguments?["samplerate"])?.double.flatMap { Int(exactly: $0) }
      ?? (isMusic ? 44100 : 8000)
    return ConvTasNetConfiguration(
      dialect: dialect,
      sampleRate: sampleRate,
      audioChannels: encoder[1],
      sources: names(of: sourceCount),
      sourcesAreInterchangeable: !isMusic && sourceCount > 1,
      filters: filters,
      filterLength: filterLength,
      hopLength: arguments?["stride"]?.int ?? max(1, filterLength / 2),
      bottleneckChannels: bottleneck[0],
      hiddenChannels: widen[0],
      skipChannels: weights.shape(of: key.skip)?.first ?? 0,
      kernelSize: depthwise[2],
      blocks: blocks,
      repeats: repeats,
      norm: try norm(isCausal: isCausal),
      isCausal: isCausal,
      encoderIsRectified: try encoderIsRectified(),
      maskActivation: try maskActivation(),
      matchesMixtureLevel: dialect == .asteroid,
      segmentSeconds: segmentSeconds(sampleRate: sampleRate))
  }

  /// Seconds that the network was trained on.
  ///
  /// The bare states of Demucs v2 don't say that theirs are 8.
  private func segmentSeconds(sampleRate: Int) -> Double? {
    guard let samples = arguments?["segment_length"]?.int, samples > 0 else {
      return isMusic ? 8 : nil
    }
    return Double(samples) / Double(sampleRate)
  }

  // MARK: Sizes

  /// The parameters whose shapes tell the sizes.
  private struct SizeKeys {
    let encoder, bottleneck, widen, depthwise, causalDepthwise, skip, logits: String
  }

  private var sizeKeys: SizeKeys {
    switch dialect {
    case .kaituoxu:
      let net = "separator.network.2.0.0.net"
      return SizeKeys(
        encoder: "encoder.conv1d_U.weight", bottleneck: "separator.network.1.weight",
        widen: "\(net).0.weight", depthwise: "\(net).3.net.0.weight",
        // A causal block has one more layer, and only its index tells.
        causalDepthwise: weights.contains("\(net).3.net.4.weight")
          ? "\(net).3.net.0.weight" : "\(net).3.net.0.causal",
        skip: "", logits: "separator.network.3.weight")
    case .asteroid:
      let block = "masker.TCN.0"
      return SizeKeys(
        encoder: "encoder.filterbank._filters", bottleneck: "masker.bottleneck.1.weight",
        widen: "\(block).shared_block.0.weight", depthwise: "\(block).shared_block.3.weight",
        causalDepthwise: "\(block).shared_block.3.0.weight", skip: "\(block).skip_conv.weight",
        logits: "masker.mask_net.1.weight")
    case .torchaudio:
      let block = "mask_generator.conv_layers.0"
      return SizeKeys(
        encoder: "encoder.weight", bottleneck: "mask_generator.input_conv.weight",
        widen: "\(block).conv_layers.0.weight", depthwise: "\(block).conv_layers.3.weight",
        causalDepthwise: "\(block).causal", skip: "\(block).skip_out.weight",
        logits: "mask_generator.output_conv.weight")
    }
  }

  private func shape(_ name: String, axes: Int) throws(CheckpointError) -> [Int] {
    guard let shape = weights.shape(of: name) else {
      throw .missing(key: name, nearest: [])
    }
    guard shape.count == axes, !shape.contains(0) else {
      throw .wrongShape(
        key: name, expected: [Int](repeating: 1, count: axes), found: shape)
    }
    return shape
  }

  /// Blocks in a repeat, and repeats.
  private func depth() throws(CheckpointError) -> (blocks: Int, repeats: Int) {
    func count(_ key: (Int) -> String) -> Int {
      var count = 0
      while weights.contains(key(count)) { count += 1 }
      return count
    }
    switch dialect {
    case .kaituoxu:
      return (
        count { "separator.network.2.0.\($0).net.0.weight" },
        count { "separator.network.2.\($0).0.net.0.weight" }
      )
    case .asteroid:
      let total = count { "masker.TCN.\($0).shared_block.0.weight" }
      if let blocks = arguments?["n_blocks"]?.int, blocks > 0, total % blocks == 0 {
        return (blocks, total / blocks)
      }
      return Self.factored(total)
    case .torchaudio:
      return Self.factored(count { "mask_generator.conv_layers.\($0).conv_layers.0.weight" })
    }
  }

  /// Splits a number of blocks where a checkpoint doesn't tell the repeats: three, as published and
  /// as the classes' default, where that leaves three blocks or more; else the fewest above one, of at
  /// most eight blocks.
  private static func factored(_ total: Int) -> (blocks: Int, repeats: Int) {
    if total >= 9 && total % 3 == 0 { return (total / 3, 3) }
    for repeats in 2..<max(total, 3) where total % repeats == 0 && total / repeats <= 8 {
      return (total / repeats, repeats)
    }
    return (total, 1)
  }

  // MARK: Names and kinds

  private func names(of count: Int) -> [String] {
    let stated = arguments?["sources"] ?? (isMusic ? positional.first : nil)
    if let list = stated?.list?.compactMap(\.string), list.count == count { return list }
    if isMusic && count == 4 { return ["drums", "bass", "other", "vocals"] }
    if isMusic { return (1...count).map { "source\($0)" } }
    if let task, task.hasPrefix("enh"), count == 1 { return ["speech"] }
    return (1...count).map { dialect == .kaituoxu ? "s\($0)" : "speaker\($0)" }
  }

  private func norm(isCausal: Bool) throws(CheckpointError) -> ConvTasNetConfiguration.Norm {
    switch dialect {
    case .torchaudio: return .global
    case .kaituoxu:
      let block = "separator.network.2.0.0.net.2"
      if weights.contains("\(block).running_mean") { return .batch }
      if !weights.contains("\(block).gamma") { return .identity }
      // A bare state does not tell gLN from cLN. Only cLN makes sense in a causal network.
      let name = arguments?["norm_type"]?.string
      return name == "cLN" || (name == nil && isCausal) ? .channelwise : .global
    case .asteroid:
      if weights.contains("masker.TCN.0.shared_block.2.running_mean") { return .batch }
      switch arguments?["norm_type"]?.string {
      case "cLN": return .channelwise
      // asteroid gives a causal network cLN even where another norm was asked for.
      case "gLN": return isCausal ? .channelwise : .global
      case nil: return isCausal ? .channelwise : .global
      case let name?:
        throw .unsupported(
          path: path, detail: "the norm '\(name)'; known are gLN, cLN and BN")
      }
    }
  }

  private func encoderIsRectified() throws(CheckpointError) -> Bool {
    switch dialect {
    case .kaituoxu: return true
    case .torchaudio: return false
    case .asteroid:
      switch arguments?["encoder_activation"]?.string {
      case nil, "linear": return false
      case "relu": return true
      case let name?:
        throw .unsupported(
          path: path, detail: "the encoder activation '\(name)'; known are relu and none")
      }
    }
  }

  private func maskActivation() throws(CheckpointError) -> MaskActivation {
    // torchaudio's files don't tell: the published one has ReLU masks.
    let stated = arguments?["mask_nonlinear"]?.string ?? arguments?["mask_act"]?.string
    guard let stated else { return .relu }
    guard let activation = MaskActivation(rawValue: stated) else {
      throw .unsupported(path: path, detail: "the mask activation '\(stated)'")
    }
    return activation
  }
}
