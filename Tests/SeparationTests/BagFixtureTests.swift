// SPDX-License-Identifier: Apache-2.0
import Foundation
import ModelLibrary
import Separation
import Tensors
import TestSupport
import Testing

@Suite("Parity with the reference's bag", .enabled(if: Fixtures.areAvailable))
struct BagFixtureTests {
  @Test(
    "a bag in Demucs' files gives what the reference's apply_model gives",
    arguments: [1000, 1 << 20])
  func bag(block: Int) throws {
    let file = try ModelLibrary().resolve(Fixtures.shared("bag", "tiny_bag.yaml").path)
    #expect(file.bag?.members.count == 3 && file.name == "tiny_bag")
    let separator = try loadSeparator(file)
    #expect(separator.sources == ["drums", "bass", "other", "vocals"])
    let wave = try WaveFixture(contentsOf: Fixtures.shared("bag", "input.wav"))
    let expected = try Golden(contentsOf: Fixtures.shared("bag", "expected.safetensors"))
    let description = try Fixtures.description("bag")
    let tolerance = try #require(
      (description["tolerance"] as? [String: Any])?["suggested_max_abs"] as? Double)

    // The reference's apply_model is what passes between the levels' normalisation.
    let stage = separator.makePassageStage(SeparationSettings(), wanted: [0, 1, 2, 3])
    let run = Run(threads: 2)
    var found = separator.sources.map { _ in [Float]() }
    func take(_ sources: [[Float]]) {
      for (index, samples) in sources.enumerated() { found[index] += samples }
    }
    let length = wave.samples.count
    for start in stride(from: 0, to: length, by: 2 * block) {
      try stage.push(Array(wave.samples[start..<min(start + 2 * block, length)]), run, take)
    }
    try stage.finish(run, take)
    let output = found.flatMap { transposed($0, rows: wave.frames, columns: wave.channels) }
    let comparison = Comparison(output, try expected("output").elements)
    #expect(comparison.maxAbsoluteError <= tolerance, "\(comparison)")
    print("bag: \(comparison)")

    #expect(try parameterCount(of: file) ?? 0 > 0)
  }
}
