// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import TokenFiles

@Suite("Tokens that were written") struct RoundTripTests {
  private let folder: TokenFolder

  init() throws { folder = try TokenFolder() }

  private static let files = TokenFormat.allCases.filter { $0 != .megatron }

  @Test("come back, with all that the format tells about them", arguments: files)
  func roundTrip(format: TokenFormat) throws {
    for codebookSize in [1, 2, 3, 256, 4096, 32768, 32769, 1 << 20] {
      for count in [1, 2, 7, 8, 9, 1000] {
        let record = TokenRecord.random(
          "clip/é \"1\".x", count: count, codebookSize: codebookSize, seed: UInt64(count))
        let read = try read(try folder.file(of: [record], format), name: "in/name.bin")
        var expected = record
        if format == .npy || format == .text {
          expected = TokenRecord(id: "name", tokens: record.tokens)
        }
        #expect(read == [expected])
      }
    }
  }

  @Test("of several recordings stay apart", arguments: files.filter(\.holdsMany))
  func several(format: TokenFormat) throws {
    let records = (0..<20).map {
      TokenRecord.random("clip\($0)", count: 37 * $0 + 1, seed: UInt64($0))
    }
    let read = try read(try folder.file(of: records, format))
    #expect(read.map(\.tokens) == records.map(\.tokens))
    if format != .text { #expect(read == records) }
  }

  @Test("with margins keep them where there is room", arguments: [TokenFormat.json, .safetensors])
  func margins(format: TokenFormat) throws {
    var record = TokenRecord.random("a", count: 5)
    record.margins = [0.25, 1e-12, 3, 1.0 / 3, 0]
    #expect(try read(try folder.file(of: [record], format)) == [record])
  }

  @Test(
    "without a known codec, too", arguments: [TokenFormat.json, .safetensors, .npy, .webdataset])
  func unknownCodec(format: TokenFormat) throws {
    let record = TokenRecord(id: "x", tokens: [0, 70000, 5])
    #expect(try read(try folder.file(of: [record], format)) == [record])
  }

  @Test("are the same bytes every time", arguments: files)
  func deterministic(format: TokenFormat) throws {
    let records = [TokenRecord.random("a", count: 99)]
    #expect(try folder.file(of: records, format) == folder.file(of: records, format))
  }

  @Test("take their size and no more: 12 bits a token, and two bytes in npy")
  func sizes() throws {
    let record = TokenRecord.random("a", count: 4000)
    #expect(try folder.file(of: [record], .npy).count == 128 + 2 * 4000)
    #expect(try folder.file(of: [record], .packed).count <= 6000 + 160)
  }

  @Test("have a name only when they are complete")
  func atomicity() throws {
    let record = TokenRecord.random("a", count: 9)
    let writer = try TokenFileWriter(path: folder.path("a.json"), format: .json, replacing: false)
    try writer.write(record)
    #expect(!(try folder.names.contains("a.json")))
    try writer.finish()
    #expect(try folder.names == ["a.json"])

    #expect(throws: TokenFileError.exists(path: folder.path("a.json"))) {
      try TokenFileWriter(path: folder.path("a.json"), format: .json, replacing: false)
    }
    let dropped = try TokenFileWriter(path: folder.path("a.json"), format: .json, replacing: true)
    try dropped.write(TokenRecord.random("b", count: 9))
    dropped.cancel()
    #expect(try read(try folder.bytes("a.json")) == [record])
    #expect(try folder.names == ["a.json"])
    #expect(throws: TokenFileError.self) {
      try TokenFileWriter(path: folder.path("none/a.json"), format: .json, replacing: false)
    }
  }

  @Test("that are no codes, or too many for the format, are refused", arguments: files)
  func refused(format: TokenFormat) throws {
    let writer = try TokenFileWriter(path: folder.path("a"), format: format, replacing: false)
    defer { writer.cancel() }
    for token in [Int32(-1), 4096] {
      var record = TokenRecord.random("a", count: 9)
      record.tokens[3] = token
      #expect(
        throws: TokenFileError.outOfRange(
          path: folder.path("a"), id: "a", index: 3, token: Int(token), codebookSize: 4096)
      ) { try writer.write(record) }
    }
    guard !format.holdsMany else { return }
    try writer.write(TokenRecord.random("a", count: 9))
    #expect(throws: TokenFileError.self) { try writer.write(TokenRecord.random("b", count: 9)) }
  }
}
