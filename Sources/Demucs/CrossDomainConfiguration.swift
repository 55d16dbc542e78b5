// SPDX-License-Identifier: Apache-2.0

/// The sizes of a cross-domain Transformer.
package struct CrossDomainConfiguration: Sendable, Hashable {
  /// Channels of the signals in and out.
  package var channels: Int
  /// Channels of a token.
  package var width: Int
  /// Channels between the two linear layers of a feed-forward network.
  package var hiddenWidth: Int
  /// Heads of the attention.
  package var heads: Int
  /// Layers of each branch.
  package var layers: Int
  /// Whether the first layer attends to the other branch, and every second one from there on; else it is
  /// the second layer that does.
  package var crossesFirst: Bool
  /// Whether 1×1 convolutions bring the signals to the tokens' width and back.
  package var isWidened: Bool
  /// Frequencies of a frame of the spectrogram's branch.
  package var bands: Int
  /// Frames of the spectrogram's branch.
  package var spectralFrames: Int
  /// Frames of the waveform's branch.
  package var temporalFrames: Int
  /// The longest period of the positions' sines, over 2π, in tokens.
  package var longestPeriod: Float
  /// What positions are multiplied by.
  package var positionWeight: Float

  /// Whether a layer attends to the other branch.
  func isCrossing(_ layer: Int) -> Bool { layer % 2 == (crossesFirst ? 0 : 1) }
}
