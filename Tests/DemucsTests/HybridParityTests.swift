// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Demucs
import Foundation
import Separation
import SoundFiles
import Tensors
import TestSupport
import Testing

/// A tap `[F, T, C]` or `[T, C]` in the reference's layout, `[C, F, T]`, `[C, T]` or, where
/// `isFrequencyMajor`, `[F, C, T]`, with as many frames of the head and of the tail as a fixture keeps.
private func channelsFirst(_ tap: Tensor, like array: Golden.Array, isFrequencyMajor: Bool)
  -> [Float]
{
  let shape = tap.shape.count == 3 ? tap.shape : [1] + tap.shape
  let (rows, frames, channels) = (shape[0], shape[1], shape[2])
  let kept = array.shape[array.shape.count - 1]
  let times =
    kept == frames ? Array(0..<frames) : Array(0..<kept / 2) + Array(frames - kept / 2..<frames)
  let elements = tap.elements
  var result: [Float] = []
  result.reserveCapacity(rows * channels * times.count)
  func append(_ row: Int, _ channel: Int) {
    for time in times { result.append(elements[(row * frames + time) * channels + channel]) }
  }
  if isFrequencyMajor {
    for row in 0..<rows { for channel in 0..<channels { append(row, channel) } }
  } else {
    for channel in 0..<channels { for row in 0..<rows { append(row, channel) } }
  }
  return result
}

/// The fixtures' names of tensors, whose sum is one of this network's: decoders add to the skips.
private typealias Stage = (names: [String], stage: String)

private let hybridStages: [Stage] =
  [
    (["time_input"], "waveform"), (["spec"], "spectrum"), (["enc.0.with_freq_emb"], "embedded"),
    (["tenc.4"], "merging"), (["tdec.0", "tenc.3"], "parting"),
    (["dec.4", "enc.0.with_freq_emb"], "decoder.4"),
  ]
  + (0..<6).map { (["enc.\($0)"], "encoder.\($0)") }
  + (0..<4).map { (["tenc.\($0)"], "timeEncoder.\($0)") }
  + (0..<4).map { (["dec.\($0)", "enc.\(4 - $0)"], "decoder.\($0)") }
  + (0..<3).map { (["tdec.\($0 + 1)", "tenc.\(2 - $0)"], "timeDecoder.\($0)") }

private let timeStages: [Stage] =
  [(["net_input"], "input")]
  + (0..<4).map { (["enc.\($0)"], "encoder.\($0)") }
  + (0..<3).map { (["dec.\($0)", "enc.\(2 - $0)"], "decoder.\($0)") }

@Suite("Parity with the reference's third generation", .enabled(if: Fixtures.areAvailable))
struct HybridParityTests {
  private func tolerance(_ fixture: String, _ part: String? = nil) throws -> Double {
    var description = try Fixtures.description(fixture)
    if let part { description = try #require(description[part] as? [String: Any]) }
    return try #require(
      (description["tolerance"] as? [String: Any])?["suggested_max_abs"] as? Double)
  }

  private func input(_ fixture: String) throws -> Tensor {
    let wave = try WaveFixture(contentsOf: Fixtures.shared(fixture, "input.wav"))
    return Tensor(shape: [wave.frames, wave.channels], elements: wave.samples)
  }

