// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import ConvTasNet
import Foundation
import NeuralLayers
import Synchronization
import Tensors
import TestSupport
import Testing

/// Intermediate tensors of a run, by name.
final class Taps: Sendable {
  private let tensors = Mutex<[String: [Float]]>([:])

  var trace: Run.Trace {
    { stage, tensor in self.tensors.withLock { $0[stage] = tensor.elements } }
  }

  subscript(_ stage: String) -> [Float]? { tensors.withLock { $0[stage] } }
}

@Suite("Parity with the reference networks") struct ParityTests {
  static let fixtures = [
    "convtasnet-torchaudio/model.pt", "convtasnet-asteroid-gln/pytorch_model.bin",
    "convtasnet-asteroid-causal/pytorch_model.bin", "convtasnet-kaituoxu-gln/final.pth.tar",
    "convtasnet-kaituoxu-cln/final.pth.tar", "convtasnet-kaituoxu-bn/final.pth.tar",
    "convtasnet-music/model.th", "convtasnet-music/tasnet-1160e2eb.th",
  ]

  /// Names of a fixture's tensors that this network shows too.
  static func shown(_ name: String, blocks: Int) -> String? {
    switch name {
    case "encoder", "bottleneck", "mask", "masked": name
    case "skip_sum", "mask_input", "block.last": "block.\(blocks - 1)"
    case "block.0": name
    default: nil
    }
  }

  @Test(
    "every parity fixture is met at every shown activation", .enabled(if: Fixtures.areAvailable),
    arguments: fixtures)
  func fixture(path: String) throws {
    let parts = path.split(separator: "/").map(String.init)
    let wave = try WaveFixture(contentsOf: Fixtures.shared(parts[0], "input.wav"))
    let expected = try Golden(contentsOf: Fixtures.shared(parts[0], "expected.safetensors"))
    let description = try Fixtures.description(parts[0])
    let tolerance = try #require(
      (description["tolerance"] as? [String: Any])?["suggested_max_abs"] as? Double)
    let network = try ConvTasNet(Checkpoint(path: Fixtures.shared(parts[0], parts[1]).path))
    let sources = try #require(description["sources"] as? [String])
    #expect(network.configuration.sources == sources)

    let taps = Taps()
    let mixture = Tensor(shape: [wave.frames, wave.channels], elements: wave.samples)
    let outputs = network(mixture, Run(threads: 2, trace: taps.trace))
    // [S, A, T] in the fixture, S × [T, A] here.
    let output = try expected("output")
    let found = outputs.flatMap {
      transposed($0.elements, rows: wave.frames, columns: wave.channels)
    }
    let comparison = Comparison(found, output.elements)
    #expect(comparison.maxAbsoluteError <= tolerance, "\(path): \(comparison)")
    print("\(path): \(comparison)")

    for name in expected.names where name != "output" {
      guard
        let stage = Self.shown(
          name, blocks: network.configuration.blocks * network.configuration.repeats),
        let tap = taps[stage]
      else { continue }
      let array = try expected(name)
      let crop = try Self.crop(description, name)
      let frames = crop.frames
      let channels = array.elements.count / array.shape[array.shape.count - 1]
      try #require(tap.count == channels * frames, "\(name): \(tap.count), \(channels) × \(frames)")
      let kept = transposed(tap, rows: frames, columns: tap.count / frames)
      // The fixture keeps a head and a tail of the time axis.
      let length = array.shape[array.shape.count - 1]
      var picked: [Float] = []
      for channel in 0..<channels {
        let row = kept[(channel * frames)..<((channel + 1) * frames)]
        picked +=
          length == frames ? Array(row) : Array(row.prefix(crop.head)) + row.suffix(crop.tail)
      }
      let difference = Comparison(picked, array.elements)
      #expect(difference.relativeToPeak <= 1e-4, "\(path), \(name): \(difference)")
    }
  }

  /// How many frames a fixture's tensor had, and how many of its head and tail are stored.
  static func crop(
    _ description: [String: Any], _ name: String
  ) throws -> (frames: Int, head: Int, tail: Int) {
    let files = try #require(description["tensors"] as? [String: Any])
    let tensors = try #require(files["expected.safetensors"] as? [String: Any])
    let entry = try #require(tensors[name] as? [String: Any])
    let shape = (entry["full_shape"] as? [Int]) ?? (entry["shape"] as? [Int]) ?? []
    let crop = entry["crop"] as? [String: Any]
    return (shape.last ?? 0, crop?["head"] as? Int ?? 0, crop?["tail"] as? Int ?? 0)
  }
}
