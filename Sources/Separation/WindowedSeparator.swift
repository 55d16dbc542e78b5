// SPDX-License-Identifier: Apache-2.0
internal import Tensors

/// Lets a network hear windows of one length, in whose middle the segments wanted are (demucs'
/// `TensorChunk.padded`).
struct WindowedSeparator: Separator {
  private let separator: any Separator
  private let samples: Int

  /// Windows of `samples` samples, which is as long as a segment may be.
  init(_ separator: any Separator, samples: Int) {
    self.separator = separator
    self.samples = samples
  }

  var sampleRate: Int { separator.sampleRate }
  var channels: Int { separator.channels }
  var sources: [String] { separator.sources }
  var sourcesAreInterchangeable: Bool { separator.sourcesAreInterchangeable }
  var matchesMixtureLevel: Bool { separator.matchesMixtureLevel }
  var normalizesTrack: Bool { separator.normalizesTrack }
  var passage: Passage { .segments(samples: samples, contextSamples: samples / 2) }

  func separate(_ mixture: Tensor, _ run: Run) throws -> [Tensor] {
    try separate(mixture, segment: 0..<mixture.shape[0], run)
  }

  func separate(_ signal: Tensor, segment: Range<Int>, _ run: Run) throws -> [Tensor] {
    precondition(segment.count <= samples, "a segment of \(segment.count) of \(samples) samples")
    let before = (samples - segment.count) / 2
    let start = segment.lowerBound - before
    let heard = max(0, start)..<min(signal.shape[0], start + samples)
    let window = run.arena.tensor(samples, channels)
    window.pointer.update(repeating: 0, count: window.count)
    signal.rows(heard).copy(into: window, row: heard.lowerBound - start)
    return try separator.separate(window, run).map { source in
      let result = run.arena.tensor(segment.count, channels)
      source.rows(before..<before + segment.count).copy(into: result, row: 0)
      return result
    }
  }
}
