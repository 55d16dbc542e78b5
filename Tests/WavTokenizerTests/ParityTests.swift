// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Synchronization
import Tensors
import TestSupport
import Testing
import WavTokenizer

/// Intermediate tensors of a run, by name; of what comes in pieces, the pieces in a row.
final class Taps: Sendable {
  private let tensors = Mutex<[String: Tensor]>([:])

  var trace: Run.Trace {
    { stage, tensor in
      self.tensors.withLock { tensors in
        let earlier = tensors[stage]
        let rows = (earlier?.shape[0] ?? 0) + tensor.shape[0]
        tensors[stage] = Tensor(
          shape: [rows, tensor.shape[1]], elements: (earlier?.elements ?? []) + tensor.elements)
      }
    }
  }

  subscript(_ stage: String) -> Tensor? { tensors.withLock { $0[stage] } }
}

/// A parity fixture: its network, its inputs and what is expected.
struct CodecFixture {
  let name: String
  let network: WavTokenizer
  let expected: Golden
  private let description: [String: Any]

  init(_ name: String) throws {
    self.name = name
    network = try WavTokenizer(Checkpoint(path: Fixtures.shared(name, "model.ckpt").path))
    expected = try Golden(contentsOf: Fixtures.shared(name, "expected.safetensors"))
    description = try Fixtures.description(name)
  }

  /// The samples of an input, or of the beginning of one.
  func samples(_ input: String) throws -> [Float] {
    let inputs = description["inputs"] as? [String: [String: Any]]
    let file = try #require(inputs?[input]?["file"] as? String)
    return try WaveFixture(contentsOf: Fixtures.shared(name, file)).samples
  }

  /// What a tensor may differ by: ten times what float32 itself does.
  func tolerance(_ tensor: String, least: Double = 1e-5) throws -> Double {
    let tensors = description["tensors"] as? [String: [String: Any]]
    let noise = try #require(tensors?[tensor]?["f32_vs_f64_max_abs"] as? Double)
    return max(10 * noise, least)
  }
}

/// All samples that tokens are decoded to.
func decoded(
  _ network: WavTokenizer, _ tokens: [Int32], identifier: Int = 0,
  mode: WavTokenizer.DecodingMode? = .whole, _ run: Run = Run(threads: 2)
) throws -> [Float] {
  var samples: [Float] = []
  try network.decode(
    tokens: tokens, bandwidthIdentifier: identifier, mode: mode, run: run
  ) { samples += $0 }
  return samples
}

@Suite("Parity with the reference WavTokenizer", .enabled(if: Fixtures.areAvailable))
struct ParityTests {
  static let names = ["wavtokenizer-40", "wavtokenizer-75"]

