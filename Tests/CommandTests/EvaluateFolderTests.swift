// SPDX-License-Identifier: Apache-2.0
import Foundation
import SoundFiles
import TestSupport
import Testing

/// A small data set and estimates of it, in MUSDB's folders.
final class SmallDataSet {
  let folder: URL
  static let rate = 8000

  init(tracks: [String]) throws {
    folder = try Fixtures.temporaryFolder()
    for (index, track) in tracks.enumerated() { try add(track, seed: index) }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Two seconds of two tones a source, and estimates with a hundredth of the other in them: 40 dB.
  func add(_ track: String, seed: Int) throws {
    let sources = [tones(200 + seed, 310), tones(450, 615 + seed)]
    for (index, name) in ["vocals", "drums"].enumerated() {
      try write("set/\(track)/\(name).wav", sources[index])
      try write(
        "estimates/\(track)/\(name).wav",
        zip(sources[index], sources[1 - index]).map { $0 + $1 / 100 })
    }
    try write("set/\(track)/mixture.wav", zip(sources[0], sources[1]).map { $0 + $1 })
  }

  private func tones(_ low: Int, _ high: Int) -> [Float] {
    (0..<2 * Self.rate).map { frame in
      let turn = 2 * Double.pi * Double(frame) / Double(Self.rate)
      return Float(0.25 * sin(turn * Double(low)) + 0.25 * sin(turn * Double(high)))
    }
  }

  func write(
    _ path: String, _ samples: [Float], channels: Int = 1, sampleRate: Int = SmallDataSet.rate
  ) throws {
    let url = folder.appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    let writer = try SoundFileWriter(
      path: url.path, format: AudioFormat(sampleRate: sampleRate, channels: channels),
      encoding: SoundFileEncoding(container: .wav, sampleFormat: .float32), replacing: true)
    try writer.write(AudioBlock(channels: channels, samples: samples))
    try writer.finish()
  }

  func run(_ arguments: String..., output: String = "scores") throws -> ProgramRun {
    try run(arguments, output: output)
  }

  func run(_ arguments: [String], output: String) throws -> ProgramRun {
    try ProgramRun(
      "evaluate-stems", ["folder", "set", "estimates", "-o", output] + arguments, in: folder)
  }

  /// Every file below `path` with its content.
  func files(_ path: String = "scores") throws -> [String: Data] {
    let root = folder.appendingPathComponent(path)
    var files: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: root.path) {
      let url = root.appendingPathComponent(name)
      if (try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == false {
        files[name] = try Data(contentsOf: url)
      }
    }
    return files
  }

  fileprivate func summary(_ path: String = "scores") throws -> Summary {
    let url = folder.appendingPathComponent(path).appendingPathComponent("summary.json")
    return try JSONDecoder().decode(Summary.self, from: Data(contentsOf: url))
  }
}

private struct Summary: Decodable {
  struct Entry: Decodable {
    let target: String
    let metric: String
    let median: Double
    let tracks: Int
  }
  struct Failed: Decodable {
    let name: String
    let reason: String
  }
  struct Track: Decodable {
    let name: String
    let notes: [String]
  }
  let summary: [Entry]
  let failed: [Failed]
  let tracks: [Track]
  let definitions: [String: String]
}

@Suite("evaluate-stems folder")
struct EvaluateFolderTests {
  @Test("scores every track into museval's files, a summary, and a table")
  func everything() throws {
    let set = try SmallDataSet(tracks: ["train/One", "test/Größe [live] *", "test/Two"])
    let run = try set.run()
    #expect(run.status == 0, "\(run.standardErrorText)")
    let files = try set.files()
    for name in ["train/One", "test/Größe [live] *", "test/Two"] {
      #expect(files["\(name).json"] != nil && files["scores/\(name).json"] != nil, "\(name)")
    }
    let museval = try #require(files["test/Two.json"])
    let document = try #require(JSONSerialization.jsonObject(with: museval) as? [String: Any])
    let targets = try #require(document["targets"] as? [[String: Any]])
    #expect(targets.map { $0["name"] as? String } == ["vocals", "drums"])
    let frames = try #require(targets[0]["frames"] as? [[String: Any]])
    #expect(frames.count == 2)
    let metrics = try #require(frames[1]["metrics"] as? [String: Double])
    #expect(abs((metrics["SDR"] ?? 0) - 40) < 1e-3)
    let summary = try set.summary()
    for metric in ["bsseval-sdr", "sdr", "sdri"] {
      let entry = try #require(
        summary.summary.first { $0.metric == metric && $0.target == "vocals" })
      #expect(abs(entry.median - 40) < 1e-3 && entry.tracks == 3, "\(metric)")
    }
    #expect(summary.definitions["bsseval"]?.contains("512 taps") == true)
    let csv = String(decoding: files["summary.csv"] ?? Data(), as: UTF8.self)
    #expect(csv.hasPrefix("target,metric,median,mean,tracks,missing\nvocals,bsseval-sdr,"))
    #expect(run.standardOutputText.contains("40.000"))
  }

