// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Demucs
import Foundation
import Separation
import Tensors
import TestSupport
import Testing

@Suite("Quantised networks") struct QuantisedTests {
  private static let folder = Fixtures.packageRoot
    .appendingPathComponent("Tests/DemucsTests/Goldens/quantised")

  private static func checkpoint(_ name: String) throws -> Checkpoint {
    try Checkpoint(path: folder.appendingPathComponent("\(name).th").path)
  }

  @Test(
    "a quantised checkpoint computes what it does when diffq reads it back",
    arguments: ["hybrid", "bands", "time", "waveform"])
  func outputs(name: String) throws {
    let golden = try Golden(contentsOf: Self.folder.appendingPathComponent("expected.safetensors"))
    let checkpoint = try Self.checkpoint(name)
    let array = try golden("mixture")
    let mixture = Tensor(shape: array.shape, elements: array.elements)
    let run = Run(threads: 2)
    let sources: [Tensor]
    switch name {
    case "time": sources = try TimeDemucs(checkpoint)(mixture, run)
    case "waveform": sources = try Demucs(checkpoint)(mixture, run)
    default: sources = try HybridDemucs(checkpoint)(mixture, run)
    }
    let comparison = Comparison(sources.flatMap(\.elements), try golden(name).elements)
    #expect(comparison.relativeToPeak <= 2e-5, "\(comparison)")
  }

  @Test("a state with other parameters than the network's is refused")
  func otherParameters() throws {
    let value = try #require(try Self.checkpoint("time").root["state"])
    let found = try QuantizedState(value, path: "time.th")
    let state = try #require(found)
    #expect {
      try state.weights([("a", [9, 9])])
    } throws: { "\($0)".contains("more than the network has") }
    #expect {
      try state.weights([(String, [Int])](repeating: ("a", [1]), count: 10_000))
    } throws: { "\($0)".contains("end before a") }
  }
}
