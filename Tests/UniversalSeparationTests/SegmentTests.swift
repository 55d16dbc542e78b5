// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Separation
import Tensors
import TestSupport
import Testing
import UniversalSeparation

@Suite("Segments of separation by query") struct SegmentTests {
  private let separator: UniversalSeparator
  private let network: ResUNet30
  private let condition: [Float] = [0.9, 0.1, 0.5, 0.3, 0.7]

  init() throws {
    let folder = Fixtures.packageRoot
      .appendingPathComponent("Tests/UniversalSeparationTests/Goldens/resunet30")
    network = try ResUNet30(Checkpoint(path: folder.appendingPathComponent("model.ckpt").path)) {
      $0.hopLength = 32
      $0.sampleRate = 4000
    }
    var separator = UniversalSeparator(network: network, queryNet: nil)
    try separator.ask([SoundQuery(name: "it", target: .condition(condition))])
    self.separator = separator
  }

  private func sound(_ count: Int, channels: Int = 1) -> [Float] {
    var generator = SplitMix(state: 11)
    return (0..<count * channels).map { _ in Float.random(in: -0.5...0.5, using: &generator) }
  }

  @Test("hard segments are separated each by itself, the last one behind zeros")
  func hardSegments() throws {
    var separator = separator
    separator.usesReferenceSegments = true
    let signal = sound(20_100)
    var expected: [Float] = []
    for start in [0, 8000, 16_000] {
      let part = Array(signal[start..<min(start + 8000, signal.count)])
      let padded = part + [Float](repeating: 0, count: 8000 - part.count)
      expected += try network(padded, condition: condition, Run(threads: 1)).prefix(part.count)
    }
    #expect(try passed(separator, signal)[0] == expected)
  }

  @Test("neighbours are faded into each other; what lies between is one segment's")
  func fades() throws {
    let signal = sound(20_100)
    let found = try passed(separator, signal)[0]
    #expect(found.count == signal.count)
    // 16 frames of 32 samples beyond each border are free: 288 frames in all.
    let parts = try [0..<8512, 7488..<16_512, 11_136..<20_100].map {
      ($0, try network(Array(signal[$0]), condition: condition, Run(threads: 1)))
    }
    func sample(_ part: Int, _ index: Int) -> Float {
      parts[part].1[index - parts[part].0.lowerBound]
    }
    #expect(Array(found[..<7488]) == Array(parts[0].1[..<7488]))
    #expect((8512..<15_488).allSatisfy { found[$0] == sample(1, $0) })
    #expect((16_512..<20_100).allSatisfy { found[$0] == sample(2, $0) })
    for (before, border) in [(0, 8000), (1, 16_000)] {
      for index in border - 512..<border + 512 {
        let weight = (Float(index - border + 512) + 0.5) / 1024
        let expected = weight * sample(before + 1, index) + (1 - weight) * sample(before, index)
        #expect(abs(found[index] - expected) < 1e-6)
      }
    }
  }

  @Test("blocks and threads change no bit", arguments: [7, 4000, 100_000])
  func blocks(_ block: Int) throws {
    for reference in [false, true] {
      var separator = separator
      separator.usesReferenceSegments = reference
      let signal = sound(16_050)
      #expect(
        try passed(separator, signal, block: block, threads: 1)
          == passed(separator, signal, block: signal.count, threads: 3))
    }
  }

  @Test("channels are separated each by itself")
  func channels() throws {
    var stereo = separator
    stereo.channels = 2
    let signal = sound(9000, channels: 2)
    let found = try passed(stereo, signal, block: 9000)[0]
    for channel in 0..<2 {
      func samples(_ signal: [Float]) -> [Float] {
        stride(from: channel, to: signal.count, by: 2).map { signal[$0] }
      }
      #expect(samples(found) == (try passed(separator, samples(signal))[0]))
    }
  }

  @Test("short, empty and silent signals keep their lengths", arguments: [0, 1, 70, 8000, 8001])
  func lengths(_ count: Int) throws {
    #expect(try passed(separator, sound(count))[0].count == count)
    let silence = try passed(separator, [Float](repeating: 0, count: count))[0]
    #expect(silence.allSatisfy { $0 == 0 })
  }

  @Test("segments and overlaps of other lengths may be chosen")
  func settings() throws {
    let settings = SeparationSettings(segmentSeconds: 1, overlap: 0.5)
    let found = try passed(separator, sound(9000), settings: settings)[0]
    #expect(found.count == 9000 && found.allSatisfy(\.isFinite))
  }

  @Test("queries that don't fit are refused")
  func wrongQueries() throws {
    var asking = separator
    #expect(throws: UniversalSeparationError.wrongSize(found: 2, expected: 5)) {
      try asking.ask([SoundQuery(name: "a", target: .condition([1, 2]))])
    }
    #expect(throws: UniversalSeparationError.notFinite) {
      try asking.ask([SoundQuery(name: "a", target: .condition([1, 2, .nan, 4, 5]))])
    }
    #expect(throws: UniversalSeparationError.noTagger) {
      try asking.ask([SoundQuery(classes: [0])])
    }
  }
}

@Suite("Files of conditions") struct ConditionFileTests {
  private let condition: [Float] = [0.5, -1, 1e-20, 3]

  @Test("a condition survives both kinds of file")
  func roundTrips() throws {
    for bytes in [ConditionFile.array(of: condition), ConditionFile.tensors(of: condition)] {
      #expect(try ConditionFile.read(bytes, path: "a") == condition)
    }
    #expect(ConditionFile.array(of: condition).count == 128 + 16)
  }

  @Test("doubles are read, whatever their shape")
  func doubles() throws {
    var bytes = ConditionFile.array(of: condition)
    bytes.removeLast(16)
    let text =
      String(decoding: bytes[10...], as: UTF8.self)
      .replacing("<f4", with: "<f8").replacing("(4,)", with: "(1,2)").dropLast(2) + "\n"
    bytes = Array(bytes[..<8]) + [UInt8(text.utf8.count), 0] + Array(text.utf8)
    for value in [0.25, -2] as [Double] {
      bytes += (0..<8).map { UInt8(value.bitPattern >> ($0 * 8) & 255) }
    }
    #expect(try ConditionFile.read(bytes, path: "a") == [0.25, -2])
  }

  @Test("what is cut, or no vector, is named")
  func malformed() {
    let bytes = ConditionFile.array(of: condition)
    for count in [0, 5, 8, 11, 60, 128, 130] {
      #expect(throws: UniversalSeparationError.self) {
        try ConditionFile.read(Array(bytes[..<count]), path: "a")
      }
    }
    #expect(throws: UniversalSeparationError.self) {
      try ConditionFile.read(Array("<html>".utf8), path: "a")
    }
  }
}
