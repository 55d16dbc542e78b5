// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// A folder with recordings and tokens, and `audio-tokens` run in it with the codec of the goldens: 24 kHz,
/// 30 samples a token, 40 codes.
struct TokenWorkshop {
  let sounds: SeparationWorkshop
  let golden: Golden

  static let goldens = Fixtures.packageRoot.appendingPathComponent(
    "Tests/WavTokenizerTests/Goldens")
  static let model = goldens.appendingPathComponent("model.ckpt").path

  init() throws {
    sounds = try SeparationWorkshop()
    golden = try Golden(contentsOf: Self.goldens.appendingPathComponent("expected.safetensors"))
  }

  func path(_ name: String) -> URL { sounds.path(name) }

  func run(
    _ arguments: String..., model: String? = Self.model, input: Data = Data()
  ) throws -> ProgramRun {
    let chosen = model.map { ["--model", $0] } ?? []
    return try ProgramRun("audio-tokens", arguments + chosen, input: input, in: sounds.folder)
  }

  /// Writes the goldens' input, at the codec's rate.
  func writeGoldenInput(_ name: String, length: Int = 2003) throws {
    try sounds.write(name, Array(try golden("input").elements.prefix(length)), sampleRate: 24000)
  }

  /// The reference's tokens for so much of the goldens' input.
  func goldenTokens(_ length: Int = 2003) throws -> [Int] {
    try golden("tokens\(length)").elements.map { Int($0) }
  }

  func lines(_ name: String) throws -> [[String: Any]] {
    try Self.objects(try Data(contentsOf: path(name)))
  }

  static func objects(_ data: Data) throws -> [[String: Any]] {
    try data.split(separator: UInt8(ascii: "\n")).map {
      try #require(try JSONSerialization.jsonObject(with: $0) as? [String: Any])
    }
  }

  static func tokens(_ data: Data) throws -> [[Int]] {
    try objects(data).map { try #require($0["tokens"] as? [Int]) }
  }
}
