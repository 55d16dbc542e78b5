// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Demucs
import Foundation
import Separation
import SoundFiles
import Synchronization
import Tensors
import TestSupport
import Testing

/// Sources are the mixture times known gains; it counts how often it is asked.
private final class AmplifyingSeparator: Separator {
  let gains: [Float]
  let passage: Passage
  let sampleRate: Int
  let sourcesAreInterchangeable: Bool
  let matchesMixtureLevel = false
  let channels = 1
  var sources: [String] { gains.indices.map { "source\($0)" } }
  private let count = Mutex(0)
  private let longest = Mutex(0)

  init(
    _ gains: [Float], segment: Int = 100, sampleRate: Int = 1000, interchangeable: Bool = false
  ) {
    self.gains = gains
    self.sampleRate = sampleRate
    passage = .segments(samples: segment, contextSamples: segment / 3)
    sourcesAreInterchangeable = interchangeable
  }

  var calls: Int { count.withLock { $0 } }
  var longestSegment: Int { longest.withLock { $0 } }

  func separate(_ mixture: Tensor, _ run: Run) -> [Tensor] {
    count.withLock { $0 += 1 }
    longest.withLock { $0 = max($0, mixture.shape[0]) }
    return gains.map { gain in
      Tensor(shape: mixture.shape, elements: mixture.elements.map { gain * $0 })
    }
  }
}

@Suite("Bags") struct BagTests {
  private typealias Member = BagOfSeparators.Member

  private func collect(
    _ separator: any Separator, _ signal: [Float],
    settings: SeparationSettings = SeparationSettings(), block: Int = 77, wanted: Set<Int>? = nil
  ) throws -> [[Float]] {
    let stage = separator.makeStage(settings, wanted: wanted)
    let run = Run(threads: 1)
    var found = separator.sources.map { _ in [Float]() }
    func take(_ sources: [[Float]]) {
      #expect(Set(sources.map(\.count)).count == 1)
      for (index, samples) in sources.enumerated() { found[index] += samples }
    }
    for start in stride(from: 0, to: signal.count, by: block) {
      try stage.push(Array(signal[start..<min(start + block, signal.count)]), run, take)
    }
    try stage.finish(run, take)
    return found
  }

  private func noise(_ count: Int) -> [Float] {
    (0..<count).map { Float(sin(Double($0) * 0.37) + 0.4 * sin(Double($0 * $0) * 0.0013)) * 0.3 }
  }

  @Test(
    "members of any segments are averaged with their weights, source by source",
    arguments: [1, 50, 77, 5000])
  func weightedMean(block: Int) throws {
    let signal = noise(1234)
    let bag = try BagOfSeparators([
      Member(separator: AmplifyingSeparator([1, 2, 3], segment: 500), weights: [1, 0.5, 0]),
      Member(separator: AmplifyingSeparator([5, 7, 11], segment: 90), weights: [0, 1.5, 2]),
      Member(separator: AmplifyingSeparator([4, 4, 4], segment: 211), weights: [3, 0, 2]),
    ])
    let found = try collect(bag, signal, block: block)
    let gains: [Float] = [(1 + 3 * 4) / 4, (0.5 * 2 + 1.5 * 7) / 2, (2 * 11 + 2 * 4) / 4]
    for (source, gain) in zip(found, gains) {
      let comparison = Comparison(source, signal.map { gain * $0 })
      #expect(comparison.maxAbsoluteError <= 4e-6, "\(comparison)")
    }
  }

  @Test("who counts for nothing that is wanted isn't asked, and the rest is the same to the bit")
  func skipped() throws {
    let signal = noise(800)
    let experts = (0..<3).map { expert in
      AmplifyingSeparator([1, 2, 3].map { $0 + Float(expert) }, segment: 100 + 40 * expert)
    }
    let bag = try BagOfSeparators(
      experts.enumerated().map { index, separator in
        Member(separator: separator, weights: (0..<3).map { $0 == index ? 1 : 0 })
      })
    let all = try collect(bag, signal)
    let calls = experts.map(\.calls)
    let one = try collect(bag, signal, wanted: [1])
    #expect(one[1] == all[1])
    #expect(one.allSatisfy { $0.count == signal.count })
    #expect(experts[0].calls == calls[0] && experts[2].calls == calls[2])
    #expect(experts[1].calls == 2 * calls[1])
    // A residual is made of all sources.
    let stems = [Stem(name: "residual", content: .residual)]
    let separation = Separation(
      bag, format: .init(sampleRate: 1000, channels: 1), stems: stems, threads: 1)
    try separation.push(.init(channels: 1, samples: signal)) { _, _ in }
    try separation.finish { _, _ in }
    #expect(experts[0].calls == 2 * calls[0] && experts[2].calls == 2 * calls[2])
  }

