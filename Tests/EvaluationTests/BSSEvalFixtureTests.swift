// SPDX-License-Identifier: Apache-2.0
internal import Evaluation
internal import Foundation
internal import SoundFiles
internal import TestSupport
internal import Testing

/// The parity fixture `metrics`: museval's values for four stereo stems of music.
@Suite("BSSEval v4 equals museval", .enabled(if: Fixtures.areAvailable))
struct BSSEvalFixtureTests {
  private static let names = ["vocals", "drums", "bass", "other"]
  private let values: [String: Any]

  init() throws {
    let data = try Data(contentsOf: Fixtures.shared("metrics", "expected.json"))
    let expected = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    values = try #require(expected["bsseval_v4"] as? [String: Any])
  }

  /// The stem in a file, with `silence` zeroed and only its first frames kept.
  private func stem(_ file: String, silence: Range<Int> = 0..<0, frames: Int = .max) throws
    -> InterleavedSignal
  {
    let reader = try SoundFileReader(at: SoundFilePath(Fixtures.shared("metrics", file).path))
    var samples: [Float] = []
    while let block = try reader.read(frames: 65_536) { samples += block.samples }
    for index in 2 * silence.lowerBound..<2 * silence.upperBound { samples[index] = 0 }
    return InterleavedSignal(
      Array(samples.prefix(2 * min(frames, samples.count))), channels: 2,
      sampleRate: reader.format.sampleRate)
  }

  private func expect(
    _ references: [InterleavedSignal], _ estimates: [InterleavedSignal], equal rule: String
  ) throws {
    let scores = try BSSEval().scores(references: references, estimates: estimates)
    let entry = try #require(values[rule] as? [String: Any])
    let median = try #require(entry["median"] as? [String: [String: Double]])
    let ratios: [(String, KeyPath<SourceScores.Ratios, Score>)] = [
      ("SDR", \.sdr), ("ISR", \.isr), ("SIR", \.sir), ("SAR", \.sar),
    ]
    var largest = 0.0
    for (name, ratio) in ratios {
      let bySource = try #require(entry[name] as? [String: [Any]])
      for (source, score) in zip(Self.names, scores) {
        let expected = try #require(bySource[source])
        try #require(expected.count == score.frames.count)
        for (value, frame) in zip(expected, score.frames) {
          let found = frame[keyPath: ratio]
          if let value = value as? Double {
            largest = max(largest, abs(found.value - value))
          } else {
            #expect(found.value.isNaN && found.gap != nil)
          }
        }
        let middle = try #require(median[source]?[name])
        largest = max(largest, abs(score.medians[keyPath: ratio].value - middle))
      }
    }
    #expect(largest < 1e-6, "\(rule): \(largest) dB")
  }

  @Test("for whole stems, shorter estimates, and silence in some stems")
  func stems() throws {
    let references = try Self.names.map { try stem("bss_ref_\($0).flac") }
    let estimates = try Self.names.map { try stem("bss_est_\($0).flac") }
    try expect(references, estimates, equal: "main")
    try expect(
      references, try Self.names.map { try stem("bss_est_\($0).flac", frames: 335_581) },
      equal: "shorter_estimates")
    let silentVocals = try stem("bss_ref_vocals.flac", silence: 132_300..<220_500)
    let silentOther = try stem("bss_est_other.flac", silence: 264_600..<308_700)
    try expect(
      [silentVocals] + references.dropFirst(), estimates.dropLast() + [silentOther],
      equal: "silent_frames")
  }
}