  @Test("takes a part of the set, and only the targets asked for")
  func selection() throws {
    let set = try SmallDataSet(tracks: ["train/One", "test/Two"])
    let run = try set.run("--subset", "test", "--targets", "drums", "--metrics", "sdr")
    #expect(run.status == 0)
    let summary = try set.summary()
    #expect(summary.tracks.map(\.name) == ["Two"] && summary.summary.map(\.target) == ["drums"])
    let none = try set.run("--targets", "piano", output: "none")
    #expect(none.status == 1 && none.standardErrorText.contains("expected piano"))
    let wrong = try set.run("--subset", "dev")
    #expect(wrong.status == 66)
  }

  @Test("goes on after tracks that fail, names them, and ends in 1")
  func badTracks() throws {
    let set = try SmallDataSet(tracks: [
      "Good", "Rate", "Channels", "Text", "Half", "Silent", "Mute",
    ])
    let samples = [Float](repeating: 0.25, count: 16_000)
    try set.write("estimates/Rate/vocals.wav", samples, sampleRate: 16_000)
    try set.write("estimates/Channels/drums.wav", samples, channels: 2)
    let text = set.folder.appendingPathComponent("estimates/Text/drums.wav")
    try Data("not audio".utf8).write(to: text)
    let half = set.folder.appendingPathComponent("estimates/Half/drums.wav")
    try Data(contentsOf: half).prefix(20_000).write(to: half)
    try set.write("set/Silent/vocals.wav", samples.map { _ in 0 })
    let run = try set.run("--museval-strict", "--metrics", "bsseval")
    #expect(run.status == 1)
    let summary = try set.summary()
    #expect(summary.tracks.map(\.name) == ["Good", "Mute"])
    let reasons = Dictionary(uniqueKeysWithValues: summary.failed.map { ($0.name, $0.reason) })
    for (name, words) in [
      ("Rate", "16000 Hz"), ("Channels", "channels"), ("Text", "not an audio file"),
      ("Half", "cut short"), ("Silent", "silent"),
    ] {
      #expect(reasons[name]?.contains(words) == true, "\(name): \(reasons[name] ?? "")")
    }
    #expect(try set.files()["Rate.json"] == nil)
    let own = try set.run("--metrics", "bsseval", output: "own")
    #expect(own.status == 1)
    #expect(try set.summary("own").tracks.map(\.name) == ["Good", "Mute", "Silent"])
  }

