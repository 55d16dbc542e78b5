// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import WavTokenizer

@Suite("WavTokenizer's ways to decode") struct DecodingTests {
  /// Tokens that follow no rule.
  static func tokens(_ count: Int, below size: Int) -> [Int32] {
    var state: UInt64 = 7
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int32(state >> 33) % Int32(size)
    }
  }

  @Test("threads don't change a bit, nor does where frames wait")
  func bits() throws {
    let codec = try TinyCodec()
    for count in [1, 2, 5, 95, 97, 500, 4500] {
      let tokens = Self.tokens(count, below: 40)
      let whole = try decoded(codec.network, tokens, Run(threads: 1))
      #expect(whole.count == count * 30 && whole.allSatisfy(\.isFinite))
      for threads in [2, 3] {
        #expect(try decoded(codec.network, tokens, Run(threads: threads)) == whole, "\(count)")
      }
      #expect(try decoded(codec.network, tokens, mode: .bounded) == whole, "\(count)")
    }
  }

  @Test("a window is what its tokens alone become, faded into its neighbours over a hop")
  func windows() throws {
    // Few tokens a second, so that the windows' seconds are not too many of them.
    let codec = try TinyCodec()
    var slow = codec.network.configuration
    slow.sampleRate = 1000
    let network = try WavTokenizer(codec.checkpoint, configuration: slow)
    let hop = slow.hopLength
    let window = Int(20 * slow.tokensPerSecond)
    let context = Int(2 * slow.tokensPerSecond)
    let tokens = Self.tokens(2 * window + window / 2, below: 40)
    let found = try decoded(network, tokens, mode: .windowed)
    #expect(found.count == tokens.count * hop)
    let joins = [0, tokens.count / 3, tokens.count * 2 / 3, tokens.count]
    for (start, end) in zip(joins, joins.dropFirst()) {
      let heard = max(0, start - context)..<min(tokens.count, end + context)
      let alone = try decoded(network, Array(tokens[heard]))
      let faded = start == 0 ? 0 : 1
      let kept = (start + faded) * hop..<end * hop
      #expect(
        Array(found[kept])
          == Array(
            alone[
              kept.lowerBound - heard.lowerBound * hop..<kept.upperBound - heard.lowerBound * hop]))
      guard end < tokens.count else { continue }
      // Half-way through the fade the two windows count the same.
      let later = try decoded(
        network,
        Array(
          tokens[
            end - context..<min(tokens.count, (end == joins[1] ? joins[2] : tokens.count) + context)
          ]))
      let (before, after) = (
        alone[(end - heard.lowerBound) * hop + hop / 2], later[context * hop + hop / 2]
      )
      #expect(
        abs(found[end * hop + hop / 2] - (before + after) / 2) <= abs(before - after) / Float(hop)
          + 1e-6)
    }
    // What fits one window is decoded as a whole.
    let few = Array(tokens.prefix(window))
    #expect(try decoded(network, few, mode: .windowed) == decoded(network, few))
  }

  @Test("the mode follows from the length")
  func modes() throws {
    let codec = try TinyCodec()
    #expect(codec.network.decodingMode(tokenCount: 1) == .whole)
    #expect(codec.network.decodingMode(tokenCount: 500_000) == .bounded)
    #expect(codec.network.decodingMode(tokenCount: 50_000_000) == .windowed)
    let mode = try codec.network.decode(tokens: [3, 4], run: Run(threads: 1)) { _ in }
    #expect(mode == .whole)
  }

  @Test("what can't be decoded or encoded is named")
  func errors() throws {
    let network = try TinyCodec().network
    let run = Run(threads: 1)
    #expect(throws: WavTokenizerError.noTokens) { try decoded(network, []) }
    #expect(throws: WavTokenizerError.tokenOutOfRange(token: 40, index: 1, codebookSize: 40)) {
      try decoded(network, [39, 40])
    }
    #expect(throws: WavTokenizerError.tokenOutOfRange(token: -1, index: 0, codebookSize: 40)) {
      try decoded(network, [-1])
    }
    #expect(throws: WavTokenizerError.unknownBandwidth(identifier: 3, known: 3)) {
      try decoded(network, [1], identifier: 3)
    }
    #expect(throws: WavTokenizerError.noSamples) { try network.encode([], run: run) }
    var state = network.makeEncoderState()
    _ = try network.encode([0, 0], state: &state, run: run)
    #expect(throws: WavTokenizerError.notFinite(sample: 3)) {
      try network.encode([0, .nan], state: &state, run: run)
    }
    // Beyond all measure, but numbers: some tokens come.
    #expect(try network.encode([3e38, -3e38, 3e38], run: run).count == 1)
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try network.decode(tokens: [1, 2], run: run) { _ in throw Stop() }
    }
  }
}
