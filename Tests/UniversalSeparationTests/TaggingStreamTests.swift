// SPDX-License-Identifier: Apache-2.0
import Tensors
import Testing
import UniversalSeparation

/// A tagger that hears how loud it is, in steps of ten samples or as a whole.
private struct Loudness: SoundTagger {
  var hasCourse = false
  let sampleRate = 100
  let classCount = 2
  let leastSamples = 20
  let clipSamples = 100
  var needsWholeClips = false

  func callAsFunction(_ signal: [Float], _ run: Run) throws(TaggingError) -> SoundTags {
    guard signal.count >= leastSamples else {
      throw .tooShort(samples: signal.count, needed: leastSamples)
    }
    let peak = signal.max() ?? 0
    let steps = stride(from: 0, to: signal.count, by: 10).map { start in
      signal[start..<min(start + 10, signal.count)].max() ?? 0
    }
    return SoundTags(
      probabilities: [peak, Float(signal.count) / 1000], embedding: [],
      course: hasCourse
        ? .init(
          probabilities: Tensor(shape: [steps.count, 2], elements: steps.flatMap { [$0, 0] }),
          framesPerStep: 10, frameCount: signal.count, secondsPerFrame: 0.01) : nil)
  }
}

@Suite("Recordings of any length")
struct TaggingStreamTests {
  private func moments(
    _ tagger: Loudness, _ signal: [Float], blocks: Int, segment: Int? = nil
  ) throws -> [TaggingStream.Moment] {
    var stream = TaggingStream(tagger, segmentSamples: segment)
    var moments: [TaggingStream.Moment] = []
    let run = Run(threads: 1)
    for start in stride(from: 0, to: signal.count, by: blocks) {
      try stream.push(Array(signal[start..<min(start + blocks, signal.count)]), run) {
        moments.append($0)
      }
    }
    try stream.finish(run) { moments.append($0) }
    #expect(stream.sampleCount == signal.count)
    return moments
  }

  private let signal = (0..<347).map { Float($0) / 1000 }

  @Test("Segments cover a recording without gaps, and the last is as long as the others")
  func segments() throws {
    let found = try moments(Loudness(), signal, blocks: 347)
    #expect(found.map(\.start) == [0, 1, 2, 3] && found.map(\.end) == [1, 2, 3, 3.47])
    #expect(found.map { $0.probabilities[0] } == [0.099, 0.199, 0.299, 0.346])
    // Each segment has a clip's samples, the last one too.
    #expect(found.allSatisfy { $0.probabilities[1] == 0.1 })
  }

  @Test("Blocks of any size give the same", arguments: [1, 7, 99, 100, 101, 250])
  func blocks(_ size: Int) throws {
    for hasCourse in [false, true] {
      let tagger = Loudness(hasCourse: hasCourse)
      let whole = try moments(tagger, signal, blocks: 347)
      let cut = try moments(tagger, signal, blocks: size)
      #expect(whole.map(\.probabilities) == cut.map(\.probabilities))
      #expect(whole.map(\.start) == cut.map(\.start) && whole.map(\.end) == cut.map(\.end))
    }
  }

  @Test("Steps of overlapping segments are told once, and follow each other")
  func steps() throws {
    let found = try moments(Loudness(hasCourse: true), signal, blocks: 60)
    #expect(found.first?.start == 0 && found.last?.end == 3.47)
    for (one, next) in zip(found, found.dropFirst()) {
      #expect(abs(one.end - next.start) < 1e-9 && one.end > one.start)
    }
  }

  @Test("Short recordings are filled up as far as the tagger needs it")
  func short() throws {
    let found = try moments(Loudness(), [0.5, 0.5], blocks: 2)
    #expect(found.count == 1 && found[0].end == 0.02 && found[0].probabilities == [0.5, 0.02])
    let whole = try moments(Loudness(needsWholeClips: true), [0.5, 0.5], blocks: 2)
    #expect(whole[0].probabilities == [0.5, 0.1] && whole[0].end == 0.02)
    #expect(try moments(Loudness(), [], blocks: 1).isEmpty)
  }

  @Test("What is no number is named with its place")
  func notFinite() throws {
    var stream = TaggingStream(Loudness())
    try stream.push([0, 0], Run(threads: 1)) { _ in }
    #expect(throws: TaggingError.notFinite(sample: 3)) {
      try stream.push([0, .nan], Run(threads: 1)) { _ in }
    }
  }

  @Test("A summary joins neighbouring moments, and ranks classes by their largest probability")
  func summary() {
    var summary = TagSummary(classCount: 3, threshold: 0.2)
    let courses: [[Float]] = [[0.3, 0.1, 0.9], [0.5, 0.1, 0.1], [0.1, 0.1, 0.2], [0.2, 0, 0]]
    for (index, probabilities) in courses.enumerated() {
      summary.add(
        .init(
          start: Double(index), end: Double(index + 1), probabilities: probabilities))
    }
    let heard = summary.heard()
    #expect(heard.map(\.classIndex) == [2, 0] && heard.map(\.probability) == [0.9, 0.5])
    #expect(heard[0].spans.map(\.start) == [0, 2] && heard[0].spans.map(\.end) == [1, 3])
    #expect(heard[1].spans.map(\.start) == [0, 3] && heard[1].spans.map(\.end) == [2, 4])
    #expect(heard[1].spans[0].probability == 0.5 && abs(heard[1].mean - 0.275) < 1e-6)
    #expect(summary.heard(most: 1).count == 1)
  }
}
