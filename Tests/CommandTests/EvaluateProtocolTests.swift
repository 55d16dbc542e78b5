// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// What `summary.json` says about a source and a metric.
private struct Summary: Decodable {
  struct Entry: Decodable {
    let target: String
    let metric: String
    let median: Double
    let mean: Double
    let tracks: Int
  }
  let summary: [Entry]
  let overall: [Entry]?
  let definitions: [String: String]

  func entry(_ target: String, _ metric: String) -> Entry? {
    (summary + (overall ?? [])).first { $0.target == target && $0.metric == metric }
  }
}

@Suite("evaluate-stems --protocol")
struct EvaluateProtocolTests {
  private let set: SmallDataSet

  init() throws { set = try SmallDataSet(tracks: []) }

  private func run(_ arguments: String...) throws -> ProgramRun {
    try ProgramRun("evaluate-stems", arguments, in: set.folder)
  }

  private func summary(_ run: ProgramRun) throws -> Summary {
    #expect(run.status == 0, "\(run.standardErrorText)")
    return try JSONDecoder().decode(Summary.self, from: run.standardOutput)
  }

  /// A tenth of a second with a whole number of periods, so that different tones are orthogonal.
  private func tone(_ periods: Double, rate: Int) -> [Float] {
    let count = rate / 10
    return (0..<count).map {
      Float(0.25 * sin(2 * Double.pi * periods * Double($0) / Double(count)))
    }
  }

  /// Clips of two classes whose estimates lie 20, 40 and 10 dB above what is left of the other sound.
  private func writeClips(separator: String = ".target", _ mixtureEnding: String = ".mixture")
    throws
  {
    let (target, other) = (tone(40, rate: 32_000), tone(66, rate: 32_000))
    for (name, decibels) in [("Bird/1", 20.0), ("Bird/2", 40), ("Rain, heavy/1", 10)] {
      try set.write("clips/\(name)\(separator).wav", target, sampleRate: 32_000)
      try set.write(
        "clips/\(name)\(mixtureEnding).wav", zip(target, other).map { $0 + $1 },
        sampleRate: 32_000)
      let left = Float(pow(10, -decibels / 20))
      try set.write(
        "found/\(name).wav", zip(target, other).map { $0 + left * $1 }, sampleRate: 32_000)
    }
  }

  private func check(_ summary: Summary) throws {
    for metric in ["floored-sdr", "floored-sdri"] {
      let bird = try #require(summary.entry("Bird", metric))
      #expect(abs(bird.median - 30) < 1e-3 && abs(bird.mean - 30) < 1e-3 && bird.tracks == 2)
      let overall = try #require(summary.entry("mean over all", metric))
      #expect(abs(overall.median - 20) < 1e-3 && overall.tracks == 3)
    }
    #expect(summary.definitions["protocol"]?.contains("over classes") == true)
  }

