// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import TokenFiles

@Suite("The packed container") struct PackedFormatTests {
  private let folder: TokenFolder

  init() throws { folder = try TokenFolder() }

  /// CRC-32 bit by bit, from its definition.
  private func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xEDB8_8320 : sum >> 1 }
    }
    return ~sum
  }

  @Test("has the layout that is documented")
  func layout() throws {
    let record = TokenRecord(
      id: "a", tokens: [0xABC, 0x123, 0xFFF],
      codec: CodecIdentity(model: "m", sampleRate: 24000, hopLength: 320, codebookSize: 4096),
      samples: 900)
    let json = Array(#"{"id":"a","model":"m"}"#.utf8)
    var expected: [UInt8] = [0x89] + Array("TOKENS\n".utf8) + [1, 0, 12, 0]
    expected += [UInt8(json.count), 0, 0, 0] + [3, 0, 0, 0, 0, 0, 0, 0]
    expected += [0x84, 3, 0, 0, 0, 0, 0, 0]
    expected += [0xC0, 0x5D, 0, 0, 0x40, 1, 0, 0, 0, 0x10, 0, 0] + json
    expected += [0xBC, 0x3A, 0x12, 0xFF, 0x0F]
    let sum = checksum(expected)
    expected += (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
    #expect(try folder.file(of: [record], .packed) == expected)
  }

  @Test("is refused when cut anywhere, changed anywhere, or followed by anything")
  func damage() throws {
    let whole = try folder.file(
      of: [.random("a", count: 21, codebookSize: 1000), .random("b", count: 3)], .packed)
    #expect(try read(whole).count == 2)
    let first = try folder.file(of: [.random("a", count: 21, codebookSize: 1000)], .packed).count
    for count in 0..<whole.count where count != first {
      #expect(throws: TokenFileError.self, "cut at \(count)") { try read(Array(whole[..<count])) }
    }
    for bit in 0..<(8 * whole.count) {
      var bytes = whole
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: TokenFileError.self, "bit \(bit)") { try read(bytes) }
    }
    #expect(throws: TokenFileError.self) { try read(whole + [0]) }
  }

  @Test("announces what it likes, and takes no memory for it")
  func announcements() throws {
    let whole = try folder.file(of: [.random("a", count: 21)], .packed)
    for place in [12, 16, 24] {
      for byte in 0..<(place == 12 ? 4 : 8) {
        var bytes = whole
        bytes[place + byte] = 0xFF
        #expect(throws: TokenFileError.self) { try read(bytes) }
      }
    }
  }

  @Test("needs to know the codec")
  func codec() throws {
    let writer = try TokenFileWriter(path: folder.path("a"), format: .packed, replacing: false)
    defer { writer.cancel() }
    #expect(throws: TokenFileError.self) { try writer.write(TokenRecord(id: "a", tokens: [1])) }
  }
}

@Suite("NumPy files") struct NumPyFormatTests {
  private let folder: TokenFolder

  init() throws { folder = try TokenFolder() }

  /// A file as NumPy writes it.
  private func file(_ type: String, _ shape: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8]
  {
    let text = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }\n"
    let count = text.utf8.count
    return [0x93] + Array("NUMPY".utf8) + [version, 0, UInt8(count), 0]
      + (version == 1 ? [] : [0, 0]) + Array(text.utf8) + data
  }

  @Test("are those that numpy.save makes")
  func golden() throws {
    let text = "{'descr': '<i2', 'fortran_order': False, 'shape': (1, 3), }"
    let header = Array((text + String(repeating: " ", count: 117 - text.utf8.count) + "\n").utf8)
    let record = TokenRecord(id: "a", tokens: [1, 2, 4095])
    #expect(
      try folder.file(of: [record], .npy) == [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + header
        + [1, 0, 2, 0, 0xFF, 0x0F])
  }

  @Test("of any integers in one row are read")
  func kinds() throws {
    let kinds: [(String, String, [UInt8])] = [
      ("<i2", "(1, 2)", [1, 0, 0, 2]), ("<u2", "(2,)", [1, 0, 0, 2]),
      ("<i4", "(2, 1)", [1, 0, 0, 0, 0, 2, 0, 0]),
      (">i2", "(1, 1, 2)", [0, 1, 2, 0]), (">i4", "(2,)", [0, 0, 0, 1, 0, 0, 2, 0]),
      ("<i8", "(2,)", [1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0]),
    ]
    for (type, shape, data) in kinds {
      #expect(try read(file(type, shape, data)).map(\.tokens) == [[1, 512]], "\(type) \(shape)")
      #expect(try read(file(type, shape, data, version: 2)).map(\.tokens) == [[1, 512]])
    }
    #expect(try read(file("|u1", "(3,)", [1, 2, 255])).map(\.tokens) == [[1, 2, 255]])
    #expect(try read(file("<i2", "()", [7, 0])).map(\.tokens) == [[7]])
    #expect(try read(file("<i2", "(1, 0)", [])).map(\.tokens) == [[]])
  }

  @Test("of other things are refused")
  func refused() {
    for (type, shape, data) in [
      ("<f4", "(1,)", [0, 0, 0, 0]), ("|O", "(1,)", [0]),
      ("<i2", "(2, 2)", [0, 0, 0, 0, 0, 0, 0, 0]),
      ("<i2", "(3,)", [0, 0]), ("<i2", "(1,)", [0, 0, 0]), ("<i2", "(1,)", [0xFF, 0xFF]),
      ("<i2", "(99999999999999999999,)", []), ("<i2", "(4611686018427387904, 1)", []),
      ("<i2", "(-1,)", []),
      ("<i8", "(1,)", [0, 0, 0, 0, 1, 0, 0, 0]), ("<i2", "5", []),
    ] as [(String, String, [UInt8])] {
      #expect(throws: TokenFileError.self, "\(type) \(shape)") { try read(file(type, shape, data)) }
    }
  }
}

