// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints

/// A network's parameters in the order in which the reference's program creates them: what quantised
/// files, which keep no names, are read by.
///
/// A mirror of the constructors of the reference's classes and of their defaults, for what quantised
/// networks were published of: the second generation, and the third with and without spectrograms.
struct RegisteredParameters {
  private(set) var list: [(name: String, shape: [Int])] = []
  private let arguments: ConstructorArguments
  private let sources: Int
  private let audioChannels: Int

  /// The parameters of a class; `nil` for one that was never quantised.
  static func of(
    className: String?, _ arguments: ConstructorArguments
  ) -> [(name: String, shape: [Int])]? {
    var parameters = RegisteredParameters(arguments)
    switch className {
    // The public quantised network of the second generation is a bare state.
    case "demucs.model.Demucs", nil: parameters.addWaveformDemucs()
    case "demucs.demucs.Demucs": parameters.addTimeDemucs()
    case "demucs.hdemucs.HDemucs": parameters.addHybridDemucs()
    default: return nil
    }
    return parameters.list
  }

  private init(_ arguments: ConstructorArguments) {
    self.arguments = arguments
    sources = arguments.sourceCount ?? 4
    audioChannels = min(max(arguments.int("audio_channels") ?? 2, 1), 64)
  }

  /// A size from the file, which isn't trusted.
  private func int(_ name: String, _ usual: Int, _ range: ClosedRange<Int>) -> Int {
    min(max(arguments.int(name) ?? usual, range.lowerBound), range.upperBound)
  }

  private func flag(_ name: String, _ usual: Bool) -> Bool { arguments.bool(name) ?? usual }

  private mutating func add(_ name: String, _ shape: Int...) { list.append((name, shape)) }

  /// Weight and bias; for the weight of a transposed convolution the input comes first.
  private mutating func addConvolution(_ name: String, _ weight: [Int], bias: Int) {
    list.append((name + ".weight", weight))
    add(name + ".bias", bias)
  }

  private mutating func addNorm(_ name: String, _ channels: Int) {
    add(name + ".weight", channels)
    add(name + ".bias", channels)
  }

  /// A bidirectional LSTM and the linear layer behind it.
  private mutating func addMemory(_ name: String, _ channels: Int, layers: Int) {
    for layer in 0..<layers {
      for direction in ["", "_reverse"] {
        let suffix = "_l\(layer)\(direction)"
        add("\(name).lstm.weight_ih\(suffix)", 4 * channels, layer == 0 ? channels : 2 * channels)
        add("\(name).lstm.weight_hh\(suffix)", 4 * channels, channels)
        add("\(name).lstm.bias_ih\(suffix)", 4 * channels)
        add("\(name).lstm.bias_hh\(suffix)", 4 * channels)
      }
    }
    add("\(name).linear.weight", channels, 2 * channels)
    add("\(name).linear.bias", channels)
  }
}

// The first two generations.
extension RegisteredParameters {
  fileprivate mutating func addWaveformDemucs() {
    let depth = int("depth", 6, 1...12)
    let (kernel, context) = (int("kernel_size", 8, 1...64), int("context", 3, 1...64))
    var channels = [audioChannels]
    for level in 0..<depth { channels.append(channel(level, int("channels", 64, 1...4096))) }
    for level in 0..<depth {
      addConvolution(
        "encoder.\(level).0", [channels[level + 1], channels[level], kernel],
        bias: channels[level + 1])
      addConvolution(
        "encoder.\(level).2", [2 * channels[level + 1], channels[level + 1], 1],
        bias: 2 * channels[level + 1])
    }
    for (index, level) in (0..<depth).reversed().enumerated() {
      let (input, output) = (
        channels[level + 1], level == 0 ? sources * audioChannels : channels[level]
      )
      addConvolution("decoder.\(index).0", [2 * input, input, context], bias: 2 * input)
      addConvolution("decoder.\(index).2", [input, output, kernel], bias: output)
    }
    let layers = int("lstm_layers", 2, 0...8)
    if layers > 0 { addMemory("lstm", channels[depth], layers: layers) }
  }

  /// Channels of a level.
  fileprivate func channel(_ level: Int, _ first: Int) -> Int {
    let growth = min(max(arguments.double("growth") ?? 2, 1), 8)
    return (0..<level).reduce(first) { channels, _ in min(Int(growth * Double(channels)), 1 << 20) }
  }
}

