// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import TokenFiles

@Suite("Tokens as text") struct TextFormatTests {
  private let folder: TokenFolder

  init() throws { folder = try TokenFolder() }

  private func vocabulary(_ template: String, _ separator: String = "", offset: Int = 0) throws
    -> TokenVocabulary
  {
    var vocabulary = TokenVocabulary()
    vocabulary.template = try #require(TokenTemplate(template))
    vocabulary.separator = separator
    vocabulary.offset = offset
    return vocabulary
  }

  @Test("follow the template, and are read by it")
  func templates() throws {
    let record = TokenRecord(id: "x", tokens: [0, 17, 4095])
    let cases: [(TokenVocabulary, String)] = [
      (TokenVocabulary(), "<|audio_0|><|audio_17|><|audio_4095|>\n"),
      (try vocabulary("<|s_{}|>"), "<|s_0|><|s_17|><|s_4095|>\n"),
      (try vocabulary("{}", " "), "0 17 4095\n"),
      (
        try vocabulary("<|audio token {:06}|>"),
        "<|audio token 000000|><|audio token 000017|><|audio token 004095|>\n"
      ),
      (
        try vocabulary("<custom_token_{}>", ", ", offset: 10),
        "<custom_token_10>, <custom_token_27>, <custom_token_4105>\n"
      ),
    ]
    for (vocabulary, text) in cases {
      #expect(try folder.file(of: [record], .text, vocabulary: vocabulary) == Array(text.utf8))
      for ending in ["\n", "", "\r\n"] {
        let read = try read(Array((text.dropLast() + ending).utf8), vocabulary: vocabulary)
        #expect(read.map(\.tokens) == [record.tokens])
      }
    }
  }

  @Test("that do not follow it are refused")
  func refused() throws {
    for text in [
      "<|audio_0|>x", "<|audio_0|", "<|audio_|>", "<|audio_-1|>", "<|audio_0|> <|audio_1|>",
      "<|audio_9999999999999999999|>", "<|audio_4294967296|>",
    ] {
      #expect(throws: TokenFileError.self, "\(text)") { try read(Array(text.utf8)) }
    }
    let shifted = try vocabulary("<|audio_{}|>", offset: 5)
    #expect(throws: TokenFileError.self) {
      try read(Array("<|audio_4|>".utf8), vocabulary: shifted)
    }
  }

  @Test("have templates that can be taken back")
  func badTemplates() {
    for text in [
      "", "abc", "{", "}{", "{}{}", "{x}", "{:6}", "{:00}", "{:099}", "0{}", "{}1", "{}\n",
    ] {
      #expect(TokenTemplate(text) == nil, "\(text)")
    }
    #expect(TokenTemplate("{}")?.runsTogether == true)
  }
}

@Suite("JSON lines of tokens") struct JSONLinesFormatTests {
  @Test("need no more than tokens")
  func least() throws {
    let read = try read(
      Array("\n{\"tokens\":[1,2]}\n\n{\"id\":\"b\",\"tokens\":[[3]]}".utf8), name: "a.jsonl")
    #expect(
      read == [TokenRecord(id: "a-000000", tokens: [1, 2]), TokenRecord(id: "b", tokens: [3])])
  }

  @Test("tell the hop length by the rate of tokens")
  func rate() throws {
    let line =
      #"{"tokens":[1],"sampleRate":24000,"tokensPerSecond":75,"codebookSize":9,"duration":0.01}"#
    let record = try #require(try read(Array(line.utf8)).first)
    #expect(record.codec?.hopLength == 320)
    #expect(record.samples == 240)
  }

  @Test("of work that failed are left out")
  func failures() throws {
    let text =
      #"{"id":"a","status":"error","error":{"code":65}}"# + "\n"
      + #"{"id":"b","status":"ok","tokens":[1]}"#
    let reader = try TokenFileReader(bytes: Array(text.utf8), name: "x")
    #expect(try all(reader).map(\.id) == ["b"])
    #expect(reader.failedRecords == 1)
  }

  @Test(
    "that are not such are refused",
    arguments: [
      "{}", "{\"tokens\":1}", "{\"tokens\":[1.5]}", "{\"tokens\":[\"1\"]}",
      "{\"tokens\":[[1],[2]]}",
      "{\"tokens\":[-1]}", "{\"tokens\":[4294967296]}", "{\"tokens\":[1]",
      "{\"tokens\":[1],\"margins\":[]}",
      "{\"tokens\":[9],\"sampleRate\":24000,\"hopLength\":320,\"codebookSize\":9}",
      "{\"tokens\":[1],\"sampleRate\":0,\"hopLength\":320,\"codebookSize\":9}",
      "{\"tokens\":[1],\"sampleRate\":24000,\"hopLength\":320,\"codebookSize\":9,\"samples\":-1}",
      "{\"tokens\":[1],\"id\":[7]}", "[1,2]",
    ])
  func refused(_ text: String) {
    #expect(throws: TokenFileError.self) { try read(Array(text.utf8)) }
  }
}

