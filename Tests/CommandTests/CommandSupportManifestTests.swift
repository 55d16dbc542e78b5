// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("Reading JSON")
struct CommandSupportJSONReadingTests {
  private func read(_ text: String) throws -> JSONValue { try JSONValue(reading: text.utf8) }

  @Test(
    "A document reads back as it was written",
    arguments: [
      #"{"a":[1,-2.5,1e+300],"b":{"c":null,"d":true},"e":"é\"\\\n🎵","a2":[],"f":{}}"#,
      "[false]", "0", "-0.001", #""\u007f""#, "9223372036854775807", "1e+20",
    ])
  func roundTrip(_ text: String) throws { #expect(try read(text).line == text) }

  @Test("Escapes and spaces are those of RFC 8259, and NaN is no number")
  func details() throws {
    #expect(try read(" [ \"\\ud83c\\udfb5\\/\\u00e9\" , NaN ] \n") == ["🎵/é", nil])
    #expect(try read(#"{"key": 2}"#)["key"]?.double == 2)
    #expect(try read("18446744073709551616") == .number(0x1p64))
  }

  @Test(
    "What is not JSON is refused",
    arguments: [
      "", "{", "[1,]", "{\"a\" 1}", "{a:1}", "01", "1.", ".5", "+1", "1e999", "tru", "[1] 2",
      "\"\\ud800\"", "\"\\x\"", "\"a\nb\"", "\"", "-", "[" + String(repeating: "[", count: 1000),
    ])
  func malformed(_ text: String) {
    #expect(throws: JSONSyntaxError.self) { try read(text) }
  }

  @Test("A string that is not UTF-8 is refused")
  func notText() {
    #expect(throws: JSONSyntaxError.self) { try JSONValue(reading: [0x22, 0xFF, 0x22]) }
  }
}

@Suite("Shards")
struct CommandSupportShardTests {
  @Test(
    "The parts of a list are disjoint, and blocks joined are the list",
    arguments: [(10, 3), (3, 10), (0, 4), (64, 1), (1000, 7)])
  func parts(_ total: Int, _ count: Int) throws {
    let shards = try (0..<count).map { try #require(Shard(argument: "\($0)/\(count)")) }
    #expect(shards.flatMap { $0.places(of: total, by: .block) } == Array(0..<total))
    let interleaved = shards.map { $0.places(of: total, by: .interleaved) }
    #expect(interleaved.joined().sorted() == Array(0..<total))
    #expect(
      interleaved.enumerated().allSatisfy { part, places in places.allSatisfy { $0 % count == part }
      })
  }

  @Test(
    "What is no part is refused", arguments: ["", "1", "3/3", "-1/3", "1/0", "a/b", "1/2/3", "/"])
  func refused(_ text: String) { #expect(Shard(argument: text) == nil) }
}

/// A list in a folder of its own, and runs over it.
private final class ListedWork: Sendable {
  let folder: URL
  var list: URL { folder.appendingPathComponent("list.jsonl") }
  var result: URL { folder.appendingPathComponent("result.jsonl") }
  /// The ids that were worked on.
  var workedIDs: [String] { worked.withLock { $0 } }
  private let worked = Mutex<[String]>([])

  func forget() { worked.withLock { $0 = [] } }

