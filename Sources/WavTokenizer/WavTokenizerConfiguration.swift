// SPDX-License-Identifier: Apache-2.0

/// The hyper-parameters of a WavTokenizer (Ji et al., "WavTokenizer: an Efficient Acoustic Discrete Codec
/// Tokenizer for Audio Language Modeling", 2024).
///
/// All of them follow from the shapes of a checkpoint's tensors but for the sample rate, which is 24 kHz in
/// every release.
public struct WavTokenizerConfiguration: Codable, Sendable, Hashable {
  /// Samples a second.
  public var sampleRate: Int
  /// Frames of one layer of the encoder for each frame of the next, the outermost first.
  ///
  /// The training program's `dowmsamples` lists them the other way round.
  public var strides: [Int]
  /// Channels of the encoder's first layer.
  public var filters: Int
  /// Elements of a code.
  public var codeDimension: Int
  /// How many codes there are.
  public var codebookSize: Int
  /// Layers of the encoder's long short-term memory.
  public var memoryLayers: Int
  /// Channels of the decoder.
  public var decoderChannels: Int
  /// Channels inside a block of the decoder.
  public var hiddenChannels: Int
  /// Blocks of the decoder.
  public var decoderBlocks: Int
  /// How many bandwidth identifiers the decoder knows.
  public var bandwidthIdentifiers: Int
  /// Points of the head's Fourier transform.
  public var fftLength: Int

  /// Samples of a token.
  public var hopLength: Int { strides.reduce(1, *) }

  /// Tokens of a second of audio.
  public var tokensPerSecond: Double { Double(sampleRate) / Double(hopLength) }

  /// Samples that must have arrived before the first token is delivered; each further token comes a hop
  /// later.
  public var latencySamples: Int { encoderReach + 1 }

  /// How many tokens a signal of `samples` samples has.
  public func tokenCount(samples: Int) -> Int { (samples + hopLength - 1) / hopLength }
}

extension WavTokenizerConfiguration {
  /// Taps of the encoder's first and last convolution.
  static let outerKernelSize = 7
  /// Taps of the convolutions inside the encoder's residual blocks.
  static let residualKernelSize = 3
  /// Groups of the decoder's group normalisations.
  static let normalizationGroups = 32

  /// Channels at the bottom of the encoder, and units of its memory.
  var deepestChannels: Int { filters << strides.count }

  /// Samples after the first one of a token's that the token depends on.
  var encoderReach: Int {
    // The last frame that the token's own hears, followed up layer by layer.
    let outer = (Self.outerKernelSize - 1) / 2
    let residual = (Self.residualKernelSize - 1) / 2
    return strides.reversed().reduce(outer) { frame, stride in
      // Of a kernel of two strides, the longer half of one lies in front.
      frame * stride + (2 * stride - 1) - (stride - stride / 2) + residual
    } + outer
  }

  /// Why these hyper-parameters can't be run, if so.
  ///
  /// Checkpoints are not trusted: what no tensor's shape vouches for is looked at here.
  var problem: String? {
    if !(1000...768_000).contains(sampleRate) { return "a sample rate of \(sampleRate) Hz" }
    if !(1...8).contains(strides.count) { return "an encoder of \(strides.count) strides" }
    // In floating point, where no product overflows.
    if strides.contains(where: { $0 < 1 }) || strides.reduce(1, { $0 * Double($1) }) > 100_000 {
      return "strides of \(strides)"
    }
    if memoryLayers < 1 { return "an encoder without a memory" }
    if decoderBlocks < 1 || bandwidthIdentifiers < 1 {
      return "\(decoderBlocks) blocks with \(bandwidthIdentifiers) bandwidth identifiers"
    }
    if !(1...1 << 24).contains(codebookSize) { return "a codebook of \(codebookSize) codes" }
    if [filters, codeDimension, decoderChannels, hiddenChannels].contains(where: { $0 < 1 }) {
      return "a layer without channels"
    }
    if decoderChannels % Self.normalizationGroups != 0 {
      return "\(decoderChannels) channels in \(Self.normalizationGroups) normalisation groups"
    }
    if fftLength < hopLength || fftLength % hopLength != 0 {
      return "an encoder of \(hopLength) samples a token with a decoder whose transform has "
        + "\(fftLength) points, no multiple of it: the two belong to different models"
    }
    return nil
  }

  /// What of this contradicts what the tensors' shapes say, if anything.
  func contradiction(to found: WavTokenizerConfiguration) -> String? {
    let pairs: [(name: String, stated: [Int], found: [Int])] = [
      ("strides", strides, found.strides),
      ("filters", [filters], [found.filters]),
      ("code dimension", [codeDimension], [found.codeDimension]),
      ("codebook size", [codebookSize], [found.codebookSize]),
      ("memory layers", [memoryLayers], [found.memoryLayers]),
      ("decoder channels", [decoderChannels], [found.decoderChannels]),
      ("hidden channels", [hiddenChannels], [found.hiddenChannels]),
      ("decoder blocks", [decoderBlocks], [found.decoderBlocks]),
      ("bandwidth identifiers", [bandwidthIdentifiers], [found.bandwidthIdentifiers]),
      ("transform length", [fftLength], [found.fftLength]),
    ]
    guard let pair = pairs.first(where: { $0.stated != $0.found }) else { return nil }
    func text(_ values: [Int]) -> String { values.map(String.init).joined(separator: ", ") }
    return "the configuration says \(pair.name) \(text(pair.stated)), the checkpoint's tensors "
      + "\(text(pair.found)); give the configuration that belongs to it, or none"
  }
}