@Suite("WebDataset shards") struct WebDatasetFormatTests {
  private let folder: TokenFolder

  init() throws { folder = try TokenFolder() }

  @Test("are tar archives that tar itself lists")
  func listing() throws {
    let long = String(repeating: "d", count: 90) + "/" + String(repeating: "n", count: 90)
    _ = try folder.file(of: [.random("a.b/c.d", count: 3), .random(long, count: 3)], .webdataset)
    let tar = Process()
    tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    tar.arguments = ["tar", "--numeric-owner", "-tvf", folder.path("file.tar")]
    let pipe = Pipe()
    tar.standardOutput = pipe
    try tar.run()
    let listing = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    tar.waitUntilExit()
    #expect(tar.terminationStatus == 0)
    let lines = listing.split(separator: "\n")
    #expect(
      lines.map { $0.split(separator: " ").last.map(String.init) } == [
        "a_b/c_d.npy", "a_b/c_d.json", "\(long).npy", "\(long).json",
      ])
    #expect(lines.allSatisfy { $0.hasPrefix("-rw-r--r-- 0/0") && $0.contains("1970") })
  }

  @Test("keep keys apart and ids whole")
  func keys() throws {
    let ids = ["a.b", "x/y.z", "/abs/../é"]
    let file = try folder.file(of: ids.map { .random($0, count: 2) }, .webdataset)
    #expect(try read(file).map(\.id) == ids)
    let writer = try TokenFileWriter(
      path: folder.path("b.tar"), format: .webdataset, replacing: false)
    defer { writer.cancel() }
    try writer.write(.random("a.b", count: 2))
    #expect(throws: TokenFileError.self) { try writer.write(.random("a_b", count: 2)) }
    #expect(throws: TokenFileError.self) {
      try writer.write(.random(String(repeating: "n", count: 120), count: 2))
    }
  }

  @Test("of other writers are read: long names, folders, other fields")
  func foreign() throws {
    let content = folder.url.appendingPathComponent("in/deep")
    try FileManager.default.createDirectory(at: content, withIntermediateDirectories: true)
    let long = String(repeating: "l", count: 130)
    let array = try folder.file(of: [TokenRecord(id: "x", tokens: [3, 1, 2])], .npy)
    try folder.write(array, "in/deep/\(long).codes.npy")
    try folder.write(Array("words".utf8), "in/deep/\(long).txt")
    try folder.write(Array("words".utf8), "in/other.txt")
    for format in ["gnu", "posix"] {
      let tar = Process()
      tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      tar.arguments = [
        "tar", "--format=\(format)", "-cf", folder.path("x.tar"), "-C", folder.path("in"), ".",
      ]
      try tar.run()
      tar.waitUntilExit()
      let read = try read(try folder.bytes("x.tar"))
      #expect(read == [TokenRecord(id: "./deep/\(long)", tokens: [3, 1, 2])], "\(format)")
    }
  }

  @Test("that were cut are refused")
  func truncation() throws {
    let whole = try folder.file(
      of: [.random("a", count: 300), .random("b", count: 3)], .webdataset)
    for count in stride(from: 1, to: whole.count - 1024, by: 97) {
      #expect(throws: TokenFileError.self, "cut at \(count)") { try read(Array(whole[..<count])) }
    }
  }
}
