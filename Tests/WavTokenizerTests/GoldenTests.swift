// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import WavTokenizer

/// The tiny network of the goldens, and what the reference makes of its input.
struct TinyCodec {
  let checkpoint: Checkpoint
  let network: WavTokenizer
  let golden: Golden
  let samples: [Float]

  static let folder = Fixtures.packageRoot.appendingPathComponent("Tests/WavTokenizerTests/Goldens")

  init() throws {
    checkpoint = try Checkpoint(path: Self.folder.appendingPathComponent("model.ckpt").path)
    network = try WavTokenizer(checkpoint)
    golden = try Golden(contentsOf: Self.folder.appendingPathComponent("expected.safetensors"))
    samples = try golden("input").elements
  }

  func tokens(_ length: Int) throws -> [Int32] {
    try golden("tokens\(length)").elements.map { Int32($0) }
  }
}

@Suite("A tiny WavTokenizer") struct GoldenTests {
  @Test("hyper-parameters follow from the tensors' shapes")
  func configuration() throws {
    let found = try TinyCodec().network.configuration
    #expect(found.strides == [2, 5, 3] && found.filters == 2 && found.codeDimension == 12)
    #expect(found.codebookSize == 40 && found.memoryLayers == 2 && found.decoderChannels == 32)
    #expect(found.hiddenChannels == 40 && found.decoderBlocks == 2)
    #expect(found.bandwidthIdentifiers == 3 && found.fftLength == 120)
    #expect(found.hopLength == 30 && found.tokensPerSecond == 800)
    #expect(found.tokenCount(samples: 61) == 3)
  }

  @Test("tokens and embeddings of all lengths are the reference's")
  func encoding() throws {
    let codec = try TinyCodec()
    for name in codec.golden.names where name.hasPrefix("tokens") {
      let length = try #require(Int(name.dropFirst(6)))
      let taps = Taps()
      let tokens = try codec.network.encode(
        Array(codec.samples.prefix(length)), run: Run(threads: 1, trace: taps.trace))
      #expect(tokens.map(\.id) == (try codec.tokens(length)), "\(length) samples")
      let difference = Comparison(
        try #require(taps["embeddings"]).elements,
        try codec.golden("embeddings\(length)").elements)
      #expect(difference.relativeToPeak < 1e-5, "\(length) samples: \(difference)")
    }
  }

  @Test("waveforms are the reference's, for each bandwidth identifier", arguments: 0..<3)
  func decoding(identifier: Int) throws {
    let codec = try TinyCodec()
    for length in [151, 2003] {
      let found = try decoded(codec.network, codec.tokens(length), identifier: identifier)
      let difference = Comparison(
        found, try codec.golden("waveform\(length).\(identifier)").elements)
      #expect(difference.relativeToPeak < 1e-4, "\(length) samples: \(difference)")
    }
  }

  @Test("only what is asked for is loaded")
  func parts() throws {
    let codec = try TinyCodec()
    let encoder = try WavTokenizer(codec.checkpoint, parts: .encoder)
    let decoder = try WavTokenizer(codec.checkpoint, parts: .decoder)
    let tokens = try encoder.encode(codec.samples, run: Run(threads: 1)).map(\.id)
    #expect(tokens == (try codec.tokens(2003)))
    let whole = try decoded(codec.network, tokens)
    #expect(try decoded(decoder, tokens) == whole)
  }
}
