// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Demucs
import Foundation
import Separation
import Synchronization
import Tensors
import TestSupport
import Testing

/// Intermediate tensors of a run, by name.
final class Taps: Sendable {
  private let tensors = Mutex<[String: Tensor]>([:])

  var trace: Run.Trace {
    { stage, tensor in
      let copy = Tensor(shape: tensor.shape, elements: tensor.elements)
      self.tensors.withLock { $0[stage] = copy }
    }
  }

  subscript(_ stage: String) -> Tensor? { tensors.withLock { $0[stage] } }
}

/// Interleaved sources `[T, A]` as one array `[S, A, T]`.
func sourceMajor(_ sources: [Tensor]) -> [Float] {
  sources.flatMap { transposed($0.elements, rows: $0.shape[0], columns: $0.shape[1]) }
}

@Suite("Parity with the reference Demucs", .enabled(if: Fixtures.areAvailable))
struct ParityTests {
  static let files = ["model.th", "demucs-c7059353.th"]
  /// The fixture's name of a tensor, and this network's.
  static let stages =
    [("net_input", "input"), ("lstm", "lstm"), ("lstm.linear", "linear")]
    + (0..<4).flatMap { [("enc.\($0)", "encoder.\($0)"), ("dec.\($0)", "decoder.\($0)")] }

  private func load(_ file: String) throws -> Demucs {
    let network = try Demucs(Checkpoint(path: Fixtures.shared("demucs-v2", file).path))
    #expect(network.configuration.doublesRate)
    #expect(network.configuration.sources == ["drums", "bass", "other", "vocals"])
    #expect(network.configuration.validLength(21013) == 21418)
    return network
  }

  private func tolerance() throws -> Double {
    let description = try Fixtures.description("demucs-v2")
    return try #require(
      (description["tolerance"] as? [String: Any])?["suggested_max_abs"] as? Double)
  }

  @Test("output and activations are the reference's", arguments: files)
  func wholeSignal(file: String) throws {
    let wave = try WaveFixture(contentsOf: Fixtures.shared("demucs-v2", "input.wav"))
    let expected = try Golden(contentsOf: Fixtures.shared("demucs-v2", "expected.safetensors"))
    let network = try load(file)
    let taps = Taps()
    let mixture = Tensor(shape: [wave.frames, wave.channels], elements: wave.samples)
    let outputs = network(mixture, Run(threads: 2, trace: taps.trace))
    let comparison = Comparison(sourceMajor(outputs), try expected("output").elements)
    #expect(try comparison.maxAbsoluteError <= tolerance(), "\(comparison)")
    print("\(file): \(comparison)")
    for (name, stage) in Self.stages {
      let array = try expected(name)
      let tap = try #require(taps[stage])
      // [C, T] in the fixture but for the LSTM's [T, 1, C]; of long ones a head and a tail are kept.
      let frames = tap.shape[0]
      let channels = tap.shape[1]
      let kept = array.elements.count / channels
      let rows = tap.elements
      let head = rows.prefix(kept == frames ? rows.count : kept / 2 * channels)
      let picked = Array(head) + rows.suffix(kept == frames ? 0 : kept / 2 * channels)
      let found = name == "lstm" ? picked : transposed(picked, rows: kept, columns: channels)
      let difference = Comparison(found, array.elements)
      #expect(difference.relativeToPeak <= 1e-5, "\(file), \(name): \(difference)")
    }
  }

  @Test("segments hear their real neighbours and are blended as the reference does")
  func segments() throws {
    let wave = try WaveFixture(contentsOf: Fixtures.shared("demucs-v2", "input.wav"))
    let expected = try Golden(contentsOf: Fixtures.shared("demucs-v2", "expected.safetensors"))
    let network = try load("model.th")
    #expect(network.configuration.segmentSamples == 9001)
    let found = try passed(
      Unnormalised(network: network), wave.samples, settings: SeparationSettings(), block: 8820,
      threads: 2)
    let sources = found.map { Tensor(shape: [wave.frames, 2], elements: $0) }
    let comparison = Comparison(
      sourceMajor(sources), try expected("apply_model_split").elements)
    #expect(try comparison.maxAbsoluteError <= tolerance(), "\(comparison)")
  }
}

/// A network without what happens around it.
struct Unnormalised: Separator {
  let network: any Separator
  var sampleRate: Int { network.sampleRate }
  var channels: Int { network.channels }
  var sources: [String] { network.sources }
  var sourcesAreInterchangeable: Bool { false }
  var matchesMixtureLevel: Bool { false }
  var passage: Passage { network.passage }

  func separate(_ mixture: Tensor, _ run: Run) throws -> [Tensor] {
    try network.separate(mixture, run)
  }

  func separate(_ signal: Tensor, segment: Range<Int>, _ run: Run) throws -> [Tensor] {
    try network.separate(signal, segment: segment, run)
  }
}
