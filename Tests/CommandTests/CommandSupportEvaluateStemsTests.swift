// SPDX-License-Identifier: Apache-2.0
import Foundation
import SoundFiles
import TestSupport
import Testing

/// A folder of small recordings for the programs to work on.
private final class Recordings {
  let folder: URL
  static let frames = 16_000

  init() throws {
    folder = try Fixtures.temporaryFolder()
    // A whole number of periods each: exactly orthogonal, so every ratio has a closed form.
    let signal = Self.sine(periods: 200, amplitude: 0.5)
    let noise = Self.sine(periods: 330, amplitude: 0.05)
    try write("reference.wav", signal)
    try write("mixture.wav", zip(signal, noise).map { $0 + $1 })
    try write("estimate.wav", zip(signal, noise).map { $0 + $1 / 10 })
    try write("silent.wav", signal.map { _ in 0 })
    try write("short.wav", Array(signal.prefix(9000)))
    try write("rate.wav", signal, sampleRate: 8000)
    try write("stereo.wav", signal, channels: 2)
    try write("infinite.wav", [.infinity] + signal.dropFirst())
    try Data("not audio".utf8).write(to: folder.appendingPathComponent("text.wav"))
    try Data().write(to: folder.appendingPathComponent("empty.wav"))
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func run(_ arguments: String..., input: String? = nil) throws -> ProgramRun {
    let data = try input.map { try Data(contentsOf: folder.appendingPathComponent($0)) }
    return try ProgramRun("evaluate-stems", arguments, input: data ?? Data(), in: folder)
  }

  private static func sine(periods: Double, amplitude: Float) -> [Float] {
    (0..<frames).map { frame in
      amplitude * Float(sin(2 * Double.pi * periods * Double(frame) / Double(frames)))
    }
  }

  private func write(
    _ name: String, _ samples: [Float], sampleRate: Int = 16_000, channels: Int = 1
  ) throws {
    let writer = try SoundFileWriter(
      path: folder.appendingPathComponent(name).path,
      format: AudioFormat(sampleRate: sampleRate, channels: channels),
      encoding: SoundFileEncoding(container: .wav, sampleFormat: .float32), replacing: false)
    try writer.write(AudioBlock(channels: channels, samples: samples))
    try writer.finish()
  }
}

private struct PairResult: Decodable {
  let reference: String
  let estimate: String
  let mixture: String?
  let metrics: [String: Double?]
  let definitions: [String: String]
  let notes: [String: String]?
}

@Suite("evaluate-stems")
struct CommandSupportEvaluateStemsTests {
  private let recordings: Recordings

  init() throws { recordings = try Recordings() }

  private func result(_ run: ProgramRun) throws -> PairResult {
    #expect(run.status == 0 && run.standardErrorText.isEmpty, "\(run.standardErrorText)")
    #expect(run.standardOutputText.filter { $0 == "\n" }.count == 1)
    return try JSONDecoder().decode(PairResult.self, from: run.standardOutput)
  }

  @Test("JSON holds the scores of orthogonal tones: the ratios of their energies")
  func json() throws {
    let run = try recordings.run(
      "pair", "reference.wav", "estimate.wav", "--mixture", "mixture.wav", "--json")
    let result = try result(run)
    #expect(result.reference == "reference.wav" && result.mixture == "mixture.wav")
    for (name, decibels) in [("sdr", 40.0), ("si-sdr", 40), ("sdri", 20), ("si-sdri", 20)] {
      let found = try #require(result.metrics[name] ?? nil)
      #expect(abs(found - decibels) < 1e-3, "\(name): \(found)")
    }
    #expect(Set(result.metrics.keys) == Set(result.definitions.keys))
    #expect(result.metrics.keys.contains("ssnr"))
    #expect(result.notes == nil)
  }

  @Test("Without JSON, a table of what was asked for is all there is on standard output")
  func table() throws {
    let run = try recordings.run(
      "pair", "reference.wav", "estimate.wav", "--metrics", "si-sdr,sdr")
    #expect(run.standardOutputText == "si-sdr    40.000 dB\nsdr       40.000 dB\n")
    #expect(run.standardErrorText.isEmpty && run.status == 0)
  }