// The third generation.
extension RegisteredParameters {
  /// The compressed residual branch.
  private mutating func addResidual(_ name: String, _ channels: Int, level: Int) {
    let hidden = max(1, Int(Double(channels) / max(1, arguments.double("dconv_comp") ?? 4)))
    let hasMemory = level >= int("dconv_lstm", 4, 0...1000)
    let hasAttention = level >= int("dconv_attn", 4, 0...1000)
    for layer in 0..<abs(int("dconv_depth", 2, -16...16)) {
      let path = "\(name).layers.\(layer)"
      addConvolution("\(path).0", [hidden, channels, 3], bias: hidden)
      addNorm("\(path).1", hidden)
      var next = 3
      if hasMemory {
        addMemory("\(path).\(next)", hidden, layers: 2)
        next += 1
      }
      if hasAttention {
        for (part, outputs) in [
          ("content", hidden), ("query", hidden), ("key", hidden), ("query_decay", 16),
          ("proj", hidden),
        ] {
          addConvolution("\(path).\(next).\(part)", [outputs, hidden, 1], bias: outputs)
        }
        next += 1
      }
      addConvolution("\(path).\(next)", [2 * channels, hidden, 1], bias: 2 * channels)
      addNorm("\(path).\(next + 1)", 2 * channels)
      add("\(path).\(next + 3).scale", channels)
    }
  }

  private func hasNorms(_ level: Int) -> Bool { level >= int("norm_starts", 4, 0...1000) }

  fileprivate mutating func addTimeDemucs() {
    let depth = int("depth", 6, 1...12)
    let (kernel, context) = (int("kernel_size", 8, 1...64), int("context", 1, 0...64))
    let (rewrites, residuals) = (flag("rewrite", true), int("dconv_mode", 1, 0...3))
    var channels = [audioChannels]
    for level in 0..<depth { channels.append(channel(level, int("channels", 64, 1...4096))) }
    for level in 0..<depth {
      let (path, width) = ("encoder.\(level)", channels[level + 1])
      addConvolution("\(path).0", [width, channels[level], kernel], bias: width)
      if hasNorms(level) { addNorm("\(path).1", width) }
      var next = 3
      if residuals & 1 != 0 {
        addResidual("\(path).3", width, level: level)
        next += 1
      }
      if rewrites {
        addConvolution("\(path).\(next)", [2 * width, width, 1], bias: 2 * width)
        if hasNorms(level) { addNorm("\(path).\(next + 1)", 2 * width) }
      }
    }
    for (index, level) in (0..<depth).reversed().enumerated() {
      let (path, width) = ("decoder.\(index)", channels[level + 1])
      let output = level == 0 ? sources * audioChannels : channels[level]
      var next = 0
      if rewrites {
        addConvolution(
          "\(path).0", [2 * width, width, 2 * context + 1], bias: 2 * width)
        if hasNorms(level) { addNorm("\(path).1", 2 * width) }
        next = 3
      }
      if residuals & 2 != 0 {
        addResidual("\(path).\(next)", width, level: level)
        next += 1
      }
      addConvolution("\(path).\(next)", [width, output, kernel], bias: output)
      if level > 0 && hasNorms(level) { addNorm("\(path).\(next + 1)", output) }
    }
    let layers = int("lstm_layers", 0, 0...8)
    if layers > 0 { addMemory("lstm", channels[depth], layers: layers) }
  }

  fileprivate mutating func addHybridDemucs() {
    let levels = hybridLevels()
    let residuals = int("dconv_mode", 1, 0...3)
    for level in levels {
      for band in level.bands {
        addHybridEncoder("encoder.\(level.index)\(band)", level, level.spectral, residuals)
      }
    }
    for level in levels.reversed() {
      for band in level.bands {
        addHybridDecoder(
          "decoder.\(levels.count - 1 - level.index)\(band)", level, level.spectral, residuals)
      }
    }
    let timed = levels.filter { $0.time != nil }
    for level in timed {
      guard let time = level.time else { continue }
      addHybridEncoder("tencoder.\(level.index)", level, time, residuals)
    }
    for level in timed.reversed() {
      guard let time = level.time else { continue }
      addHybridDecoder("tdecoder.\(timed.count - 1 - level.index)", level, time, residuals)
    }
    if arguments.double("freq_emb") ?? 0.2 != 0 {
      add("freq_emb.embedding.weight", levels[0].frequencies, levels[0].spectral.output)
    }
  }

