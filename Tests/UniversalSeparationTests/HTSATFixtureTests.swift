// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import UniversalSeparation

@Suite("HTS-AT beside its reference", .enabled(if: Fixtures.areAvailable))
struct HTSATFixtureTests {
  private let name = "htsat"
  private let tagger: HTSAT
  private let expected: Golden

  init() throws {
    tagger = try HTSAT(Checkpoint(path: Fixtures.shared("htsat", "HTSAT_random.ckpt").path))
    expected = try Golden(contentsOf: Fixtures.shared("htsat", "expected.safetensors"))
  }

  @Test("The file tells all sizes")
  func sizes() throws {
    let stated = try #require(
      try Fixtures.description(name)["hyperparameters"] as? [String: Any])
    let c = tagger.configuration
    #expect(c.channels == stated["embed_dim"] as? Int)
    #expect(c.depths == stated["depths"] as? [Int])
    #expect(c.heads == stated["num_heads"] as? [Int])
    #expect(c.classes == stated["classes"] as? Int)
    #expect(c.side * c.patch == stated["spec_size"] as? Int)
    #expect(c.windows.allSatisfy { $0 == stated["swin_window"] as? Int })
  }

  @Test(
    "Every named activation is the reference's",
    arguments: [
      ("padded_path", 99889, false), ("ten_seconds", 320000, false), ("infer_mode", 99889, true),
      ("long_path", 352_345, false),
    ])
  func activations(_ path: String, _ samples: Int, _ repeats: Bool) throws {
    let sound = try WaveFixture(contentsOf: Fixtures.shared(name, "input.wav")).samples
    var tagger = tagger
    if repeats { tagger.shortSignals = .repeated }
    let recorder = TraceRecorder()
    let signal = (0..<samples).map { sound[$0 % sound.count] }
    let tags = try tagger(signal, Run(threads: 2, trace: recorder.record))
    let tensors = try #require(
      try Fixtures.description(name)["tensors"] as? [String: [String: Any]])
    for name in expected.names where name.hasPrefix(path + ".") {
      let stage = String(name.dropFirst(path.count + 1))
      let reference = try expected(name)
      let found: [Float]
      switch stage {
      case "clipwise_output": found = tags.probabilities
      case "latent_output": found = tags.embedding
      case "framewise_output":
        let course = try #require(tags.course)
        let step = 1024 / reference.shape[0]
        found = stride(from: 0, to: course.frameCount, by: step).flatMap { frame in
          let row = course.step(ofFrame: frame) * tagger.classCount
          return course.probabilities.elements[row..<row + tagger.classCount]
        }
      case "tscam_conv":
        found = transposed(
          try recorder(stage).elements, rows: 32, columns: tagger.classCount)
      case "image":
        let step = 256 / reference.shape[1]
        let image = try recorder(stage).elements
        found = stride(from: 0, to: 256, by: step).flatMap { row in
          stride(from: 0, to: 256, by: step).map { image[row * 256 + $0] }
        }
      case "attn_last_layer_mean":
        found = Array(try recorder(stage).elements.prefix(reference.elements.count))
      default:
        // Some rows are stored.
        let tensor = try recorder(stage)
        let width = tensor.shape[1]
        let step = tensor.count / reference.elements.count
        found = stride(from: 0, to: tensor.shape[0], by: step).flatMap { row in
          tensor.elements[row * width..<(row + 1) * width]
        }
      }
      let comparison = Comparison(found, reference.elements)
      // Ten times what float32 costs the reference itself.
      let floor = tensors[name]?["f32_vs_f64_max_abs"] as? Double ?? 0
      let tolerance = max(10 * floor, 1e-5 * comparison.peak)
      #expect(comparison.maxAbsoluteError < tolerance, "\(name): \(comparison)")
    }
  }

  @Test("Threads change no bit")
  func threads() throws {
    let sound = try WaveFixture(contentsOf: Fixtures.shared(name, "input.wav")).samples
    let one = try tagger(sound, Run(threads: 1))
    let three = try tagger(sound, Run(threads: 3))
    #expect(one.probabilities == three.probabilities && one.embedding == three.embedding)
  }

  @Test("Signals beyond both ends of what fits are errors")
  func lengths() throws {
    #expect(throws: TaggingError.self) {
      try tagger([Float](repeating: 0, count: 512), Run(threads: 1))
    }
    #expect(throws: TaggingError.self) {
      try tagger([Float](repeating: 0, count: 700_000), Run(threads: 1))
    }
    for samples in [513, 326_000, 327_680, 655_999] {
      let tags = try tagger([Float](repeating: 0.01, count: samples), Run(threads: 2))
      #expect(tags.probabilities.allSatisfy { (0...1).contains($0) })
    }
  }
}