  @Test("gives the same bytes for any number of jobs, and after it was killed in the middle")
  func resume() throws {
    let tracks = (0..<10).map { "test/Song \($0)" }
    let set = try SmallDataSet(tracks: tracks)
    #expect(try set.run("--jobs", "1", output: "once").status == 0)
    let expected = try set.files("once")
    #expect(try set.run("--jobs", "4", output: "side by side").status == 0)
    #expect(try set.files("side by side") == expected)
    for signal in [SIGTERM, SIGKILL] {
      let process = Process()
      process.executableURL = ProgramRun.program("evaluate-stems")
      process.arguments = ["folder", "set", "estimates", "-o", "killed\(signal)", "--jobs", "2"]
      process.currentDirectoryURL = set.folder
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      let first = set.folder.appendingPathComponent("killed\(signal)/scores/test/Song 1.json")
      while process.isRunning && !FileManager.default.fileExists(atPath: first.path) { usleep(500) }
      kill(process.processIdentifier, signal)
      process.waitUntilExit()
      #expect(process.terminationReason == .uncaughtSignal || process.terminationStatus == 143)
      let left = try set.files("killed\(signal)")
      #expect(left["summary.json"] == nil)
      for (name, data) in left where !name.hasSuffix(".part") { #expect(expected[name] == data) }
      #expect(try set.run(output: "killed\(signal)").status == 0)
      let resumed = try set.files("killed\(signal)").filter { !$0.key.hasSuffix(".part") }
      #expect(resumed == expected)
    }
  }

  @Test("scores again what has changed: a sound, or the settings")
  func staleness() throws {
    let set = try SmallDataSet(tracks: ["One", "Two"])
    #expect(try set.run("--metrics", "sdr").status == 0)
    let before = try set.files()
    try set.write("estimates/Two/drums.wav", [Float](repeating: 0.1, count: 16_000))
    #expect(try set.run("--metrics", "sdr").status == 0)
    let after = try set.files()
    #expect(before["scores/One.json"] == after["scores/One.json"])
    #expect(before["scores/Two.json"] != after["scores/Two.json"])
    #expect(try set.run("--metrics", "sdr,si-sdr").status == 0)
    #expect(try set.summary().summary.contains { $0.metric == "si-sdr" && $0.tracks == 2 })
  }

  @Test("reads DSD100's and MoisesDB's folders, and FLAC")
  func layouts() throws {
    let set = try SmallDataSet(tracks: ["One"])
    func move(_ from: String, _ to: String) throws {
      let target = set.folder.appendingPathComponent(to)
      try FileManager.default.createDirectory(
        at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: set.folder.appendingPathComponent(from), to: target)
    }
    for stem in ["vocals", "drums"] {
      try move("set/One/\(stem).wav", "dsd/Sources/Test/One/\(stem).wav")
    }
    try move("set/One/mixture.wav", "dsd/Mixtures/Test/One/mixture.wav")
    // A stem in two files that add up: the drums twice in half.
    try move("set/One/vocals.wav", "moises/One/vocals/1.wav")
    try Data("{}".utf8).write(to: set.folder.appendingPathComponent("moises/One/data.json"))
    for part in ["a", "b"] {
      let sound = try WaveFixture(
        contentsOf: set.folder.appendingPathComponent("set/One/drums.wav"))
      try set.write("moises/One/drums/\(part).wav", sound.samples.map { $0 / 2 })
    }
    for (root, metric) in [("dsd", "sdri"), ("moises", "sdr")] {
      let run = try ProgramRun(
        "evaluate-stems",
        ["folder", root, "estimates", "-o", root + "-scores", "--metrics", metric],
        in: set.folder)
      #expect(run.status == 0, "\(run.standardErrorText)")
      let summary = try set.summary(root + "-scores").summary
      #expect(summary.map(\.target) == ["vocals", "drums"])
      #expect(summary.allSatisfy { abs($0.median - 40) < 1e-3 }, "\(root)")
    }
  }

  @Test(
    "decodes MUSDB18's stem.mp4, whose streams are known by their order",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/ffmpeg")))
  func stemFile() throws {
    let set = try SmallDataSet(tracks: ["test/One"])
    let names = ["mixture", "drums", "drums", "drums", "vocals"]
    let inputs = names.flatMap { ["-i", "set/test/One/\($0).wav"] }
    try FileManager.default.createDirectory(
      at: set.folder.appendingPathComponent("mp4/test"), withIntermediateDirectories: true)
    let encoding = try ProgramRun(
      executable: URL(fileURLWithPath: "/usr/bin/ffmpeg"),
      arguments: ["-v", "error"] + inputs + names.indices.flatMap { ["-map", "\($0):a"] }
        + ["-c:a", "aac", "-b:a", "128k", "mp4/test/One.stem.mp4"], in: set.folder)
    try #require(encoding.status == 0, "\(encoding.standardErrorText)")
    func run(_ environment: [String: String] = [:]) throws -> ProgramRun {
      try ProgramRun(
        "evaluate-stems", ["folder", "mp4", "estimates", "-o", "scores", "--metrics", "sdr"],
        in: set.folder, environment: environment)
    }
    let without = try run(["PATH": "/nowhere"])
    #expect(without.status == 69 && without.standardErrorText.contains("ffmpeg"))
    #expect(try run().status == 0)
    let summary = try set.summary().summary
    #expect(summary.map(\.target) == ["vocals", "drums"])
    // AAC of two tones is good, but no copy.
    #expect(summary.allSatisfy { $0.median > 15 }, "\(summary.map(\.median))")
  }

  @Test("sums up what museval wrote, and leaves other files alone")
  func museval() throws {
    let set = try SmallDataSet(tracks: ["One", "Two"])
    #expect(try set.run("--metrics", "bsseval").status == 0)
    let run = try ProgramRun(
      "evaluate-stems", ["summary", "scores", "-o", "again"], in: set.folder)
    #expect(run.status == 0, "\(run.standardErrorText)")
    let (first, second) = (try set.summary().summary, try set.summary("again").summary)
    #expect(second.count == first.count)
    for (one, other) in zip(first, second) {
      #expect(one.target == other.target && one.metric == other.metric && other.tracks == 2)
      #expect(abs(one.median - other.median) < 1e-5)
    }
    #expect(try ProgramRun("evaluate-stems", ["summary", "set"], in: set.folder).status == 66)
  }

  @Test("says what it misses where folders do not fit")
  func folders() throws {
    let set = try SmallDataSet(tracks: ["One"])
    for (arguments, status, words) in [
      (["none", "estimates", "-o", "x"], 66, "no such folder"),
      (["set", "none", "-o", "x"], 66, "no such folder"),
      (["set/One", "estimates", "-o", "x"], 66, "holds no recordings"),
      (["set", "set/One", "-o", "x"], 66, "such as One"),
      (["set", "estimates", "-o", "x", "--subset", "test"], 64, "has no parts"),
      (["set", "estimates", "-o", "x", "--metrics", "pesq"], 64, "unknown metric"),
      (["set", "estimates", "-o", "x", "--window", "0"], 64, "above 0"),
      (["set", "estimates", "-o", "set/One/mixture.wav"], 73, "file is in its place"),
    ] as [([String], Int32, String)] {
      let run = try ProgramRun("evaluate-stems", ["folder"] + arguments, in: set.folder)
      #expect(
        run.status == status && run.standardErrorText.contains(words), "\(run.standardErrorText)")
      #expect(run.standardOutput.isEmpty)
      #expect(!FileManager.default.fileExists(atPath: set.folder.appendingPathComponent("x").path))
    }
    let partly = try SmallDataSet(tracks: ["One", "Two"])
    try FileManager.default.removeItem(at: partly.folder.appendingPathComponent("estimates/One"))
    let run = try partly.run("--metrics", "sdr", "--json")
    #expect(run.status == 0 && run.standardErrorText.contains("1 of 2 recordings"))
    #expect(run.standardOutputText.filter { $0 == "\n" }.count == 1)
  }
}

@Suite("evaluate-stems list")
struct EvaluateListTests {
  private static let line =
    #"{"id":"a","references":{"vocals":"set/One/vocals.wav","drums":"set/One/drums.wav"},"#
    + #""estimates":{"vocals":"estimates/One/vocals.wav","drums":"estimates/One/drums.wav"}}"#

