// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@Suite("separate-stems tag") struct SeparateStemsTagTests {
  private let workshop: SeparationWorkshop

  init() throws { workshop = try SeparationWorkshop() }

  private func model(_ file: String) -> String {
    Fixtures.packageRoot
      .appendingPathComponent("Tests/UniversalSeparationTests/Goldens/\(file)").path
  }

  private func tag(
    _ arguments: [String], model file: String = "cnn14/model.pth", input: Data = Data()
  ) throws -> ProgramRun {
    try workshop.run(["tag"] + arguments + ["-m", model(file)], model: nil, input: input)
  }

  private func records(_ run: ProgramRun) throws -> [[String: Any]] {
    try run.standardOutputText.split(separator: "\n").map { line in
      try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }
  }

  private func tags(_ record: [String: Any]) throws -> [[String: Any]] {
    try #require(record["tags"] as? [[String: Any]])
  }

  @Test("a table for people: the recording, then a line a class")
  func table() throws {
    try workshop.write("a.wav", frames: 24000)
    let run = try tag(["a.wav", "--threshold", "0", "--top", "3"])
    #expect(run.status == 0 && run.standardErrorText.isEmpty, "\(run.standardErrorText)")
    let lines = run.standardOutputText.split(separator: "\n")
    #expect(lines.count == 4 && lines[0] == "a.wav  0:03.0")
    #expect(lines[1].contains("class ") && lines[1].hasSuffix("0:00.0–0:03.0"))
    let nothing = try tag(["a.wav", "--threshold", "1"])
    #expect(nothing.standardOutputText == "a.wav  0:03.0\n  nothing at 1.0 or above\n")
  }

  @Test("recordings of any rate, channels and length, and standard input")
  func inputs() throws {
    try workshop.write("in/long.wav", frames: 44100 * 11, sampleRate: 44100, channels: 2)
    try workshop.write("in/short.wav", frames: 100, sampleRate: 11025)
    let run = try tag(["in", "--json", "--threshold", "0"])
    #expect(run.status == 0, "\(run.standardErrorText)")
    let found = try records(run)
    #expect(found.map { $0["input"] as? String } == ["in/long.wav", "in/short.wav"])
    #expect(found.map { $0["model"] as? String } == ["model", "model"])
    #expect(try found.map(tags).map(\.count) == [9, 9])
    let spans = try tags(found[0]).compactMap { $0["spans"] as? [[String: Double]] }
    #expect(spans.allSatisfy { $0.count == 1 && $0[0]["start"] == 0 && $0[0]["end"] == 11 })
    let sound = try Data(contentsOf: workshop.path("in/long.wav"))
    let piped = try tag(["-", "--json", "--threshold", "0"], input: sound)
    #expect(piped.status == 0)
    #expect(
      try tags(records(piped)[0]).map { $0["probability"] as? Double }
        == tags(found[0]).map { $0["probability"] as? Double })
  }

  @Test("events have times within a segment", arguments: ["cnn14/model.pth", "htsat/model.ckpt"])
  func events(_ file: String) throws {
    try workshop.write("a.wav", frames: 8000 * 12)
    let run = try tag(
      ["a.wav", "--json", "--threshold", "0", "--start", "1"]
        + (file.hasPrefix("cnn14") ? ["--events"] : []), model: file)
    #expect(run.status == 0, "\(run.standardErrorText)")
    for tag in try tags(records(run)[0]) {
      let spans = try #require(tag["spans"] as? [[String: Double]])
      // All steps follow each other.
      #expect(spans.count == 1 && spans[0]["start"] == 1 && spans[0]["end"] == 12)
    }
  }

  @Test("lists give a line a record, and go on where they were")
  func lists() throws {
    try workshop.write("a.wav", frames: 9000)
    try """
    {"id": "one", "audio": "a.wav"}
    {"id": "two", "audio": "none.wav"}
    {"id": "three", "audio": "a.wav", "start": 0.5, "duration": 0.25}

    """.write(to: workshop.path("list.jsonl"), atomically: true, encoding: .utf8)
    let run = try tag(["--manifest", "list.jsonl", "-o", "out/tags.jsonl", "--threshold", "0"])
    #expect(run.status == 1 && run.standardErrorText.contains("none.wav"))
    let lines = try String(contentsOf: workshop.path("out/tags.jsonl"), encoding: .utf8)
      .split(separator: "\n")
    #expect(lines.count == 3 && lines[0].hasPrefix(#"{"id":"one","status":"ok","model":"model""#))
    #expect(lines[1].contains(#""status":"error""#) && lines[2].contains(#""duration":0.25"#))
  }

  @Test("bad input is one line and the right code")
  func badInput() throws {
    try workshop.write("a.wav", frames: 9000)
    try workshop.write("empty.wav", [])
    try workshop.write("nan.wav", [0, 0, .nan, 0])
    for (arguments, file, status) in [
      (["none.wav"], "cnn14/model.pth", 66), (["empty.wav"], "cnn14/model.pth", 65),
      (["nan.wav"], "cnn14/model.pth", 65), (["a.wav"], "cnn14/expected.safetensors", 65),
      (["a.wav"], "nothing.pth", 66), (["a.wav", "--segment", "20"], "htsat/model.ckpt", 64),
      (["a.wav", "--top", "0"], "cnn14/model.pth", 64), ([], "cnn14/model.pth", 64),
      (["a.wav", "--threshold", "2"], "cnn14/model.pth", 64),
      (["a.wav", "--manifest", "list.jsonl"], "cnn14/model.pth", 64),
      (["a.wav", "-o", "x.jsonl"], "cnn14/model.pth", 64),
    ] as [([String], String, Int32)] {
      let run = try tag(arguments, model: file)
      #expect(run.status == status, "\(arguments) \(file): \(run.standardErrorText)")
      #expect(run.standardOutputText.isEmpty)
      if status != 64 { #expect(run.standardErrorText.split(separator: "\n").count == 1) }
    }
  }

  @Test("without a tagger here, the message says how to get one")
  func notFetched() throws {
    try workshop.write("a.wav")
    let run = try workshop.run(
      ["tag", "a.wav", "--offline"], model: nil, environment: ["TESSERA_MODELS": "models"])
    #expect(run.status == 69 && run.standardErrorText.contains("models fetch panns-cnn14"))
  }
}
