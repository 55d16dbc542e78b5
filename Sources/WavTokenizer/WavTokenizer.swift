// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import SpectralTransforms

/// WavTokenizer (Ji et al., "WavTokenizer: an Efficient Acoustic Discrete Codec Tokenizer for Audio Language
/// Modeling", 2024, figure 1): 40 or 75 tokens of one codebook for a second of audio, and back.
///
///     samples ─ encoder ─ nearest codes ─ tokens ─ codes ─ decoder ─ head ─ samples
///              [T, D]      [N, D] table
///
/// Signals are mono, at the configuration's sample rate; a token stands for `hopLength` samples. The parity
/// fixtures `wavtokenizer-*` and the goldens of `Tests/WavTokenizerTests` hold it to its reference.
public struct WavTokenizer: Sendable {
  /// The hyper-parameters.
  public let configuration: WavTokenizerConfiguration

  let codebook: Codebook
  let encoder: SEANetEncoder?
  let decoder: VocosBackbone?
  let head: FourierHead?

  /// What of the network is loaded.
  public struct Parts: OptionSet, Sendable {
    /// The bits of the set.
    public let rawValue: Int
    /// What `encode` needs: a seventh of the whole.
    public static let encoder = Parts(rawValue: 1)
    /// What `decode` needs.
    public static let decoder = Parts(rawValue: 2)
    /// Everything.
    public static let all: Parts = [.encoder, .decoder]

    /// A set of these bits.
    public init(rawValue: Int) { self.rawValue = rawValue }
  }

  /// A token, and how clear the choice was.
  public struct EncodedToken: Sendable, Hashable {
    /// The code's row in the codebook.
    public var id: Int32
    /// How much farther the second nearest code is, in squared distance.
    public var margin: Float
  }

  /// How tokens become samples.
  public enum DecodingMode: String, Codable, Sendable, CaseIterable {
    /// All frames at once, in memory: what the reference computes.
    case whole
    /// The same numbers, the frames in a temporary file: memory doesn't grow, the time for attention
    /// does, with the square of the length.
    case bounded
    /// In windows of 20 seconds that hear 2 seconds on either side of them, faded into each other: an
    /// approximation for any length, in bounded memory and in time that grows with the length.
    case windowed
  }
}