  private func run(_ set: SmallDataSet, _ arguments: String..., input: String = "") throws
    -> ProgramRun
  {
    try ProgramRun("evaluate-stems", ["list"] + arguments, input: Data(input.utf8), in: set.folder)
  }

  @Test("answers each line of standard input, also those that fail")
  func filter() throws {
    let set = try SmallDataSet(tracks: ["One"])
    let pair = #"{"id":2,"reference":"set/One/drums.wav","estimate":"estimates/One/drums.wav"}"#
    let missing = #"{"id":"m","reference":"none.wav","estimate":"set/One/drums.wav"}"#
    let input = [Self.line, "no JSON", missing, "", pair].joined(separator: "\n")
    let found = try run(set, "-", "--metrics", "sdr,si-sdr", "--jobs", "3", input: input)
    #expect(found.status == 1)
    let lines = found.standardOutputText.split(separator: "\n").map(String.init)
    try #require(lines.count == 4)
    #expect(lines[0].hasPrefix(#"{"id":"a","status":"ok","targets":{"vocals":{"sdr":4"#))
    #expect(
      lines[1].hasPrefix(#"{"id":null,"status":"error","error":{"code":65,"message":"standard"#))
    #expect(lines[2].hasPrefix(#"{"id":"m","status":"error","error":{"code":66,"#))
    #expect(lines[3].hasPrefix(#"{"id":2,"status":"ok","targets":{"estimate":{"sdr":39."#))
    let tolerant = try run(set, "-", "--metrics", "sdr", "--record-errors", "ok", input: input)
    #expect(tolerant.status == 0)
    #expect(try run(set, "-").standardOutput.isEmpty)
  }

  @Test("gives blocks of the list whose lines joined are the whole's")
  func shards() throws {
    let set = try SmallDataSet(tracks: ["One"])
    let list = (0..<7).map { Self.line.replacing("\"a\"", with: "\"\($0)\"") + "\n" }.joined()
    try Data(list.utf8).write(to: set.folder.appendingPathComponent("list.jsonl"))
    let whole = try run(set, "list.jsonl", "--metrics", "sdr")
    var joined = Data()
    for part in 0..<3 {
      let name = "parts/\(part).jsonl"
      let arguments = ["list.jsonl", "-o", name, "--metrics", "sdr", "--shard-by", "block"]
      let found = try ProgramRun(
        "evaluate-stems", ["list"] + arguments + ["--shard", "\(part)/3"], in: set.folder)
      #expect(found.status == 0 && found.standardOutputText == name + "\n")
      joined += try Data(contentsOf: set.folder.appendingPathComponent(name))
    }
    #expect(joined == whole.standardOutput)
    let other = try run(set, "list.jsonl", "-o", "parts/0.jsonl", "--metrics", "sdr")
    #expect(other.status == 73 && other.standardErrorText.contains("--overwrite"))
    #expect(try run(set, "list.jsonl", "--shard", "3/3").status == 64)
  }
}