  @Test("Standard input is a recording too")
  func standardInput() throws {
    let run = try recordings.run(
      "pair", "reference.wav", "-", "--metrics", "sdr", input: "estimate.wav")
    #expect(run.standardOutputText == "sdr       40.000 dB\n")
  }

  @Test("A command rates the files, and its last number is the score")
  func pesqCommand() throws {
    let run = try recordings.run(
      "pair", "reference.wav", "estimate.wav", "--metrics", "sdr", "--json", "--pesq-command",
      "echo P.862 {estimate} 1.5 3.25")
    let scored = try result(run)
    #expect(scored.metrics["pesq"] == 3.25)
    #expect(scored.definitions["pesq"]?.contains("P.862") == true)
    for (command, status) in [("no-such-rater", 69), ("false", 65), ("printf none", 65)]
      as [(String, Int32)]
    {
      let failed = try recordings.run(
        "pair", "reference.wav", "estimate.wav", "--pesq-command", command)
      #expect(failed.status == status && failed.standardErrorText.contains("--pesq-command"))
    }
  }

  @Test("What has no value is null, with the reason")
  func undefined() throws {
    let silent = try result(try recordings.run("pair", "silent.wav", "estimate.wav", "--json"))
    #expect(silent.metrics["sdr"] == .some(nil))
    #expect(silent.notes?["sdr"]?.contains("silent") == true)
    let perfect = try result(
      try recordings.run("pair", "reference.wav", "reference.wav", "--json", "--metrics", "sdr"))
    #expect(perfect.metrics["sdr"] == .some(nil))
    #expect(perfect.notes?["sdr"]?.contains("infinite") == true)
  }

  @Test(
    "A file that does not fit ends in 65, one that is not there in 66, and the line names it",
    arguments: [
      ("short.wav", 65, "expected 16000"), ("rate.wav", 65, "8000 Hz, expected 16000"),
      ("stereo.wav", 65, "2 channels, expected 1"), ("infinite.wav", 65, "finite"),
      ("text.wav", 65, "not an audio file"), ("empty.wav", 65, "empty"),
      ("none.wav", 66, "no such"),
      (".", 66, "folder"),
    ])
  func badFiles(_ name: String, _ status: Int32, _ words: String) throws {
    let run = try recordings.run("pair", "reference.wav", name, "--json")
    #expect(run.status == status)
    #expect(run.standardOutput.isEmpty)
    let line = run.standardErrorText
    #expect(line.hasPrefix("evaluate-stems: error: \(name)") && line.contains(words), "\(line)")
    #expect(line.filter { $0 == "\n" }.count == 1)
  }

  @Test(
    "Wrong usage ends in 64 with one line",
    arguments: [
      ["pair"], ["pair", "a.wav"], ["pair", "a", "b", "--metrics", "sdr,pesq"], ["nonsense"],
      ["pair", "a", "b", "--metrics", "sdri"], ["pair", "-", "-"], ["pair", "a", "b", "--unknown"],
      ["pair", "a", "b", "--threads", "0"], ["pair", "a", "b", "--threads", "many"],
      ["pair", "a", "b", "--quiet", "--verbose"], ["pair", "a", "b", "--progress", "loud"],
    ])
  func usage(_ arguments: [String]) throws {
    let run = try ProgramRun("evaluate-stems", arguments)
    #expect(run.status == 64)
    #expect(run.standardOutput.isEmpty)
    #expect(run.standardErrorText.hasPrefix("evaluate-stems: error: "))
    #expect(run.standardErrorText.filter { $0 == "\n" }.count == 1, "\(run.standardErrorText)")
  }

  @Test("With JSON progress, an error is an object too")
  func jsonError() throws {
    let run = try recordings.run("pair", "none.wav", "none.wav", "--progress", "json")
    let object =
      try JSONSerialization.jsonObject(with: Data(run.standardErrorText.utf8)) as? [String: Any]
    #expect(object?["event"] as? String == "error" && object?["status"] as? Int == 66)
  }
}