  @Test("hyper-parameters are inferred from the tensors", arguments: names)
  func configuration(name: String) throws {
    let found = try CodecFixture(name).network.configuration
    let stated = try #require(
      Fixtures.description(name)["hyperparameters"] as? [String: Any])
    #expect(found.hopLength == stated["hop"] as? Int)
    #expect(found.strides == stated["encoder_strides_in_execution_order"] as? [Int])
    #expect(found.filters == stated["n_filters"] as? Int)
    #expect(found.codeDimension == stated["dimension"] as? Int)
    #expect(found.codebookSize == stated["vq_bins"] as? Int)
    #expect(found.decoderChannels == stated["backbone_dim"] as? Int)
    #expect(found.hiddenChannels == stated["intermediate_dim"] as? Int)
    #expect(found.decoderBlocks == stated["num_layers"] as? Int)
    #expect(found.bandwidthIdentifiers == stated["adanorm_num_embeddings"] as? Int)
    #expect(found.fftLength == stated["n_fft"] as? Int)
    // The spec's table of receptive fields.
    #expect(found.latencySamples == (found.hopLength == 320 ? 1515 : 2878))
  }

  @Test("every length's embeddings and tokens are the reference's", arguments: names)
  func encoding(name: String) throws {
    let fixture = try CodecFixture(name)
    let clip = try fixture.samples("clip")
    let cases = try fixture.expected.names.compactMap { key -> (String, [Float])? in
      guard key.hasSuffix(".tokens") else { return nil }
      let input = String(key.dropLast(7))
      if input.hasPrefix("prefix") {
        return (input, Array(clip.prefix(try #require(Int(input.dropFirst(6))))))
      }
      if input == "silence1201" { return (input, [Float](repeating: 0, count: 1201)) }
      return (input, try fixture.samples(input))
    }
    #expect(cases.count >= 20)
    for (input, samples) in cases {
      let taps = Taps()
      let tokens = try fixture.network.encode(samples, run: Run(threads: 2, trace: taps.trace))
      let expected = try fixture.expected("\(input).tokens").elements
      #expect(tokens.map { Float($0.id) } == expected, "\(name), \(input)")
      let embeddings = try #require(taps["embeddings"])
      let difference = Comparison(
        transposed(
          embeddings.elements, rows: embeddings.shape[0], columns: embeddings.shape[1]),
        try fixture.expected("\(input).encoder_output").elements)
      #expect(
        try difference.maxAbsoluteError <= fixture.tolerance("\(input).encoder_output"),
        "\(name), \(input): \(difference)")
      if let margins = try? fixture.expected("\(input).code_margin") {
        let difference = Comparison(tokens.map(\.margin), margins.elements)
        #expect(
          try difference.maxAbsoluteError <= fixture.tolerance("\(input).code_margin", least: 1e-4),
          "\(name), \(input): \(difference)")
      }
    }
  }

  @Test("the encoder's layers are the reference's", arguments: names)
  func layers(name: String) throws {
    let fixture = try CodecFixture(name)
    for (input, step) in [("short", 1), ("clip", 5)] {
      let taps = Taps()
      _ = try fixture.network.encode(
        fixture.samples(input), run: Run(threads: 1, trace: taps.trace))
      for layer in [0, 1, 3, 4, 6, 7, 9, 10, 12, 13] {
        let array = try fixture.expected("\(input).enc.\(layer)")
        let isBlock = layer % 3 == 1 && layer < 12
        let tap = try #require(taps["encoder.\(layer)" + (isBlock ? ".elu" : "")])
        let columns = tap.shape[1]
        let found = transposed(tap.elements, rows: tap.shape[0], columns: columns)
        let thinned = stride(from: 0, to: tap.shape[0], by: layer < 9 ? step : 1)
        let picked = (0..<columns).flatMap { channel in
          thinned.map { found[channel * tap.shape[0] + $0] }
        }
        let expected = array.elements.map { isBlock && $0 < 0 ? Float(expm1(Double($0))) : $0 }
        let difference = Comparison(picked, expected)
        #expect(
          try difference.maxAbsoluteError <= fixture.tolerance("\(input).enc.\(layer)"),
          "\(name), \(input), \(layer): \(difference)")
      }
    }
  }

  @Test("waveforms and the decoder's layers are the reference's", arguments: names)
  func decoding(name: String) throws {
    let fixture = try CodecFixture(name)
    for (input, identifier) in [("short", 0), ("short", 2), ("clip", 0), ("clip", 2), ("long", 0)] {
      let taps = Taps()
      let tokens = try fixture.expected("\(input).tokens").elements.map { Int32($0) }
      let samples = try decoded(
        fixture.network, tokens, identifier: identifier, Run(threads: 2, trace: taps.trace))
      #expect(samples.count == tokens.count * fixture.network.configuration.hopLength)
      let prefix = "\(input).bw\(identifier)."
      for key in fixture.expected.names where key.hasPrefix(prefix) && !key.contains("head") {
        let stage = String(key.dropFirst(prefix.count))
        let expected = try fixture.expected(key)
        if stage == "waveform" {
          let thinned = stride(from: 0, to: samples.count, by: input == "long" ? 3 : 1)
          let difference = Comparison(thinned.map { samples[$0] }, expected.elements)
          #expect(
            try difference.maxAbsoluteError <= fixture.tolerance(key, least: 4e-5),
            "\(name), \(key): \(difference)")
          print("\(name) \(key): \(difference)")
        } else if let tap = taps[stage] {
          let isFramesFirst = expected.shape[0] == tap.shape[0]
          let found =
            isFramesFirst
            ? tap.elements
            : transposed(tap.elements, rows: tap.shape[0], columns: tap.shape[1])
          let difference = Comparison(found, expected.elements)
          // A single token leaves the group norms two numbers each, whose difference decides: an
          // error of an ulp in front of them is 200 times as large behind.
          let least = input == "short" ? max(1e-5, 3e-5 * difference.peak) : 1e-5
          #expect(
            try difference.maxAbsoluteError <= fixture.tolerance(key, least: least),
            "\(name), \(key): \(difference)")
        }
      }
    }
  }

  @Test("given tokens become the reference's waveforms", arguments: ["w40", "w75"])
  func tokensAlone(model: String) throws {
    let name = "wavtokenizer-tokens-decode"
    let description = try Fixtures.description(name)
    let cases = try #require(description["cases"] as? [String: [String: Any]])
    let golden = try Golden(contentsOf: Fixtures.shared(name, "expected.safetensors"))
    let fixture = try CodecFixture(model == "w40" ? "wavtokenizer-40" : "wavtokenizer-75")
    for (key, values) in cases.sorted(by: { $0.key < $1.key }) where key.hasPrefix(model) {
      let tokens = try golden("\(key).tokens")
      let waveform = try golden("\(key).waveform")
      let identifier = try #require(values["bandwidth_id"] as? Int)
      let noise = try #require(values["noise_floor"] as? Double)
      let rows = waveform.shape[0]
      let length = tokens.elements.count / rows
      for row in 0..<rows {
        let found = try decoded(
          fixture.network, tokens.elements[row * length..<(row + 1) * length].map { Int32($0) },
          identifier: identifier)
        let samples = waveform.elements.count / rows
        let difference = Comparison(
          found, Array(waveform.elements[row * samples..<(row + 1) * samples]))
        #expect(difference.maxAbsoluteError <= max(10 * noise, 2e-5), "\(key): \(difference)")
      }
    }
  }
}