  /// One branch's layers on a level.
  private struct HybridBranch {
    let input, output, outputOfDecoder: Int
    /// The strided kernels, and those of the decoder's convolution.
    let kernel, context: [Int]
    var isEmpty = false
  }

  private struct HybridLevel {
    let index: Int
    let spectral: HybridBranch
    let time: HybridBranch?
    let frequencies: Int
    let bands: [String]
  }

  private func hybridLevels() -> [HybridLevel] {
    let (kernel, stride) = (int("kernel_size", 8, 2...64), int("stride", 4, 1...64))
    let context = 2 * int("context", 1, 0...16) + 1
    let timeStride = int("time_stride", 2, 1...64)
    let banded = arguments.doubles("multi_freqs") ?? []
    let spectralInput = flag("cac", true) ? 2 * audioChannels : audioChannels
    var frequencies = int("nfft", 4096, 16...65536) / 2
    var (input, timeInput) = (spectralInput, audioChannels)
    var levels: [HybridLevel] = []
    for index in 0..<int("depth", 6, 1...12) {
      var output = channel(index, int("channels", 48, 1...4096))
      var timeOutput = channel(index, max(0, arguments.int("channels_time") ?? 0))
      if timeOutput == 0 { timeOutput = output }
      let isSpectral = frequencies > 1
      let isLast = isSpectral && frequencies <= kernel
      if isLast { (output, timeOutput) = (max(output, timeOutput), max(output, timeOutput)) }
      let bands =
        index < int("multi_freqs_depth", 2, 0...12) && !banded.isEmpty && isSpectral
        ? (0...banded.count).map { ".layers.\($0)" } : [""]
      let spectral = HybridBranch(
        input: input, output: output,
        outputOfDecoder: index == 0 ? sources * spectralInput : input,
        kernel: isSpectral ? [isLast ? frequencies : kernel, 1] : [2 * timeStride],
        context: isSpectral ? [bands.count > 1 ? 1 : context, context] : [context])
      let time = HybridBranch(
        input: timeInput, output: timeOutput,
        outputOfDecoder: index == 0 ? sources * audioChannels : timeInput, kernel: [kernel],
        context: [context], isEmpty: isLast)
      frequencies = isLast ? 1 : isSpectral ? frequencies / stride : 1
      levels.append(
        HybridLevel(
          index: index, spectral: spectral, time: isSpectral ? time : nil,
          frequencies: frequencies, bands: bands))
      (input, timeInput) = (output, timeOutput)
    }
    return levels
  }

  private mutating func addHybridEncoder(
    _ path: String, _ level: HybridLevel, _ branch: HybridBranch, _ residuals: Int
  ) {
    let width = branch.output
    addConvolution("\(path).conv", [width, branch.input] + branch.kernel, bias: width)
    if branch.isEmpty { return }
    if hasNorms(level.index) { addNorm("\(path).norm1", width) }
    if flag("rewrite", true) {
      let context = 2 * int("context_enc", 0, 0...16) + 1
      addConvolution(
        "\(path).rewrite", [2 * width, width] + branch.kernel.map { _ in context },
        bias: 2 * width)
      if hasNorms(level.index) { addNorm("\(path).norm2", 2 * width) }
    }
    if residuals & 1 != 0 { addResidual("\(path).dconv", width, level: level.index) }
  }

  private mutating func addHybridDecoder(
    _ path: String, _ level: HybridLevel, _ branch: HybridBranch, _ residuals: Int
  ) {
    let (width, output) = (branch.output, branch.outputOfDecoder)
    addConvolution("\(path).conv_tr", [width, output] + branch.kernel, bias: output)
    if hasNorms(level.index) { addNorm("\(path).norm2", output) }
    if branch.isEmpty { return }
    if flag("rewrite", true) {
      addConvolution("\(path).rewrite", [2 * width, width] + branch.context, bias: 2 * width)
      if hasNorms(level.index) { addNorm("\(path).norm1", 2 * width) }
    }
    if residuals & 2 != 0 { addResidual("\(path).dconv", width, level: level.index) }
  }
}