  @Test("a segment that the bag prescribes holds unless the user wants another")
  func segments() throws {
    let signal = noise(2000)
    let (first, second) = (AmplifyingSeparator([1]), AmplifyingSeparator([1]))
    let bag = try BagOfSeparators([
      Member(separator: first, weights: [1], segmentSeconds: 0.4),
      Member(separator: second, weights: [1]),
    ])
    _ = try collect(bag, signal)
    #expect(first.longestSegment == 400 && second.longestSegment == 100)
    _ = try collect(bag, signal, settings: SeparationSettings(segmentSeconds: 0.7))
    #expect(first.longestSegment == 700 && second.longestSegment == 700)
  }

  @Test("of real networks, the mean of what each says alone")
  func networks() throws {
    func network(_ name: String) throws -> Demucs {
      try Demucs(
        Checkpoint(
          path: Fixtures.packageRoot
            .appendingPathComponent("Tests/DemucsTests/Goldens/\(name)/model.th").path))
    }
    let (first, second) = (try network("second"), try network("normalised"))
    try #require(first.sources == second.sources && first.sampleRate == second.sampleRate)
    let signal = noise(2 * 3001)
    let weights: [[Float]] = [[1, 0.5, 0, 1], [0, 1.5, 1, 0.25]]
    let bag = try BagOfSeparators([
      Member(separator: first, weights: weights[0], segmentSeconds: 0.2),
      Member(separator: second, weights: weights[1]),
    ])
    let found = try collect(bag, signal, block: 500)
    let alone = [
      try collect(
        first, signal, settings: SeparationSettings(segmentSeconds: 0.2), block: 500),
      try collect(second, signal, block: 500),
    ]
    for source in 0..<4 {
      let total = weights[0][source] + weights[1][source]
      let expected = zip(alone[0][source], alone[1][source]).map {
        (weights[0][source] * $0 + weights[1][source] * $1) / total
      }
      let comparison = Comparison(found[source], expected)
      #expect(comparison.relativeToPeak <= 1e-6, "\(comparison)")
    }
    // Shifts are each member's own.
    let shifted = try #require(bag.shifted(2, seed: 3))
    let moved = try collect(shifted, signal, block: 500)
    #expect(moved[0].count == signal.count && moved[0] != found[0])
    #expect(try collect(shifted, signal, block: 333 * 2) == moved)
  }

  @Test("what can't be averaged is refused")
  func mismatches() {
    func refusal(_ members: [BagOfSeparators.Member]) -> BagOfSeparators.Mismatch? {
      do {
        _ = try BagOfSeparators(members)
        return nil
      } catch { return error }
    }
    let two = AmplifyingSeparator([1, 2])
    #expect(refusal([]) == .empty)
    #expect(
      refusal([
        Member(separator: two, weights: [1, 1]),
        Member(separator: AmplifyingSeparator([1, 2, 3]), weights: [1, 1, 1]),
      ])
        == .different(
          what: "sources", first: "source0, source1", other: "source0, source1, source2"))
    #expect(
      refusal([
        Member(separator: two, weights: [1, 1]),
        Member(separator: AmplifyingSeparator([1, 2], sampleRate: 8000), weights: [1, 1]),
      ]) == .different(what: "sample rates", first: "1000", other: "8000"))
    #expect(
      refusal([Member(separator: two, weights: [1])])
        == .weights(member: 1, expected: 2, found: 1))
    #expect(
      refusal([Member(separator: two, weights: [1, 0])]) == .weightless(source: "source1"))
    #expect(
      refusal([
        Member(separator: AmplifyingSeparator([1, 2], interchangeable: true), weights: [1, 1])
      ]) == .interchangeable)
  }
}
