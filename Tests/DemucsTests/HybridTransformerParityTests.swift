// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Demucs
import Foundation
import Separation
import SoundFiles
import Tensors
import TestSupport
import Testing

/// The fixtures' names of the network's tensors, and this network's.
private let stages: [Stage] =
  [
    (["time_input"], "waveform"), (["spec"], "spectrum"), (["enc.0.with_freq_emb"], "embedded"),
    (["dec.2", "enc.0.with_freq_emb"], "decoder.2"),
  ]
  + (0..<4).flatMap { [(["enc.\($0)"], "encoder.\($0)"), (["tenc.\($0)"], "timeEncoder.\($0)")] }
  + (0..<2).map { (["dec.\($0)", "enc.\(2 - $0)"], "decoder.\($0)") }
  + (0..<3).map { (["tdec.\($0)", "tenc.\(2 - $0)"], "timeDecoder.\($0)") }

/// The same of tokens, which lie as in the reference.
private let tokenStages: [(String, String)] =
  [("transformer.in", "transformer.in"), ("transformer.in_t", "transformer.in.time")]
  + (0..<3).flatMap {
    [
      ("transformer.\($0)", "transformer.\($0)"), ("transformer_t.\($0)", "transformer.\($0).time"),
    ]
  }

@Suite("Parity with the reference's fourth generation", .enabled(if: Fixtures.areAvailable))
struct HybridTransformerParityTests: FixtureComparing {
  static let files = [
    ("htdemucs", "2e6565b9-2414fd1f.th"), ("htdemucs-6s", "59eac9fd-3731cef5.th"),
    ("htdemucs-6s", "59eac9fd.safetensors"),
  ]

  private func load(_ fixture: String, _ file: String) throws -> HybridTransformerDemucs {
    try HybridTransformerDemucs(Checkpoint(path: Fixtures.shared(fixture, file).path))
  }

  @Test("output and activations are the reference's", arguments: files)
  func whole(fixture: String, file: String) throws {
    let network = try load(fixture, file)
    let taps = Taps()
    let outputs = network(try input(fixture), Run(threads: 2, trace: taps.trace))
    let expected = try Golden(contentsOf: Fixtures.shared(fixture, "expected.safetensors"))
    let comparison = Comparison(sourceMajor(outputs), try expected("output").elements)
    #expect(try comparison.maxAbsoluteError <= tolerance(fixture), "\(comparison)")
    print("\(file): \(comparison)")
    try compare(fixture, taps, stages)
    for (name, stage) in tokenStages {
      let array = try expected(name)
      let tap = try #require(taps[stage], "\(stage)").elements
      let kept = array.elements.count
      let found =
        kept == tap.count ? tap : Array(tap.prefix(kept / 2)) + Array(tap.suffix(kept / 2))
      let difference = Comparison(found, array.elements)
      #expect(difference.relativeToPeak <= 2e-5, "\(file), \(name): \(difference)")
    }
  }

  @Test("segments shorter than the training's are completed as the reference does")
  func shortSegments() throws {
    let mixture = try input("htdemucs-6s")
    let network = try load("htdemucs-6s", "59eac9fd.safetensors")
    let found = try passed(
      Unnormalised(network: network), mixture.elements,
      settings: SeparationSettings(segmentSeconds: 0.5), block: 4410, threads: 2)
    let sources = found.map { Tensor(shape: mixture.shape, elements: $0) }
    let expected = try Golden(contentsOf: Fixtures.shared("htdemucs-6s", "expected.safetensors"))
    let comparison = Comparison(
      sourceMajor(sources), try expected("apply_model_segment").elements)
    #expect(try comparison.maxAbsoluteError <= tolerance("htdemucs-6s"), "\(comparison)")
    print("segments: \(comparison)")
  }

  @Test("a long track is the reference's")
  func long() throws {
    let samples = try SoundFileReader(path: Fixtures.shared("htdemucs", "input_long.flac").path)
      .readAll().samples
    let network = try load("htdemucs", "2e6565b9-2414fd1f.th")
    let found = try passed(
      network, samples, settings: SeparationSettings(), block: 5000, threads: 2)
    let expected = try Golden(contentsOf: Fixtures.shared("htdemucs", "expected_long.safetensors"))
    let (mean, deviation) = (
      try expected("mean").elements[0], try expected("std").elements[0]
    )
    let separated = try expected("apply_model").elements.map { $0 * deviation + mean }
    let sources = found.map { Tensor(shape: [$0.count / 2, 2], elements: $0) }
    let comparison = Comparison(sourceMajor(sources), separated)
    let allowed = try tolerance("htdemucs", "long") * Double(deviation)
    #expect(comparison.maxAbsoluteError <= allowed, "\(comparison)")
    print("long: \(comparison)")
  }
}
