// SPDX-License-Identifier: Apache-2.0
internal import Synchronization
public import Tensors

/// A network that takes a mixture apart into sources.
public protocol Separator: Sendable {
  /// Samples a second of everything that goes in and comes out.
  var sampleRate: Int { get }
  /// Channels of the mixture and of each source.
  var channels: Int { get }
  /// The sources' names, in the order in which they come out.
  var sources: [String] { get }
  /// Whether the sources of one run are in any order (speakers) or each in its place (instruments).
  var sourcesAreInterchangeable: Bool { get }
  /// Whether the estimates' common level is free and is set to the mixture's.
  var matchesMixtureLevel: Bool { get }
  /// Whether signals are brought to mean 0 and deviation 1 as a whole before they pass through.
  var normalizesTrack: Bool { get }
  /// How a signal of any length passes through.
  var passage: Passage { get }

  /// Separates a signal, `[T, channels]`, into as many tensors `[T, channels]` as there are sources.
  func separate(_ mixture: Tensor, _ run: Run) throws -> [Tensor]

  /// Separates a segment of a signal `[T, channels]`, which may hear what lies around it, into tensors
  /// `[segment.count, channels]`.
  func separate(_ signal: Tensor, segment: Range<Int>, _ run: Run) throws -> [Tensor]

  /// A stage that passes a signal through the network, and nothing before or after it.
  ///
  /// - Parameter wanted: the sources that somebody will hear; of the others any samples will do.
  func makePassageStage(
    _ settings: SeparationSettings, wanted: Set<Int>
  ) -> any SeparationStage

  /// The separator that averages so many randomly shifted passes; `nil` where shifts change nothing.
  func shifted(_ shifts: Int, seed: UInt64) -> (any Separator)?

  /// How many segments are worth having at once, because they cost less together.
  var segmentsAtOnce: Int { get }

  /// Separates several segments of a signal and delivers each one's sources, in the segments' order.
  func separate(
    _ signal: Tensor, segments: [Range<Int>], _ run: Run,
    deliver: (_ sources: [Tensor]) throws -> Void) throws
}

extension Separator {
  /// No: levels stay as they are.
  public var normalizesTrack: Bool { false }

  /// Averages passes of every segment.
  public func shifted(_ shifts: Int, seed: UInt64) -> (any Separator)? {
    ShiftedSeparator(self, shifts: shifts, seed: seed)
  }

  /// One: nothing is gained.
  public var segmentsAtOnce: Int { 1 }

  /// Separates one segment after the other.
  public func separate(
    _ signal: Tensor, segments: [Range<Int>], _ run: Run,
    deliver: (_ sources: [Tensor]) throws -> Void
  ) throws {
    for segment in segments { try deliver(try separate(signal, segment: segment, run)) }
  }

  /// Separates several segments of a signal, `jobs` at a time, and delivers them in order.
  ///
  /// The result is the same: no sum depends on how many threads share it.
  func separate(
    _ signal: Tensor, segments: [Range<Int>], jobs: Int, _ run: Run,
    deliver: (_ sources: [Tensor]) throws -> Void
  ) throws {
    guard jobs > 1 && segmentsAtOnce == 1 && segments.count > 1 else {
      return try separate(signal, segments: segments, run, deliver: deliver)
    }
    let lanes = min(jobs, segments.count, run.parallel.threads)
    let share = Run(
      threads: run.parallel.threads / lanes, arena: run.arena, trace: run.trace)
    let results = Mutex([Result<[Tensor], any Error>?](repeating: nil, count: segments.count))
    Parallel(threads: lanes).forEach(segments.count) { index, _ in
      let result = Result { try separate(signal, segment: segments[index], share) }
      results.withLock { $0[index] = result }
    }
    for result in results.withLock({ $0 }) {
      if let result { try deliver(try result.get()) }
    }
  }

  /// Separates the segment as if there was nothing around it.
  public func separate(_ signal: Tensor, segment: Range<Int>, _ run: Run) throws -> [Tensor] {
    guard segment != 0..<signal.shape[0] else { return try separate(signal, run) }
    let kept = segment.lowerBound * channels..<segment.upperBound * channels
    let alone = Tensor(
      shape: [segment.count, channels], elements: Array(signal.elements[kept]))
    return try separate(alone, run)
  }
}

/// How a signal of any length passes through a network in bounded memory.
public enum Passage: Sendable {
  /// Piece by piece, bit-identical to the whole, `latencySamples` late.
  case stream(latencySamples: Int, make: @Sendable () -> any SeparationStage)
  /// In segments with so many samples of context on both sides, bit-identical to the whole.
  /// Segments begin at multiples of `alignment` samples.
  case context(before: Int, after: Int, alignment: Int, bytesPerSample: Int)
  /// Whole, where that fits into memory; else in overlapping segments, which is an approximation: the
  /// network has norms over the whole signal. `segmentSamples` is the length it was trained on.
  case overlap(segmentSamples: Int?, bytesPerSample: Int)
  /// In overlapping segments of so many samples, which hear up to `contextSamples` on both sides.
  case segments(samples: Int, contextSamples: Int)
}

/// A separation under way: samples in, complete samples of each source out.
///
/// Samples are interleaved, at the separator's rate and channels. A stage calls `deliver` as often
/// as it likes, with the next samples of each source, equally many.
public protocol SeparationStage: AnyObject {
  /// What receives the sources' samples.
  typealias Deliver = (_ sources: [[Float]]) throws -> Void

  /// Takes the signal's next samples.
  func push(_ samples: [Float], _ run: Run, _ deliver: Deliver) throws
  /// Takes the end of the signal and delivers what is still owed.
  func finish(_ run: Run, _ deliver: Deliver) throws
}
