// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import WavTokenizer

@Suite("WavTokenizer piece by piece") struct StreamingTests {
  /// Tokens of a signal that comes in blocks of the given lengths, again and again.
  private func tokens(
    _ network: WavTokenizer, _ samples: [Float], blocks: [Int], threads: Int
  ) throws -> [WavTokenizer.EncodedToken] {
    let run = Run(threads: threads)
    var state = network.makeEncoderState()
    var found: [WavTokenizer.EncodedToken] = []
    var (start, turn) = (0, 0)
    while start < samples.count {
      let end = min(samples.count, start + blocks[turn % blocks.count])
      found += try network.encode(Array(samples[start..<end]), state: &state, run: run)
      (start, turn) = (end, turn + 1)
    }
    return try found + network.finishEncoding(state: &state, run: run)
  }

  @Test("blocks and threads don't change a bit of tokens and margins")
  func blocks() throws {
    let codec = try TinyCodec()
    for length in [1, 2, 7, 29, 30, 31, 61, 200, 701, 2003] {
      let samples = Array(codec.samples.prefix(length))
      let whole = try codec.network.encode(samples, run: Run(threads: 1))
      #expect(whole.count == codec.network.configuration.tokenCount(samples: length))
      for (turn, blocks) in [[1], [2, 3], [7], [30], [31, 1], [200], [911, 5], [5000]].enumerated()
      {
        let found = try tokens(codec.network, samples, blocks: blocks, threads: turn % 4 + 1)
        #expect(found == whole, "\(length) samples in blocks of \(blocks)")
      }
    }
  }

  @Test(
    "nor do they in the fixtures' networks", .enabled(if: Fixtures.areAvailable),
    arguments: ParityTests.names)
  func fixtures(name: String) throws {
    let fixture = try CodecFixture(name)
    let samples = try fixture.samples("long")
    let expected = try fixture.expected("long.tokens").elements.map { Int32($0) }
    let whole = try fixture.network.encode(samples, run: Run(threads: 3))
    #expect(whole.map(\.id) == expected)
    for (turn, blocks) in [[97], [320, 1], [600], [4096], [24000, 11]].enumerated() {
      let found = try tokens(fixture.network, samples, blocks: blocks, threads: turn % 4 + 1)
      #expect(found == whole, "blocks of \(blocks)")
    }
  }

  @Test("a token comes as soon as its last sample is in")
  func latency() throws {
    let codec = try TinyCodec()
    let configuration = codec.network.configuration
    let run = Run(threads: 1)
    var state = codec.network.makeEncoderState()
    var count = 0
    for (index, sample) in codec.samples.prefix(700).enumerated() {
      count += try codec.network.encode([sample], state: &state, run: run).count
      let due = index + 1 - configuration.latencySamples
      #expect(count == (due < 0 ? 0 : due / configuration.hopLength + 1), "after \(index + 1)")
    }
  }

  @Test("no later sample changes a token, and the last one that counts does")
  func reach() throws {
    let codec = try TinyCodec()
    let latency = codec.network.configuration.latencySamples
    func first(_ samples: [Float]) throws -> [Float] {
      let taps = Taps()
      _ = try codec.network.encode(samples, run: Run(threads: 1, trace: taps.trace))
      return Array(try #require(taps["embeddings"]).elements.prefix(12))
    }
    var changed = Array(codec.samples.prefix(701))
    let original = try first(changed)
    changed[latency] += 0.5
    #expect(try first(changed) == original)
    changed[latency - 1] += 0.5
    #expect(try first(changed) != original)
  }

  @Test("a copied state goes its own way")
  func copies() throws {
    let codec = try TinyCodec()
    let run = Run(threads: 1)
    let (front, back) = (Array(codec.samples.prefix(500)), Array(codec.samples[500..<900]))
    var state = codec.network.makeEncoderState()
    let first = try codec.network.encode(front, state: &state, run: run)
    var copy = state
    _ =
      try codec.network.encode(
        back.map { -$0 }, state: &copy, run: run)
      + codec.network.finishEncoding(state: &copy, run: run)
    let rest =
      try codec.network.encode(back, state: &state, run: run)
      + codec.network.finishEncoding(state: &state, run: run)
    #expect(first + rest == (try codec.network.encode(front + back, run: run)))
    // A finished state is a new one.
    #expect(
      try tokens(codec.network, front, blocks: [77], threads: 1)
        == codec.network.encode(front, state: &state, run: run)
        + codec.network.finishEncoding(state: &state, run: run))
  }
}
