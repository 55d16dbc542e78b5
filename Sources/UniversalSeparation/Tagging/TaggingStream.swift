// SPDX-License-Identifier: Apache-2.0
public import Tensors

/// A recording of any length on its way through a tagger, in segments side by side, in memory that doesn't grow.
///
/// The last segment begins where it has to to be as long as the others; of what it tells only what is new
/// counts. A recording shorter than a segment is heard as it is, filled up with silence where the tagger needs
/// it.
public struct TaggingStream: Sendable {
  /// What is heard for some time.
  public struct Moment: Sendable {
    /// Where it begins, in seconds.
    public let start: Double
    /// Where it ends, in seconds.
    public let end: Double
    /// Each class's probability.
    public let probabilities: [Float]

    /// Makes a moment.
    public init(start: Double, end: Double, probabilities: [Float]) {
      self.start = start
      self.end = end
      self.probabilities = probabilities
    }
  }

  /// Samples of a segment.
  public let segmentSamples: Int
  private let tagger: any SoundTagger
  /// The recording from the sample `pendingStart` on.
  private var pending: [Float] = []
  private var pendingStart = 0
  /// Samples of which it has been told what is heard.
  private var told = 0

  /// Samples that have come.
  public var sampleCount: Int { pendingStart + pending.count }

  /// A stream in segments of so many samples, those of a clip without it.
  public init(_ tagger: any SoundTagger, segmentSamples: Int? = nil) {
    self.tagger = tagger
    self.segmentSamples = max(segmentSamples ?? tagger.clipSamples, tagger.leastSamples)
  }

  /// Takes the next samples, at the tagger's rate, and tells what is heard as far as segments are complete.
  ///
  /// - Throws: `TaggingError`, or what `emit` throws.
  public mutating func push(
    _ samples: [Float], _ run: Run, _ emit: (Moment) throws -> Void
  ) throws {
    if let index = samples.firstIndex(where: { !$0.isFinite }) {
      throw TaggingError.notFinite(sample: sampleCount + index)
    }
    pending += samples
    while sampleCount - told >= segmentSamples {
      try tell(from: told, run, emit)
      // The last segment may need what lies before it.
      let needed = told - segmentSamples
      if needed > pendingStart {
        pending.removeFirst(needed - pendingStart)
        pendingStart = needed
      }
    }
  }

  /// Tells what is heard at the end.
  ///
  /// - Throws: `TaggingError`, or what `emit` throws.
  public mutating func finish(_ run: Run, _ emit: (Moment) throws -> Void) throws {
    guard sampleCount > told else { return }
    try tell(from: max(0, sampleCount - segmentSamples), run, emit)
  }

  /// Tells what is heard in the segment that begins at a sample, as far as it is new.
  private mutating func tell(
    from start: Int, _ run: Run, _ emit: (Moment) throws -> Void
  ) throws {
    let end = min(start + segmentSamples, sampleCount)
    var segment = Array(pending[start - pendingStart..<end - pendingStart])
    let filled = tagger.needsWholeClips ? tagger.clipSamples : tagger.leastSamples
    if segment.count < filled {
      segment += [Float](repeating: 0, count: filled - segment.count)
    }
    let tags = try tagger(segment, run)
    let rate = Double(tagger.sampleRate)
    let (new, last) = (Double(told) / rate, Double(end) / rate)
    told = end
    guard let course = tags.course else {
      return try emit(Moment(start: new, end: last, probabilities: tags.probabilities))
    }
    let probabilities = course.probabilities.elements
    for step in 0..<course.stepCount {
      let first = step * course.framesPerStep
      let next = step + 1 == course.stepCount ? course.frameCount : first + course.framesPerStep
      let begin = max(new, Double(start) / rate + Double(first) * course.secondsPerFrame)
      // Steps and frames need not end with the signal.
      let finish =
        step + 1 == course.stepCount
        ? last : min(last, Double(start) / rate + Double(next) * course.secondsPerFrame)
      guard begin < finish else { continue }
      let row = step * tagger.classCount
      try emit(
        Moment(
          start: begin, end: finish,
          probabilities: Array(probabilities[row..<row + tagger.classCount])))
    }
  }
}
