// SPDX-License-Identifier: Apache-2.0
public import Tensors

/// Averages passes of a track that begins randomly late, by up to half a second of silence: the shift
/// trick as demucs has it since its third generation, where segments are cut from the shifted track.
public struct TrackShiftedSeparator: Separator {
  private let separator: any Separator
  /// Each pass's silence, in samples.
  package let delays: [Int]

  /// Makes `shifts` passes, at least one, of the whole track; the same seed gives the same delays.
  public init(_ separator: any Separator, shifts: Int, seed: UInt64) {
    self.separator = separator
    var random = SplitMix(state: seed)
    delays = (0..<max(1, shifts)).map { _ in
      Int.random(in: 0...separator.sampleRate / 2, using: &random)
    }
  }

  /// Samples a second.
  public var sampleRate: Int { separator.sampleRate }
  /// Channels of mixture and sources.
  public var channels: Int { separator.channels }
  /// The sources' names.
  public var sources: [String] { separator.sources }
  /// Whether the sources come in any order.
  public var sourcesAreInterchangeable: Bool { separator.sourcesAreInterchangeable }
  /// Whether the estimates' common level is free.
  public var matchesMixtureLevel: Bool { separator.matchesMixtureLevel }
  /// Whether signals are brought to a common level as a whole.
  public var normalizesTrack: Bool { separator.normalizesTrack }
  /// Each pass's.
  public var passage: Passage { separator.passage }

  /// Separates a signal as it is: shifts are of tracks.
  public func separate(_ mixture: Tensor, _ run: Run) throws -> [Tensor] {
    try separator.separate(mixture, run)
  }

  /// All passes side by side.
  public func makePassageStage(
    _ settings: SeparationSettings, wanted: Set<Int>
  ) -> any SeparationStage {
    let weights = sources.map { _ in Float(1) }
    return AveragingStage(
      delays.map { delay in
        let stage = separator.makePassageStage(settings, wanted: wanted)
        return (weights, DelayedStage(stage, samples: delay * channels))
      }, sources: sources.count, wanted: wanted)
  }
}

/// Lets a stage hear silence first, and takes that out of what it delivers.
private final class DelayedStage: SeparationStage {
  private let stage: any SeparationStage
  private var isSilent = true
  private let silence: Int
  private var surplus: Int

  /// `samples` counts those of all channels.
  init(_ stage: any SeparationStage, samples: Int) {
    self.stage = stage
    silence = samples
    surplus = samples
  }

  func push(_ samples: [Float], _ run: Run, _ deliver: Deliver) throws {
    if isSilent {
      isSilent = false
      if silence > 0 {
        let zeros = [Float](repeating: 0, count: silence)
        try stage.push(zeros, run) { try trimmed($0, deliver) }
      }
    }
    try stage.push(samples, run) { try trimmed($0, deliver) }
  }

  func finish(_ run: Run, _ deliver: Deliver) throws {
    // A signal without a sample has no sources.
    if !isSilent { try stage.finish(run) { try trimmed($0, deliver) } }
  }

  private func trimmed(_ sources: [[Float]], _ deliver: Deliver) throws {
    let dropped = min(surplus, sources[0].count)
    surplus -= dropped
    if dropped < sources[0].count { try deliver(sources.map { Array($0.dropFirst(dropped)) }) }
  }
}
