// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Synchronization
import Tensors
import TestSupport
import Testing
import UniversalSeparation

/// The intermediate tensors of one pass.
final class TraceRecorder: Sendable {
  private let stages = Mutex<[String: Tensor]>([:])

  /// Receives a stage; of several with one name the first counts.
  func record(_ stage: String, _ tensor: Tensor) {
    // A copy: the pass goes on working in the tensor's memory.
    let copy = Tensor(shape: tensor.shape, elements: tensor.elements)
    stages.withLock { if $0[stage] == nil { $0[stage] = copy } }
  }

  /// The elements of a stage.
  func callAsFunction(_ stage: String) throws -> Tensor {
    try #require(stages.withLock { $0[stage] }, "no stage \(stage)")
  }
}

/// `[F, T, C]` as `[C, T, F]`, every `step`-th frame and row, as PyTorch has the grid of a tagger.
func asImage(_ x: Tensor, step: Int = 1) -> [Float] {
  let (rows, frames, channels) = (x.shape[0], x.shape[1], x.shape[2])
  let elements = x.elements
  var result: [Float] = []
  for channel in 0..<channels {
    for frame in stride(from: 0, to: frames, by: step) {
      for row in stride(from: 0, to: rows, by: step) {
        result.append(elements[(row * frames + frame) * channels + channel])
      }
    }
  }
  return result
}

@Suite("Cnn14 beside its reference", .enabled(if: Fixtures.areAvailable))
struct Cnn14FixtureTests {
  private let name = "panns-cnn14"
  private let tagger: Cnn14
  private let expected: Golden

  init() throws {
    tagger = try Cnn14(
      Checkpoint(path: Fixtures.shared("panns-cnn14", "Cnn14_random.pth").path))
    expected = try Golden(contentsOf: Fixtures.shared("panns-cnn14", "expected.safetensors"))
  }

  private func signal(_ input: String) throws -> [Float] {
    try WaveFixture(contentsOf: Fixtures.shared(name, "input_\(input).wav")).samples
  }

  @Test("A legacy file tells all sizes")
  func sizes() throws {
    let stated = try #require(
      try Fixtures.description(name)["hyperparameters"] as? [String: Any])
    #expect(tagger.configuration.channels == stated["conv_block_widths"] as? [Int])
    #expect(tagger.configuration.embedding == stated["embedding"] as? Int)
    #expect(tagger.classCount == 527 && tagger.sampleRate == 32000)
  }

  @Test("Every named activation is the reference's", arguments: ["seg2s", "odd", "min", "quiet"])
  func activations(_ input: String) throws {
    let recorder = TraceRecorder()
    let tags = try tagger(signal(input), Run(threads: 2, trace: recorder.record))
    let logMel = Comparison(
      try recorder("logmel").elements, try expected("\(input).logmel").elements)
    #expect(logMel.maxAbsoluteError < 2e-3, "\(logMel)")
    for name in expected.names where name.hasPrefix(input + ".") {
      let stage = String(name.dropFirst(input.count + 1))
      let found: [Float]
      switch stage {
      case "spectrogram", "logmel": continue
      case "clipwise_output": found = tags.probabilities
      case "embedding": found = tags.embedding
      case let block where block.hasPrefix("conv_block"):
        let isSparse = input == "seg2s" && block == "conv_block1"
        found = asImage(try recorder(block), step: isSparse ? 2 : 1)
      default: found = try recorder(stage).elements
      }
      let comparison = Comparison(found, try expected(name).elements)
      let tolerance = stage == "clipwise_output" ? 2e-4 : 1e-4 * max(1, comparison.peak)
      #expect(comparison.maxAbsoluteError < tolerance, "\(name): \(comparison)")
    }
  }

  @Test("Threads change no bit")
  func threads() throws {
    let signal = try signal("odd")
    let one = try tagger(signal, Run(threads: 1))
    let three = try tagger(signal, Run(threads: 3))
    #expect(one.probabilities == three.probabilities && one.embedding == three.embedding)
  }

  @Test("USS's checkpoint has the query net's Cnn14 and an event detector")
  func bothOfUSS() throws {
    let checkpoint = try Checkpoint(
      path: Fixtures.shared("uss-resunet30-c527", "model.ckpt").path)
    let queryNet = try Cnn14(checkpoint)
    let detector = try Cnn14(checkpoint, role: .eventDetector)
    #expect(queryNet.configuration.channels == [3, 4, 6, 8, 12, 16])
    #expect(detector.configuration.channels == [2, 2, 3, 3, 4, 4])
    #expect(queryNet.pooling == .clip && detector.pooling == .decisionLevelMax)

    let golden = try Golden(
      contentsOf: Fixtures.shared("uss-inference", "expected.safetensors"))
    let sound = try WaveFixture(contentsOf: Fixtures.shared("uss-inference", "input.wav")).samples
    for (net, tensor) in [(queryNet, "query_net.bottleneck"), (tagger, "at_probs")] {
      var found: [Float] = []
      for start in stride(from: 0, to: sound.count, by: 64000) {
        let segment = Array(sound[start..<min(start + 64000, sound.count)])
        let padded = segment + [Float](repeating: 0, count: 64000 - segment.count)
        found += try net(padded, Run(threads: 2)).probabilities
      }
      let comparison = Comparison(found, try golden(tensor).elements)
      #expect(comparison.maxAbsoluteError < 1e-4, "\(tensor): \(comparison)")
    }
  }

  @Test("Too little sound is an error")
  func tooShort() throws {
    #expect(tagger.leastSamples == 31 * 320)
    #expect(throws: TaggingError.tooShort(samples: 9919, needed: 9920)) {
      try tagger([Float](repeating: 0.1, count: 9919), Run(threads: 1))
    }
    #expect(try tagger([Float](repeating: 0.1, count: 9920), Run(threads: 1)).course == nil)
  }
}
