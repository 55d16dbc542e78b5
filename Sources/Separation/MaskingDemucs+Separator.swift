// SPDX-License-Identifier: Apache-2.0
public import Demucs
public import Tensors

extension MaskingDemucs: Separator {
  /// Samples a second.
  public var sampleRate: Int { configuration.hybrid.sampleRate }
  /// Channels of mixture and sources.
  public var channels: Int { configuration.hybrid.audioChannels }
  /// The sources' names.
  public var sources: [String] { configuration.hybrid.sources }
  /// Never: a source is an instrument.
  public var sourcesAreInterchangeable: Bool { false }
  /// No: masks keep levels.
  public var matchesMixtureLevel: Bool { false }
  /// No: each segment's magnitudes are brought to a level of their own.
  public var normalizesTrack: Bool { false }

  /// Overlapping segments, each heard alone.
  public var passage: Passage {
    .segments(samples: configuration.hybrid.segmentSamples, contextSamples: 0)
  }

  /// Separates a whole signal.
  public func separate(_ mixture: Tensor, _ run: Run) -> [Tensor] { self(mixture, run) }

  /// Averages passes of the whole track, as for hybrid networks.
  public func shifted(_ shifts: Int, seed: UInt64) -> (any Separator)? {
    TrackShiftedSeparator(self, shifts: shifts, seed: seed)
  }
}
