// SPDX-License-Identifier: Apache-2.0
import Foundation
import SoundFiles
import TestSupport
import Testing

@Suite struct StemWriterGroupTests {
  private let stems: [[Float]] = [
    noise(5000, level: 1.5, seed: 3), noise(5000, level: 0.7, seed: 4),
  ]

  /// Writes the stems and reads them back.
  private func pass(
    _ policy: ClipPolicy, _ encoding: SoundFileEncoding, stems: [[Float]]
  ) throws -> ([StemWriterGroup.Report], [[Float]]) {
    let folder = try ScratchFolder()
    let names = stems.indices.map { "stem\($0)" }
    let group = try StemWriterGroup(
      paths: names.map { SoundFilePath(folder.path($0)) },
      format: AudioFormat(sampleRate: 8000, channels: 2), encoding: encoding, policy: policy,
      replacing: false)
    for start in stride(from: 0, to: 5000, by: 500) {
      for (stem, samples) in stems.enumerated() {
        let part = Array(samples[start..<(start + 500)])
        try group.write(AudioBlock(channels: 2, samples: part), stem: stem)
      }
    }
    #expect(!folder.names.contains { !$0.hasSuffix(".part") })
    let reports = try group.finish()
    #expect(folder.names == names)
    return (reports, try names.map { try SoundFileReader(path: folder.path($0)).readAll().samples })
  }

  private let int24 = SoundFileEncoding(container: .wav, sampleFormat: .int24)

  @Test("one gain for all keeps the stems' sum, a gain for each does not")
  func rescaling() throws {
    let peak = stems.map { $0.map(abs).max() ?? 0 }
    let gain = 1 / (1.01 * peak[0])
    let (common, together) = try pass(.rescale, int24, stems: stems)
    #expect(common.map(\.peak) == peak)
    #expect(common.allSatisfy { abs($0.gain - gain) < 1e-6 })
    let (each, apart) = try pass(.rescaleEach, int24, stems: stems)
    #expect(abs(each[0].gain - gain) < 1e-6 && each[1].gain == 1)
    for (stem, samples) in stems.enumerated() {
      let scaled = Comparison(together[stem], samples.map { $0 * gain })
      #expect(scaled.maxAbsoluteError < 1e-6)
      let alone = Comparison(apart[stem], samples.map { $0 * (stem == 0 ? gain : 1) })
      #expect(alone.maxAbsoluteError < 1e-6)
    }
  }

  @Test("what fits isn't touched, however close to full scale")
  func noGain() throws {
    let fitting = stems.map { $0.map { $0 * 0.666 } } + [[Float](repeating: 1, count: 5000)]
    let (reports, found) = try pass(.rescale, int24, stems: fitting)
    #expect(reports.allSatisfy { $0.gain == 1 })
    for (samples, expected) in zip(found, fitting) {
      #expect(Comparison(samples, expected).maxAbsoluteError <= 1 / 8_388_608)
    }
  }

  @Test("clamped and left samples stay at full scale in integers")
  func clamping() throws {
    for policy in [ClipPolicy.clamp, .none] {
      let (reports, found) = try pass(policy, int24, stems: stems)
      #expect(reports.allSatisfy { $0.gain == 1 })
      let expected = stems[0].map { min(max($0, -1), 1) }
      #expect(Comparison(found[0], expected).maxAbsoluteError < 2e-7)
    }
  }

  @Test("float32 passes bit by bit under every policy", arguments: ClipPolicy.allCases)
  func floats(_ policy: ClipPolicy) throws {
    let (reports, found) = try pass(policy, wave, stems: stems)
    #expect(found == stems)
    #expect(reports.allSatisfy { $0.gain == 1 })
    #expect(reports[0].peak > 1)
  }

  @Test("all stems appear, or none")
  func allOrNothing() throws {
    let folder = try ScratchFolder()
    let format = AudioFormat(sampleRate: 8000, channels: 1)
    func group(_ names: [String]) throws -> StemWriterGroup {
      try StemWriterGroup(
        paths: names.map { SoundFilePath(folder.path($0)) }, format: format, encoding: int24,
        policy: .rescale, replacing: false)
    }
    try group(["a", "b"]).cancel()
    #expect(folder.names == [])
    #expect(throws: SoundFileError.self) { try group(["a", "b", "a"]) }
    #expect(throws: SoundFileError.self) { try group(["a", "none/b"]) }
    #expect(folder.names == [])
    let late = try group(["a", "b"])
    _ = try folder.write([1], "b")
    #expect(throws: SoundFileError.exists(path: folder.path("b"))) { try late.finish() }
    #expect(folder.names == ["b"])
    let bad = try group(["c", "d"])
    #expect(throws: SoundFileError.notFinite(path: folder.path("d"), frame: 1, channel: 0)) {
      try bad.write(AudioBlock(channels: 1, samples: [0, .nan]), stem: 1)
    }
  }
}