@Suite("Megatron data sets") struct MegatronFormatTests {
  private let folder: TokenFolder

  init() throws { folder = try TokenFolder() }

  private func write(
    _ records: [[Int32]], _ vocabulary: TokenVocabulary = TokenVocabulary(),
    codebookSize: Int = 4096
  ) throws {
    let writer = try MegatronWriter(
      prefix: folder.path("set"), codebookSize: codebookSize, vocabulary: vocabulary,
      replacing: true)
    for tokens in records { try writer.write(TokenRecord(id: "a", tokens: tokens)) }
    try writer.finish()
  }

  private func read(_ name: String, _ vocabulary: TokenVocabulary = TokenVocabulary()) throws
    -> [TokenRecord]
  {
    try all(TokenFileReader(path: folder.path(name), vocabulary: vocabulary))
  }

  private func numbers(_ values: [Int], _ bytes: Int) -> [UInt8] {
    values.flatMap { value in (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
  }

  @Test("have the layout that Megatron reads")
  func layout() throws {
    try write([[5, 6, 7], [8]])
    #expect(try folder.bytes("set.bin") == [5, 0, 6, 0, 7, 0, 8, 0])
    let header = Array("MMIDIDX".utf8) + [0, 0] + numbers([1], 8) + [8]
    let index =
      numbers([2, 3], 8) + numbers([3, 1], 4) + numbers([0, 6], 8) + numbers([0, 1, 2], 8)
    #expect(try folder.bytes("set.idx") == header + index)
    #expect(try folder.bytes("set.idx").count == 82)
    #expect(try folder.names == ["set.bin", "set.idx"])
  }

  @Test("are found by either file or their prefix, and come back")
  func roundTrip() throws {
    var vocabulary = TokenVocabulary()
    for (offset, end) in [(0, nil), (151_672, nil), (262_344, 2), (10, 70_000)] as [(Int, Int?)] {
      vocabulary.offset = offset
      vocabulary.endOfDocument = end
      let records = (0..<5).map { TokenRecord.random("r", count: $0 * 13, seed: UInt64($0)).tokens }
      try write(records, vocabulary)
      for name in ["set", "set.bin", "set.idx"] {
        let read = try read(name, vocabulary)
        #expect(read.map(\.tokens) == records)
        #expect(read.map(\.id) == (0..<5).map { "set-00000\($0)" })
      }
      let isWide = offset + 4096 >= 65_500 || (end ?? 0) >= 65_500
      #expect(try folder.bytes("set.idx")[17] == (isWide ? 4 : 8))
    }
  }

  @Test("that contradict themselves are refused")
  func damage() throws {
    try write([[5, 6, 7], [8], [9, 10]])
    let index = try folder.bytes("set.idx")
    let tokens = try folder.bytes("set.bin")
    for count in 0..<index.count {
      try folder.write(Array(index[..<count]), "set.idx")
      #expect(throws: TokenFileError.self, "cut at \(count)") { try read("set") }
    }
    for place in 0..<index.count {
      var bytes = index
      bytes[place] ^= 0x40
      try folder.write(bytes, "set.idx")
      #expect(throws: TokenFileError.self, "byte \(place)") { try read("set") }
    }
    try folder.write(index, "set.idx")
    for wrong in [Array(tokens.dropLast()), tokens + [0, 0]] {
      try folder.write(wrong, "set.bin")
      #expect(throws: TokenFileError.self) { try read("set") }
    }
    try FileManager.default.removeItem(atPath: folder.path("set.bin"))
    #expect(throws: TokenFileError.missing(path: folder.path("set.bin"))) { try read("set") }
  }

  @Test("with ids below the offset, or beyond 31 bits, are refused")
  func ids() throws {
    try write([[5]])
    var vocabulary = TokenVocabulary()
    vocabulary.offset = 6
    #expect(throws: TokenFileError.self) { try read("set", vocabulary) }
    vocabulary.offset = Int(Int32.max) - 4095
    #expect(throws: Never.self) { try write([[4095]], vocabulary) }
    vocabulary.offset += 1
    #expect(throws: TokenFileError.self) { try write([[4095]], vocabulary) }
  }
}
