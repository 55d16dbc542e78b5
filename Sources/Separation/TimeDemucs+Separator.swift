// SPDX-License-Identifier: Apache-2.0
public import Demucs
public import Tensors

extension TimeDemucs: Separator {
  /// Samples a second.
  public var sampleRate: Int { configuration.sampleRate }
  /// Channels of mixture and sources.
  public var channels: Int { configuration.audioChannels }
  /// The sources' names.
  public var sources: [String] { configuration.sources }
  /// Never: a source is an instrument.
  public var sourcesAreInterchangeable: Bool { false }
  /// No: the network keeps levels.
  public var matchesMixtureLevel: Bool { false }
  /// Yes: it was trained on signals of deviation 1.
  public var normalizesTrack: Bool { true }

  /// Overlapping segments of the reference's length, heard with their surroundings.
  public var passage: Passage {
    .segments(
      samples: configuration.segmentSamples, contextSamples: configuration.contextSamples)
  }

  /// Separates a whole signal.
  public func separate(_ mixture: Tensor, _ run: Run) -> [Tensor] {
    self(mixture, segment: 0..<mixture.shape[0], run)
  }

  /// Separates a segment of a signal.
  public func separate(_ signal: Tensor, segment: Range<Int>, _ run: Run) -> [Tensor] {
    self(signal, segment: segment, run)
  }

  /// Averages passes of the whole track, as the reference does since this generation.
  public func shifted(_ shifts: Int, seed: UInt64) -> (any Separator)? {
    TrackShiftedSeparator(self, shifts: shifts, seed: seed)
  }
}