  @Test(
    "uss-classes takes folders of clips, in both ways of naming",
    arguments: [(".target", ".mixture"), (",source", ",mixture")])
  func classes(_ target: String, _ mixture: String) throws {
    try writeClips(separator: target, mixture)
    let arguments = ["folder", "clips", "found", "-o", "scores", "--protocol", "uss-classes"]
    let first = try ProgramRun("evaluate-stems", arguments + ["--json"], in: set.folder)
    try check(try summary(first))
    let files = try set.files()
    #expect(files["scores/Rain, heavy/1.json"] != nil && files["report.html"] != nil)
    let table = try ProgramRun("evaluate-stems", arguments, in: set.folder)
    #expect(table.standardOutputText.contains("mean over all"))
    let rows = String(decoding: files["summary.csv"] ?? Data(), as: UTF8.self)
    #expect(
      rows.contains("\"Rain, heavy\",floored-sdr,") && rows.contains("mean over all,floored-sdr,"))
  }

  @Test("uss-classes takes lists, whose parts sum up to the same")
  func lists() throws {
    try writeClips()
    let lines = ["Bird/1", "Bird/2", "Rain, heavy/1"].map { name in
      #"{"id":"\#(name)","class":"\#(name.dropLast(2))","reference":"clips/\#(name).target.wav","#
        + #""estimate":"found/\#(name).wav","mixture":"clips/\#(name).mixture.wav"}"# + "\n"
    }
    let list = set.folder.appendingPathComponent("list.jsonl")
    try Data(lines.joined().utf8).write(to: list)
    for part in ["0", "1"] {
      let found = try run(
        "list", "list.jsonl", "-o", "parts/\(part).jsonl", "--protocol", "uss-classes", "--shard",
        part + "/2", "--shard-by", "block")
      #expect(found.status == 0, "\(found.standardErrorText)")
    }
    try check(try summary(try run("summary", "parts", "--json")))
    try check(try summary(try run("summary", "parts/1.jsonl", "parts/0.jsonl", "--json")))
    let twice = try run("summary", "parts/0.jsonl", "parts/0.jsonl")
    #expect(twice.status == 65 && twice.standardErrorText.contains("'Bird/1' is in parts/0.jsonl"))

    let bare = #"{"id":"c","reference":"found/Bird/1.wav","estimate":"found/Bird/2.wav"}"# + "\n"
    try Data((bare + lines[0]).utf8).write(to: list)
    let without = try run("list", "list.jsonl", "-o", "bare.jsonl", "--protocol", "uss-classes")
    #expect(without.status == 1 && without.standardErrorText.contains("no \"class\""))
    let partly = try run("summary", "bare.jsonl")
    #expect(partly.status == 0 && partly.standardOutputText.contains("1 recordings, 1 failed"))
    #expect(try run("list", "list.jsonl", "-o", "sdr.jsonl", "--metrics", "sdr").status == 0)
    let mixed = try run("summary", "sdr.jsonl", "parts/1.jsonl")
    #expect(mixed.status == 65 && mixed.standardErrorText.contains("no common summary"))
    let foreign = try run("summary", "list.jsonl")
    #expect(foreign.status == 65 && foreign.standardErrorText.contains("line 1: expected a line"))
  }

  @Test("uss-musdb18 judges seconds of mono at 32 kHz, and exchanges roles only where asked to")
  func songs() throws {
    for (index, track) in ["test/One", "test/Two"].enumerated() { try set.add(track, seed: index) }
    func scores(_ arguments: String...) throws -> Summary {
      try summary(
        try set.run(arguments + ["--protocol", "uss-musdb18", "--json"], output: "scores"))
    }
    let own = try scores()
    for metric in ["windowed-sdr", "windowed-sdri"] {
      for target in ["vocals", "drums", "mean over all"] {
        let entry = try #require(own.entry(target, metric))
        #expect(abs(entry.median - 40) < 0.02, "\(target) \(metric): \(entry.median)")
      }
    }
    #expect(own.definitions["protocol"]?.contains("32000 Hz") == true)
    let swapped = try scores("--role-swapped")
    #expect(swapped.entry("vocals", "windowed-sdr") == nil)
    let entry = try #require(swapped.entry("vocals", "windowed-sdr-swapped"))
    #expect(abs(entry.median - 40) < 0.02)
    #expect(swapped.definitions["windowed-sdr-swapped"]?.contains("exchanged") == true)
  }

  @Test("uss-voicebank takes VoiceBank's folders, at any rate and number of channels")
  func speech() throws {
    let (clean, noise) = (tone(60, rate: 48_000), tone(90, rate: 48_000))
    for name in ["p1", "p2"] {
      try set.write("set/clean_testset_wav/\(name).wav", clean, sampleRate: 48_000)
      let noisy = zip(clean, noise).map { $0 + $1 }
      try set.write("set/noisy_testset_wav/\(name).wav", noisy, sampleRate: 48_000)
      let stereo = clean.flatMap { [$0 * 1.5, $0 * 0.5] }
      try set.write("estimates/\(name).wav", stereo, channels: 2, sampleRate: 48_000)
    }
    let found = try summary(
      try set.run(["--protocol", "uss-voicebank", "--subset", "test", "--json"], output: "scores"))
    for (metric, value) in [("ssnr", 35.0), ("wss", 0), ("llr", 0)] {
      let entry = try #require(found.entry("speech", metric))
      #expect(abs(entry.median - value) < 1e-6 && abs(entry.mean - value) < 1e-6)
      #expect(entry.tracks == 2)
    }
    #expect(found.overall == nil)
  }

  @Test("refuses what a protocol decides, and knows all metrics there are")
  func usage() throws {
    try set.add("One", seed: 0)
    for (arguments, words) in [
      (["--role-swapped"], "uss-musdb18"),
      (["--role-swapped", "--protocol", "uss-classes"], "uss-musdb18"),
      (["--protocol", "uss-musdb18", "--metrics", "sdr"], "leave --metrics"),
      (["--protocol", "uss-musdb18", "--museval-strict"], "leave --metrics"),
      (["--protocol", "none"], "uss-classes"),
      (["--metrics", "csig"], "wss"),
    ] {
      let run = try set.run(arguments, output: "x")
      #expect(run.status == 64 && run.standardErrorText.contains(words), "\(run.standardErrorText)")
    }
    let joint = try set.run(["--metrics", "si-sir,si-sar", "--json"], output: "x")
    #expect(try summary(joint).entry("vocals", "si-sir") != nil)
  }
}
