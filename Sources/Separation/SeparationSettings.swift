// SPDX-License-Identifier: Apache-2.0

/// What a user may set about how a signal is cut.
public struct SeparationSettings: Sendable, Hashable {
  /// Seconds of a segment; `nil`: whole signals where memory allows, else the model's own length.
  public var segmentSeconds: Double?
  /// The share of a segment that overlaps with the next, from 0 to below 1; `nil`: the model's, a quarter
  /// for most.
  public var overlap: Double?
  /// Segments that are worked on at a time, each by its share of the threads; networks that take several
  /// segments through their steps together do so instead.
  public var jobs: Int
  /// Memory that a pass may take for activations, in bytes.
  public var workingMemory: Int

  /// The defaults of the command line.
  public init(
    segmentSeconds: Double? = nil, overlap: Double? = nil, jobs: Int = 1,
    workingMemory: Int = 180_000_000
  ) {
    self.segmentSeconds = segmentSeconds
    self.overlap = overlap
    self.jobs = max(1, jobs)
    self.workingMemory = workingMemory
  }
}

extension Separator {
  /// A stage that passes one signal through the network, and brings levels there and back.
  ///
  /// - Parameter wanted: the sources that somebody will hear, all without it; of the others any
  ///   samples may come.
  public func makeStage(
    _ settings: SeparationSettings, wanted: Set<Int>? = nil
  ) -> any SeparationStage {
    var stage = makePassageStage(settings, wanted: wanted ?? Set(sources.indices))
    if normalizesTrack { stage = NormalizedTrackStage(stage, channels: channels) }
    return matchesMixtureLevel ? LevelMatchedStage(stage, sources: sources.count) : stage
  }

  /// The way through the network that its `passage` says.
  public func makePassageStage(
    _ settings: SeparationSettings, wanted: Set<Int>
  ) -> any SeparationStage {
    func affordable(_ bytesPerSample: Int) -> Int { settings.workingMemory / bytesPerSample }
    let overlap = settings.overlap ?? 0.25
    let wanted = settings.segmentSeconds.map { max(1, Int($0 * Double(sampleRate))) }
    switch passage {
    case .stream(_, let make): return make()
    case .context(let before, let after, let alignment, let bytes):
      let context = Context(before: before, after: after, alignment: alignment)
      // At least as much signal as context, or most of the work would be thrown away.
      let segment = wanted ?? max(affordable(bytes) - before - after, before + after, 1)
      return ContextStage(self, segment: segment, context: context)
    case .overlap(let own, let bytes):
      let whole = affordable(bytes)
      // What the network was trained on is worth some memory beyond the default.
      let segment = wanted ?? min(own ?? whole, 2 * whole)
      return OverlapStage(
        self, segment: max(2, segment), overlap: overlap, jobs: settings.jobs,
        whole: wanted == nil ? max(whole, segment) : segment)
    case .segments(let own, let context):
      let segment = max(2, wanted ?? own)
      // The reference cuts whatever is longer than a stride.
      return OverlapStage(
        self, segment: segment, overlap: overlap, jobs: settings.jobs, whole: 0,
        context: context)
    case .windows(let longest):
      let window = max(2, min(wanted ?? longest, longest))
      return OverlapStage(
        WindowedSeparator(self, samples: window), segment: window, overlap: overlap,
        jobs: settings.jobs, whole: 0, context: window / 2)
    }
  }
}
