// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import TokenFiles

@Suite("Token files from anywhere") struct HostileFileTests {
  private let folder: TokenFolder

  init() throws { folder = try TokenFolder() }

  private static let files = TokenFormat.allCases.filter { $0 != .megatron }

  @Test("with random damage give tokens or an error with a name", arguments: files)
  func damage(format: TokenFormat) throws {
    var record = TokenRecord.random("a", count: 60)
    if format == .json || format == .safetensors {
      record.margins = record.tokens.map { Float($0) }
    }
    let whole = try folder.file(of: [record], format)
    var random = SplitMix(state: 11)
    for _ in 0..<1500 {
      var bytes = whole
      for _ in 0...Int.random(in: 0...4, using: &random) {
        let place = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case 1: bytes[place] = [0, 0xFF, 0x7F, 0x80, 0x39, 0x2D].randomElement(using: &random) ?? 0
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + 3))
        default: bytes.insert(contentsOf: bytes[place...].prefix(9), at: place)
        }
        if bytes.isEmpty { bytes = [0] }
      }
      do {
        for record in try read(bytes) {
          let limit = record.codec?.codebookSize ?? Int.max
          #expect(record.tokens.allSatisfy { $0 >= 0 && Int($0) < limit })
        }
      } catch let error as TokenFileError {
        #expect(error.description.hasPrefix("x") && !error.description.contains("\n"))
      }
    }
  }

  @Test("that hold nothing known are refused by what they are")
  func unknown() throws {
    for bytes in [[], [0], Array("RIFF....WAVE".utf8), Array("hello".utf8), [0xFF, 0xFE]]
      as [[UInt8]]
    {
      #expect(throws: TokenFileError.self) { try read(bytes) }
    }
    #expect(throws: TokenFileError.missing(path: folder.path("none"))) {
      try TokenFileReader(path: folder.path("none"))
    }
    #expect(throws: TokenFileError.self) { try TokenFileReader(path: folder.url.path) }
    try folder.write([], "empty.json")
    #expect(throws: TokenFileError.self) { try TokenFileReader(path: folder.path("empty.json")) }
  }

  @Test("with headers that announce gigabytes end at once", arguments: files)
  func announcements(format: TokenFormat) throws {
    let starts: [TokenFormat: [UInt8]] = [
      .safetensors: [0, 0, 0, 5, 0, 0, 0, 0, 0x7B, 0x22],
      .npy: [0x93] + Array("NUMPY".utf8) + [2, 0, 0xFF, 0xFF, 0xFF, 0x7F],
    ]
    if let start = starts[format] { #expect(throws: TokenFileError.self) { try read(start) } }
    if format == .npy {
      let text = "{'descr': '<i8', 'fortran_order': False, 'shape': (9007199254740992,), }\n"
      let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0]
      #expect(throws: TokenFileError.self) { try read(start + Array(text.utf8)) }
    }
  }
}

@Suite("Statistics of tokens") struct TokenStatisticsTests {
  @Test("of codes that are equally frequent are those of a fair die")
  func uniform() {
    var statistics = TokenStatistics(codebookSize: 16)
    for _ in 0..<3 { statistics.add((0..<8).map { Int32($0) }) }
    #expect(statistics.total == 24 && statistics.records == 3)
    #expect(statistics.used == 8 && statistics.utilisation == 0.5)
    #expect(abs(statistics.entropy - 3) < 1e-12 && abs(statistics.perplexity - 8) < 1e-11)
    #expect(statistics.nominalBits == 4)
    #expect(abs(statistics.correctedEntropy - (3 + 7 / (48 * log(2)))) < 1e-12)
    #expect(statistics.repeatRatio == 0)
  }

  @Test("of a coin that is not fair, and of nothing")
  func unfair() {
    var statistics = TokenStatistics(codebookSize: 2)
    #expect(statistics.entropy == 0 && statistics.repeatRatio == nil && statistics.used == 0)
    statistics.add([0, 0, 0, 1])
    #expect(abs(statistics.entropy - (2 - 0.75 * log2(3))) < 1e-12)
    #expect(statistics.repeatRatio == 2.0 / 3)
    #expect(statistics.counts == [3, 1])
  }
}

@Suite("Codecs") struct CodecIdentityTests {
  @Test("that do not fit the tokens are told apart")
  func differences() {
    let codec = CodecIdentity(
      model: "a", fingerprint: "11", sampleRate: 24000, hopLength: 320, codebookSize: 4096)
    #expect(codec.tokensPerSecond == 75)
    var other = codec
    other.model = "renamed"
    #expect(codec.difference(from: other) == nil)
    other.fingerprint = nil
    #expect(codec.difference(from: other) == nil)
    other.fingerprint = "22"
    #expect(codec.difference(from: other)?.contains("weights") == true)
    other = codec
    other.codebookSize = 512
    #expect(codec.difference(from: other)?.contains("codebook of 4096") == true)
    other = codec
    other.hopLength = 600
    #expect(codec.difference(from: other)?.contains("hop length") == true)
  }
}
