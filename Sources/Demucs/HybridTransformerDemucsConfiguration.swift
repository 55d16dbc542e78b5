// SPDX-License-Identifier: Apache-2.0

/// The hyper-parameters of a Hybrid Transformer Demucs (Rouard, Massa & Défossez, "Hybrid Transformers for
/// Music Source Separation", 2023).
public struct HybridTransformerDemucsConfiguration: Sendable, Hashable {
  /// The two U-Nets around the Transformer; their segments are as long as those of the training, and the
  /// network runs on no others.
  public var hybrid: HybridConfiguration
  /// The Transformer.
  public var transformer: Transformer

  /// The hyper-parameters of the Transformer between encoders and decoders.
  public struct Transformer: Sendable, Hashable {
    /// Channels of a token.
    public var width: Int
    /// Whether 1×1 convolutions bring the branches to the tokens' width and back.
    public var isWidened: Bool
    /// Channels between the two linear layers of a feed-forward network.
    public var hiddenWidth: Int
    /// Heads of the attention.
    public var heads: Int
    /// Layers of each branch; the second attends to the other branch, and every second one from there on.
    public var layers: Int
    /// The longest period of the positions' sines, over 2π, in tokens.
    public var longestPeriod: Float
    /// What positions are multiplied by.
    public var positionWeight: Float

    /// Makes hyper-parameters from their values.
    public init(
      width: Int, isWidened: Bool, hiddenWidth: Int, heads: Int, layers: Int, longestPeriod: Float,
      positionWeight: Float
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

  /// Frequencies in the middle.
  var bands: Int {
    (0..<hybrid.depth).reduce(hybrid.fftLength / 2) { bands, _ in bands / hybrid.stride }
  }

  /// Frames of the spectral branch.
  var frames: Int {
    let hop = hybrid.fftLength / 4
    return (hybrid.segmentSamples + hop - 1) / hop
  }

  /// Frames of the waveform's branch in the middle.
  var waveformFrames: Int {
    (0..<hybrid.depth).reduce(hybrid.segmentSamples) { frames, _ in
      (frames + hybrid.stride - 1) / hybrid.stride
    }
  }

  /// Why these hyper-parameters can't be run, if so, beside what the U-Nets have to say.
  ///
  /// Checkpoints are not trusted: the sizes that no tensor's shape vouches for are looked at here.
  var problem: String? {
    let t = transformer
    if bands < 2 { return "a Transformer between layers of a single frequency" }
    let tokens = max(bands * frames, waveformFrames)
    // Attention is quadratic: a minute has 20,000.
    if tokens > 1 << 17 { return "a Transformer over \(tokens) tokens" }
    if t.layers < 1 { return "no Transformer in the middle" }
    if t.width % 4 != 0 { return "tokens of \(t.width) channels, not a multiple of 4" }
    if t.heads < 1 || t.width % t.heads != 0 {
      return "\(t.heads) heads for tokens of \(t.width) channels"
    }
    if !(t.longestPeriod > 1 && t.longestPeriod.isFinite) {
      return "positions of a period of \(t.longestPeriod)"
    }
    if !t.positionWeight.isFinite { return "positions times \(t.positionWeight)" }
    return nil
  }
}