  /// Compares taps, to ten times the fixture's own float32 noise or 1e-5 of the peak.
  private func compare(_ fixture: String, _ taps: Taps, _ stages: [Stage]) throws {
    let expected = try Golden(contentsOf: Fixtures.shared(fixture, "expected.safetensors"))
    let files = try #require(try Fixtures.description(fixture)["tensors"] as? [String: Any])
    let tensors = try #require(files["expected.safetensors"] as? [String: [String: Any]])
    for (names, stage) in stages {
      var array = try expected(names[0])
      var noise = 0.0
      for name in names {
        noise += try #require(tensors[name]?["float32_vs_float64_max_abs"] as? Double)
        guard name != names[0] else { continue }
        let other = try expected(name)
        try #require(other.elements.count == array.elements.count, "\(names)")
        array = .init(shape: array.shape, elements: zip(array.elements, other.elements).map(+))
      }
      let tap = try #require(taps[stage], "\(stage)")
      let found = channelsFirst(tap, like: array, isFrequencyMajor: false)
      let comparison = Comparison(found, array.elements)
      #expect(
        comparison.maxAbsoluteError <= max(10 * noise, 1e-5 * comparison.peak),
        "\(fixture), \(names): \(comparison)")
    }
  }

  @Test(
    "a hybrid network's output and activations are the reference's",
    arguments: [("hdemucs", "c76b1e4a-58d8bb11.th"), ("hdemucs-torchaudio", "model.pt")])
  func hybrid(fixture: String, file: String) throws {
    let checkpoint = try Checkpoint(path: Fixtures.shared(fixture, file).path)
    #expect(try HybridDemucs.recognises(checkpoint))
    #expect(try !Demucs.recognises(checkpoint) && !TimeDemucs.recognises(checkpoint))
    let network = try HybridDemucs(checkpoint)
    let taps = Taps()
    let outputs = network(try input(fixture), Run(threads: 2, trace: taps.trace))
    let expected = try Golden(contentsOf: Fixtures.shared(fixture, "expected.safetensors"))
    let comparison = Comparison(sourceMajor(outputs), try expected("output").elements)
    #expect(try comparison.maxAbsoluteError <= tolerance(fixture), "\(comparison)")
    print("\(fixture): \(comparison)")
    try compare(fixture, taps, hybridStages)
  }

  @Test("the network on samples alone is the reference's")
  func time() throws {
    let fixture = "demucs-v3-time"
    let checkpoint = try Checkpoint(path: Fixtures.shared(fixture, "3cac6508-3190abcc.th").path)
    #expect(try TimeDemucs.recognises(checkpoint))
    #expect(try !Demucs.recognises(checkpoint) && !HybridDemucs.recognises(checkpoint))
    let network = try TimeDemucs(checkpoint)
    #expect(network.configuration.validLength(24001) == 24106)
    let taps = Taps()
    let outputs = network(try input(fixture), Run(threads: 2, trace: taps.trace))
    let expected = try Golden(contentsOf: Fixtures.shared(fixture, "expected.safetensors"))
    let comparison = Comparison(sourceMajor(outputs), try expected("output").elements)
    #expect(try comparison.maxAbsoluteError <= tolerance(fixture), "\(comparison)")
    print("\(fixture): \(comparison)")
    try compare(fixture, taps, timeStages)
  }

  @Test(
    "each member of the bag is the reference's, whole and in segments",
    arguments: [
      (0, "e7681a2a-80a2acc7.th"), (1, "83ac9e9f-245067ad.th"), (2, "a2d8c3cc-6deb44e7.th"),
    ])
  func members(index: Int, file: String) throws {
    let checkpoint = try Checkpoint(path: Fixtures.shared("bag", file).path)
    let mixture = try input("bag")
    let expected = try Golden(contentsOf: Fixtures.shared("bag", "expected.safetensors"))
    let member: any Separator
    let whole: [Tensor]
    if index == 0 {
      let network = try TimeDemucs(checkpoint)
      (member, whole) = (network, network(mixture, Run(threads: 2)))
    } else {
      let network = try HybridDemucs(checkpoint)
      #expect(network.configuration.usesMagnitudes == (index == 1))
      #expect(network.configuration.isDelayed == (index == 1))
      #expect(network.configuration.bandRatios == (index == 1 ? [] : [0.1, 0.3]))
      (member, whole) = (network, network(mixture, Run(threads: 2)))
    }
    let cut = try passed(
      Unnormalised(network: member), mixture.elements,
      settings: SeparationSettings(segmentSeconds: 0.7), block: 4410, threads: 2
    ).map { Tensor(shape: mixture.shape, elements: $0) }
    for (name, sources) in [("forward", whole), ("apply_model", cut)] {
      let array = try expected("model.\(index).\(name)")
      let samples = mixture.shape[0]
      let joined = Tensor(shape: [4, samples, 2], elements: sources.flatMap(\.elements))
      // [S, T, A] is [F, T, C] with sources for frequencies.
      let found = channelsFirst(joined, like: array, isFrequencyMajor: true)
      let comparison = Comparison(found, array.elements)
      #expect(comparison.relativeToPeak <= 1e-5, "member \(index), \(name): \(comparison)")
      print("member \(index), \(name): \(comparison)")
    }
  }

  @Test("a long track, to a last segment shorter than what is mirrored, is the reference's")
  func long() throws {
    let samples = try SoundFileReader(path: Fixtures.shared("hdemucs", "input_long.flac").path)
      .readAll().samples
    let network = try HybridDemucs(
      Checkpoint(path: Fixtures.shared("hdemucs", "c76b1e4a-58d8bb11.th").path))
    let found = try passed(
      network, samples, settings: SeparationSettings(segmentSeconds: 2), block: 5000, threads: 2)
    let expected = try Golden(contentsOf: Fixtures.shared("hdemucs", "expected_long.safetensors"))
    let (mean, deviation) = (
      try expected("mean").elements[0], try expected("std").elements[0]
    )
    let separated = try expected("apply_model").elements.map { $0 * deviation + mean }
    let sources = found.map { Tensor(shape: [$0.count / 2, 2], elements: $0) }
    let comparison = Comparison(sourceMajor(sources), separated)
    let allowed = try tolerance("hdemucs", "long") * Double(deviation)
    #expect(comparison.maxAbsoluteError <= allowed, "\(comparison)")
    print("long: \(comparison)")
  }
}
