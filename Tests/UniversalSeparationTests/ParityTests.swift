// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Synchronization
import Tensors
import TestSupport
import Testing
import UniversalSeparation

@Suite("ResUNet30 beside the reference", .enabled(if: Fixtures.areAvailable))
struct ParityTests {
  private struct Fixture {
    let network: ResUNet30
    let expected: Golden
    let noise: [String: Double]
    let slices: [String: String]
    let name: String

    init(_ name: String) throws {
      self.name = name
      let description = try Fixtures.description(name)
      let sizes = description["hyperparameters"] as? [String: Any] ?? [:]
      let hop = try #require(sizes["hop_size"] as? Int)
      network = try ResUNet30(Checkpoint(path: Fixtures.shared(name, "model.ckpt").path)) {
        $0.hopLength = hop
      }
      expected = try Golden(contentsOf: Fixtures.shared(name, "expected.safetensors"))
      let tensors = description["tensors"] as? [String: [String: Any]] ?? [:]
      noise = tensors.compactMapValues { $0["f32_vs_f64_max_abs"] as? Double }
      slices = tensors.compactMapValues { $0["stored_slice"] as? String }
    }

    func input(_ part: String) throws -> [Float] {
      try WaveFixture(contentsOf: Fixtures.shared(name, "input_\(part).wav")).samples
    }

    func condition(_ row: Int) throws -> [Float] {
      let conditions = try expected("condition")
      let size = conditions.shape[1]
      return Array(conditions.elements[row * size..<(row + 1) * size])
    }

    /// Ten times what the reference itself is off by.
    func tolerance(_ tensor: String, atLeast floor: Double = 2e-6) -> Double {
      max(floor, 10 * (noise[tensor] ?? 0))
    }
  }

  static let names = [
    "uss-resunet30-c527", "uss-resunet30-c2048", "uss-resunet30-allkeys",
  ]

  @Test("Waveforms are the reference's", arguments: names)
  func waveforms(_ name: String) throws {
    let fixture = try Fixture(name)
    let run = Run(threads: 2)
    for (row, part) in ["short", "seg2s", "min"].enumerated() {
      let found = try fixture.network(
        fixture.input(part), condition: fixture.condition(row), run)
      let comparison = Comparison(found, try fixture.expected("\(part).waveform").elements)
      #expect(
        comparison.maxAbsoluteError <= fixture.tolerance("\(part).waveform"),
        "\(part): \(comparison)")
    }
  }

  @Test("A batch's waveforms are the reference's", arguments: names)
  func batches(_ name: String) throws {
    let fixture = try Fixture(name)
    let run = Run(threads: 1)
    let expected = try fixture.expected("batch2.waveform")
    let shared = try fixture.expected("batch2_one_condition.waveform").elements
    let count = expected.shape[2]
    let inputs = try ["seg2s", "short"].map { Array(try fixture.input($0).prefix(count)) }
    for (index, input) in inputs.enumerated() {
      // Each input with its own condition, and with the one that both have.
      let found = try fixture.network(
        input, conditions: [fixture.condition(2 + index), fixture.condition(3)], run)
      let part = index * count..<(index + 1) * count
      for (found, expected) in [(found[0], expected.elements), (found[1], shared)] {
        let comparison = Comparison(found, Array(expected[part]))
        #expect(
          comparison.maxAbsoluteError <= fixture.tolerance("batch2.waveform"), "\(comparison)")
      }
    }
  }

  @Test("Silence stays silent", arguments: names)
  func silence(_ name: String) throws {
    let fixture = try Fixture(name)
    let found = try fixture.network(
      [Float](repeating: 0, count: 9000), condition: fixture.condition(0), Run(threads: 1))
    #expect(found.allSatisfy { $0 == 0 })
  }

  @Test("Named activations are the reference's", arguments: names)
  func activations(_ name: String) throws {
    let fixture = try Fixture(name)
    for (part, row) in [("short", 0), ("seg2s", 1)] {
      let found = Mutex<[String: (shape: [Int], elements: [Float])]>([:])
      let run = Run(threads: 2) { stage, tensor in
        found.withLock { $0[stage] = (tensor.shape, tensor.elements) }
      }
      _ = try fixture.network(fixture.input(part), condition: fixture.condition(row), run)
      var compared = 0
      for (stage, (shape, elements)) in found.withLock({ $0 }) {
        let key = "\(part).\(stage)"
        guard let expected = try? fixture.expected(key) else { continue }
        let slice = slicedChannelsFirst(
          elements, shape, strides: strides(fixture.slices[key] ?? "[:, :, :]"),
          limits: stage == "bn0" ? expected.shape : nil)
        let heard =
          stage == "bn0"
          ? zip(expected.elements, slice).map { $1.isNaN ? .nan : $0 }.filter { !$0.isNaN }
          : expected.elements
        let comparison = Comparison(slice.filter { !$0.isNaN }, heard)
        #expect(
          comparison.maxAbsoluteError <= fixture.tolerance(key), "\(key): \(comparison)")
        compared += 1
      }
      #expect(compared >= (part == "short" ? 15 : 2), "\(part): \(compared) stages")
    }
  }

  /// What stands behind the colons of "[::a, ::b, ::c]".
  private func strides(_ slice: String) -> [Int] {
    slice.dropFirst().dropLast().split(separator: ",").map { axis in
      axis.split(separator: ":").last.flatMap { Int($0.filter(\.isNumber)) } ?? 1
    }
  }

  /// Every so many elements of `[T, F, C]` as `[C, T, F]`.
  private func slicedChannelsFirst(
    _ elements: [Float], _ shape: [Int], strides: [Int], limits: [Int]?
  ) -> [Float] {
    let (frames, bins, channels) = (shape[0], shape[1], shape[2])
    var result: [Float] = []
    for channel in stride(from: 0, to: channels, by: strides[0]) {
      for frame in stride(from: 0, to: min(frames, limits?[1] ?? frames), by: strides[1]) {
        for bin in stride(from: 0, to: bins, by: strides[2]) {
          result.append(elements[(frame * bins + bin) * channels + channel])
        }
        // The network hears nothing of the last bin, which the reference lists.
        if limits != nil { result.append(.nan) }
      }
    }
    return result
  }
}