  init(_ lines: String) throws {
    folder = try Fixtures.temporaryFolder()
    try write(lines)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func write(_ lines: String) throws { try Data(lines.utf8).write(to: list) }

  /// Squares the number of each record; records without one fail.
  func run(
    part: String = "0/1", by rule: Shard.Rule = .interleaved, jobs: Int = 3, settings: String = "",
    isOverwriting: Bool = false,
    failingIDs: Set<String> = [], recordErrors: ShardOptions.RecordErrors = .fail
  ) throws {
    var options = ShardOptions()
    options.shard = try #require(Shard(argument: part))
    options.shardBy = rule
    options.recordErrors = recordErrors
    let run = ManifestRun(
      manifest: PathBytes(list.path), output: PathBytes(result.path),
      options: options, jobs: jobs, isOverwriting: isOverwriting)
    try run(settings: settings) { record in
      self.worked.withLock { $0.append(record.id) }
      guard let number = try record.number("n"), !failingIDs.contains(record.id) else {
        throw Failure(.missingInput, "no number")
      }
      return [.init("square", .number(number * number))]
    }
  }

  var text: String { get throws { String(decoding: try Data(contentsOf: result), as: UTF8.self) } }
  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
  }
}

@Suite("Work on a list")
struct CommandSupportManifestTests {
  private static let numbers = (0..<20).map { #"{"id":"r\#($0)","n":\#($0)}"# + "\n" }.joined()

  @Test("Lines come in the list's order, whatever the jobs, and the whole is the sum of its blocks")
  func order() throws {
    let work = try ListedWork("\n" + Self.numbers)
    try work.run(jobs: 1)
    let whole = try work.text
    #expect(whole.hasPrefix(#"{"id":"r0","status":"ok","square":0.0}"# + "\n"))
    #expect(whole.filter { $0 == "\n" }.count == 20)
    try work.run(jobs: 8, isOverwriting: true)
    #expect(try work.text == whole)
    var joined = ""
    for part in 0..<3 {
      try work.run(part: "\(part)/3", by: .block, isOverwriting: true)
      joined += try work.text
    }
    #expect(joined == whole)
    #expect(try work.names == ["list.jsonl", "result.jsonl", "result.jsonl.done.json"])
  }

  @Test("A second run does nothing; one under other settings wants --overwrite")
  func again() throws {
    let work = try ListedWork(Self.numbers)
    try work.run()
    try work.run()
    #expect(work.workedIDs.count == 20)
    #expect(throws: Failure.self) { try work.run(settings: "other") }
    try work.write(Self.numbers + #"{"id":"more","n":1}"#)
    #expect(throws: Failure.self) { try work.run() }
    try work.run(isOverwriting: true)
    #expect(work.workedIDs.count == 41)
  }

  @Test("A record that fails has its line, the run fails, and only that record is tried again")
  func failures() throws {
    let work = try ListedWork(Self.numbers)
    #expect(throws: (any Error).self) { try work.run(failingIDs: ["r3"]) }
    let line = #"{"id":"r3","status":"error","error":{"code":66,"message":"no number"}}"#
    #expect(try work.text.split(separator: "\n")[3] == line)
    work.forget()
    try work.run()
    #expect(work.workedIDs == ["r3"])
    let fresh = try ListedWork(Self.numbers)
    try fresh.run()
    #expect(try work.text == fresh.text)
    #expect(try !work.names.contains { $0.hasSuffix(".journal") })
    #expect(throws: Never.self) {
      try work.run(isOverwriting: true, failingIDs: ["r3"], recordErrors: .ok)
    }
  }

  @Test("What a stopped run left in the journal is used, up to where it was cut off")
  func journal() throws {
    let work = try ListedWork(Self.numbers)
    #expect(throws: (any Error).self) { try work.run(failingIDs: ["r3"]) }
    let expected = try ListedWork(Self.numbers)
    try expected.run()
    let journal = work.folder.appendingPathComponent(".result.jsonl.journal")
    let bytes = try Data(contentsOf: journal)
    for cut in stride(from: 0, through: bytes.count, by: 413) {
      for name in ["result.jsonl", "result.jsonl.done.json"] {
        try? FileManager.default.removeItem(at: work.folder.appendingPathComponent(name))
      }
      try bytes.prefix(cut).write(to: journal)
      work.forget()
      try work.run(jobs: 1)
      let complete = bytes.prefix(cut).filter { $0 == UInt8(ascii: "\n") }.count
      #expect([20 - complete, 21 - complete].contains(work.workedIDs.count), "\(cut)")
      #expect(try work.text == expected.text, "\(cut)")
    }
  }

  @Test("A file that no list made is left alone")
  func foreignFile() throws {
    let work = try ListedWork(Self.numbers)
    try Data("mine".utf8).write(to: work.result)
    #expect(throws: Failure.self) { try work.run() }
    #expect(try work.text == "mine")
  }

  @Test(
    "A list that is none ends the run before any work",
    arguments: [
      ("{\"id\":1}\nnot JSON\n", "line 2"), ("{\"id\":1}\n{\"id\":\"1\"}\n", "lines 1 and 2"),
      ("[]\n", "line 1"), ("{}\n", "\"id\""), ("RIFF\0\0\0\0WAVE", "line 1"),
    ])
  func badList(_ lines: String, _ words: String) throws {
    let work = try ListedWork(lines)
    let error = #expect(throws: Failure.self) { try work.run() }
    #expect(
      error?.status == .badData && (error?.message ?? "").contains(words),
      "\(error?.message ?? "")")
    #expect(work.workedIDs.isEmpty)
    #expect(try work.names == ["list.jsonl"])
  }

  @Test("Paths of a record start from the list's folder, and wrong members are named")
  func paths() throws {
    let work = try ListedWork(#"{"id":1,"a":"x/y.wav","b":"/z.wav","c":{"d":"e.wav"},"f":7}"#)
    let record = try #require(try Manifest(PathBytes(work.list.path)).readAll().first)
    #expect(record.id == "1" && record.line == 1)
    #expect(try record.path("a").description == work.folder.path + "/x/y.wav")
    #expect(try record.path("b").description == "/z.wav")
    #expect(try record.paths("c").map(\.path.description) == [work.folder.path + "/e.wav"])
    #expect(try record.optionalPath("none") == nil && record.paths("none").isEmpty)
    for read in [
      { _ = try record.path("none") }, { _ = try record.path("f") }, { _ = try record.paths("a") },
      { _ = try record.number("a") },
    ] as [() throws -> Void] {
      let error = #expect(throws: Failure.self) { try read() }
      #expect(error?.status == .badData && error?.message.hasPrefix("line 1: ") == true)
    }
  }
}
