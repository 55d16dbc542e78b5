// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@Suite("audio-tokens and lists") struct AudioTokensCorpusTests {
  private let workshop: TokenWorkshop

  init() throws { workshop = try TokenWorkshop() }

  /// A list of `count` parts of eight recordings.
  private func writeList(_ count: Int, frames: Int = 12000) throws {
    for number in 0..<8 {
      try workshop.sounds.write(
        "sound/\(number).wav", frames: frames + 997 * number,
        sampleRate: [8000, 16000, 24000][number % 3])
    }
    let lines = (0..<count).map { index in
      #"{"id":"clip/\#(index)","audio":"sound/\#(index % 8).wav","start":\#(Double(index) * 0.001),"duration":0.4}"#
    }
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: workshop.path("list.jsonl"))
  }

  @Test("two parts, killed and resumed, hold every recording once, as an undisturbed run does")
  func resume() throws {
    try writeList(300)
    #expect(try workshop.run("encode", "--manifest", "list.jsonl", "-o", "whole").status == 0)
    let expected = try workshop.lines("whole/tokens.jsonl")
    #expect(expected.count == 300)
    for part in 0..<2 {
      let name = "tokens-0000\(part)-of-00002"
      let arguments = [
        "encode", "--manifest", "list.jsonl", "-m", TokenWorkshop.model, "-o", "parts", "--shard",
        "\(part)/2", "--format", "megatron", "--jobs", "2",
      ]
      let process = Process()
      process.executableURL = ProgramRun.program("audio-tokens")
      process.arguments = arguments
      process.currentDirectoryURL = workshop.sounds.folder
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      let journal = workshop.path("parts/.\(name).jsonl.journal").path
      while process.isRunning, try size(journal) < 2000 { usleep(200) }
      kill(process.processIdentifier, part == 0 ? SIGKILL : SIGTERM)
      process.waitUntilExit()
      #expect(workshop.sounds.files("parts").allSatisfy { !$0.hasPrefix(name) })

      let run = try ProgramRun("audio-tokens", arguments, in: workshop.sounds.folder)
      #expect(
        run.status == 0 && run.standardErrorText.contains("were done before"),
        "\(run.standardErrorText)")
      #expect(
        run.standardOutputText == ["jsonl", "bin", "idx"].map { "parts/\(name).\($0)\n" }.joined())
    }
    let parts = try (0..<2).map { try workshop.lines("parts/tokens-0000\($0)-of-00002.jsonl") }
    for (index, line) in expected.enumerated() {
      let found = parts[index % 2][index / 2]
      #expect(NSDictionary(dictionary: found) == NSDictionary(dictionary: line))
    }
    #expect(parts[0].count + parts[1].count == 300)
    // The data sets that were made beside them hold the same.
    let sets = try workshop.run(
      "convert", "parts/tokens-00000-of-00002.idx", "parts/tokens-00001-of-00002.idx", "-o", "-",
      model: nil)
    let tokens = try TokenWorkshop.tokens(sets.standardOutput)
    #expect(tokens == parts.joined().map { $0["tokens"] as? [Int] })
    // Nothing is left to do.
    let again = try workshop.run("encode", "--manifest", "list.jsonl", "-o", "whole")
    #expect(again.status == 0 && again.standardErrorText.contains("complete already"))
  }

  private func size(_ path: String) throws -> Int {
    guard FileManager.default.fileExists(atPath: path) else { return 0 }
    return try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
  }

  @Test("as a filter, a line comes for each line, also for those that fail")
  func filter() throws {
    try writeList(4)
    var lines = try String(contentsOf: workshop.path("list.jsonl"), encoding: .utf8)
    lines += "nonsense\n" + #"{"id":7,"audio":"none.wav"}"# + "\n" + #"{"id":8}"# + "\n"
    lines += #"{"id":9,"audio":"sound/1.wav","start":-1}"# + "\n"
    let run = try workshop.run("encode", "--manifest", "-", "-o", "-", input: Data(lines.utf8))
    #expect(run.status == 1)
    let objects = try TokenWorkshop.objects(run.standardOutput)
    #expect(
      objects.map { $0["status"] as? String } == Array(repeating: "ok", count: 4)
        + Array(repeating: "error", count: 4))
    #expect(objects[0]["id"] as? String == "clip/0" && objects[5]["id"] as? Int == 7)
    #expect((objects[5]["error"] as? [String: Any])?["code"] as? Int == 66)
    #expect((objects[0]["tokens"] as? [Int])?.count == 320)
    // Readers leave out what failed, and say so.
    try run.standardOutput.write(to: workshop.path("some.jsonl"))
    let stats = try workshop.run("stats", "some.jsonl", "--json", model: nil)
    #expect(try TokenWorkshop.objects(stats.standardOutput).first?["records"] as? Int == 4)
    #expect(stats.standardErrorText.contains("4 recordings have no tokens"))
  }

  @Test("each recording in a file of its own, and where it is", arguments: ["npy", "packed"])
  func files(format: String) throws {
    try writeList(12)
    let run = try workshop.run(
      "encode", "--manifest", "list.jsonl", "-o", "out", "--format", format)
    #expect(run.status == 0, "\(run.standardErrorText)")
    let ending = format == "packed" ? "tokens" : format
    let lines = try workshop.lines("out/tokens.files.jsonl")
    #expect(lines.map { $0["output"] as? String } == (0..<12).map { "out/clip/\($0).\(ending)" })
    let info = try workshop.run("info", "out", "--json", model: nil)
    #expect(info.status == 0, "\(info.standardErrorText)")
    #expect(try TokenWorkshop.objects(info.standardOutput).count == 12)
    try Data(#"{"id":"../up","audio":"sound/1.wav"}"#.utf8).write(to: workshop.path("list.jsonl"))
    let bad = try workshop.run(
      "encode", "--manifest", "list.jsonl", "-o", "bad", "--format", format)
    #expect(bad.status == 1 && bad.standardErrorText.contains("is no file name"))
  }
}
