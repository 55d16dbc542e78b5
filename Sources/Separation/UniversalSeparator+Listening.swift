// SPDX-License-Identifier: Apache-2.0
public import SoundFiles
internal import Tensors
public import UniversalSeparation

extension UniversalSeparator {
  /// Listens to a whole recording, in bounded memory: what is heard in each of its segments.
  ///
  /// - Parameter advance: Is told how many frames have been heard so far, and may throw to end it.
  public func tags(
    of source: any AudioSource, threads: Int, advance: (_ frames: Int) throws -> Void
  ) throws -> [SegmentTags] {
    let run = Run(threads: threads)
    var found: [SegmentTags] = []
    var waiting: [Float] = []
    try source.forEachMonoBlock(sampleRate: sampleRate) { samples, frames in
      waiting += samples
      while waiting.count >= segmentSamples {
        found.append(try tags(of: Array(waiting.prefix(segmentSamples)), run))
        waiting.removeFirst(segmentSamples)
        try advance(frames)
      }
    }
    if !waiting.isEmpty { found.append(try tags(of: waiting, run)) }
    return found
  }

  /// The condition that recordings of what is wanted make together.
  ///
  /// - Throws: `UniversalSeparationError.silentExamples`, `.noTagger`.
  public func condition(
    of recordings: [any AudioSource], threads: Int
  ) throws -> [Float] {
    let run = Run(threads: threads)
    var examples = QueryExamples(self)
    for source in recordings {
      try source.forEachMonoBlock(sampleRate: sampleRate) { samples, _ in
        try examples.push(samples, run)
      }
      try examples.endRecording(run)
    }
    return try examples.condition()
  }
}

extension AudioSource {
  /// Reads to the end, as mono samples of a rate.
  fileprivate func forEachMonoBlock(
    sampleRate: Int, _ body: (_ samples: [Float], _ framesRead: Int) throws -> Void
  ) throws {
    var resampler = Resampler(
      from: format.sampleRate, to: sampleRate, channels: 1, kernel: .julius)
    var frames = 0
    while let block = try read(frames: format.sampleRate) {
      frames += block.frames
      try body(resampler.push(block.mapped(toChannels: 1)).samples, frames)
    }
    try body(resampler.finish().samples, frames)
  }
}
