// SPDX-License-Identifier: Apache-2.0

/// The hyper-parameters of an HTDemucs (Rouard, Massa & Défossez, "Hybrid Transformers for Music Source
/// Separation", 2023).
public struct HybridTransformerDemucsConfiguration: Sendable, Hashable {
  /// Samples a second.
  public var sampleRate: Int
  /// Channels of the mixture and of each source.
  public var audioChannels: Int
  /// The sources' names, in the order of the network's outputs.
  public var sources: [String]
  /// Samples of the segments that the network was trained on: it runs on exactly so many.
  public var segmentSamples: Int
  /// Points of the spectrogram's transform; four times as many as samples from one frame to the next.
  public var fftLength: Int
  /// Channels of each encoder layer of the spectrogram's branch, the outermost first.
  public var channels: [Int]
  /// Channels of each encoder layer of the waveform's branch.
  public var temporalChannels: [Int]
  /// Taps of the strided convolutions.
  public var kernelSize: Int
  /// Frequencies or frames of one layer for each of the next.
  public var stride: Int
  /// What frequencies' embeddings are multiplied by before they are added to the outermost layer; `nil`
  /// where there are none.
  public var embeddingWeight: Float?
  /// The Transformer.
  public var transformer: Transformer

  /// The hyper-parameters of the Transformer in the middle.
  public struct Transformer: Sendable, Hashable {
    /// Channels of a token.
    public var width: Int
    /// Whether 1×1 convolutions bring the signals to the tokens' width and back.
    public var isWidened: Bool
    /// Channels between the two linear layers of a feed-forward network.
    public var hiddenWidth: Int
    /// Heads of the attention.
    public var heads: Int
    /// Layers of each branch; the second attends to the other branch, and so every second one.
    public var layers: Int
    /// The longest period of the positions' sines, over 2π, in tokens.
    public var longestPeriod: Float
    /// What positions are multiplied by.
    public var positionWeight: Float

    /// Makes hyper-parameters from their values.
    public init(
      width: Int, isWidened: Bool, hiddenWidth: Int, heads: Int, layers: Int,
      longestPeriod: Float = 10000, positionWeight: Float = 1
    ) {
      self.width = width
      self.isWidened = isWidened
      self.hiddenWidth = hiddenWidth
      self.heads = heads
      self.layers = layers
      self.longestPeriod = longestPeriod
      self.positionWeight = positionWeight
    }
  }
}
