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
