// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import SpectralTransforms
import Synchronization
import Tensors
import TestSupport
import Testing
import UniversalSeparation

@Suite("A tiny ResUNet30") struct ResUNet30GoldenTests {
  private static let folder = Fixtures.packageRoot
    .appendingPathComponent("Tests/UniversalSeparationTests/Goldens/resunet30")
  private let network: ResUNet30
  private let golden: Golden

  init() throws {
    network = try ResUNet30(Self.checkpoint) { $0.hopLength = 32 }
    golden = try Golden(contentsOf: Self.folder.appendingPathComponent("expected.safetensors"))
  }

  private static var checkpoint: Checkpoint {
    get throws { try Checkpoint(path: folder.appendingPathComponent("model.ckpt").path) }
  }

  private func row(_ name: String, _ index: Int) throws -> [Float] {
    let array = try golden(name)
    return Array(array.elements[index * array.shape[1]..<(index + 1) * array.shape[1]])
  }

  @Test("all sizes come from shapes")
  func sizes() {
    let configuration = network.configuration
    #expect(configuration.channels == [2, 3, 4, 5, 6, 7, 8])
    #expect(configuration.fftLength == 128 && configuration.conditionSize == 5)
  }

  @Test("waveforms are the reference's, alone and side by side, for any number of threads")
  func waveforms() throws {
    let conditions = [try row("condition", 0), try row("condition", 1)]
    for index in 0..<2 {
      let mixture = try row("mixture", index)
      let found = try network(mixture, condition: conditions[index], Run(threads: 1))
      let comparison = Comparison(found, try row("waveform", index))
      #expect(comparison.relativeToPeak < 1e-5, "\(comparison)")
      let both = try network(mixture, conditions: conditions, Run(threads: 3))
      #expect(both[index] == found && both[1 - index] != found)
    }
  }

  @Test("activations are the reference's")
  func activations() throws {
    let found = Mutex<[String: (shape: [Int], elements: [Float])]>([:])
    let run = Run(threads: 2) { stage, tensor in
      found.withLock { $0[stage] = (tensor.shape, tensor.elements) }
    }
    _ = try network(row("mixture", 0), condition: row("condition", 0), run)
    let stages = found.withLock { $0 }
    var compared = 0
    for name in golden.names where stages[name] != nil {
      guard let (shape, elements) = stages[name] else { continue }
      let width = shape[1] * shape[2]
      let kept = stride(from: 0, to: shape[0], by: 3).flatMap {
        elements[$0 * width..<($0 + 1) * width]
      }
      let comparison = Comparison(kept, try golden(name).elements)
      #expect(comparison.relativeToPeak < 1e-5, "\(name): \(comparison)")
      compared += 1
    }
    #expect(compared == 14)
  }

  @Test("other layouts of the same parameters are understood: bare, and as safetensors")
  func layouts() throws {
    let weights = try Self.checkpoint.weights(at: "state_dict") / "ss_model"
    let expected = try network(
      row("mixture", 0), condition: row("condition", 0), Run(threads: 1))
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for prefix in ["", "ss_model."] {
      var tensors: [String: Tensor] = [:]
      for name in weights.names where !name.hasSuffix("num_batches_tracked") {
        tensors[prefix + name] = try weights.reference(name).read(key: name)
      }
      let path = folder.appendingPathComponent("model\(prefix).safetensors").path
      try SafetensorsFile.write(tensors, to: path)
      let copy = try ResUNet30(Checkpoint(path: path)) { $0.hopLength = 32 }
      #expect(
        try copy(row("mixture", 0), condition: row("condition", 0), Run(threads: 1)) == expected)
    }
  }

  @Test("what is missing, superfluous or impossible is named")
  func wrongFiles() throws {
    let weights = try Self.checkpoint.weights(at: "state_dict") / "ss_model"
    var tensors: [String: Tensor] = [:]
    for name in weights.names where !name.hasSuffix("num_batches_tracked") {
      tensors[name] = try weights.reference(name).read(key: name)
    }
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    func error(_ change: (inout [String: Tensor]) -> Void) throws -> CheckpointError? {
      var changed = tensors
      change(&changed)
      let path = folder.appendingPathComponent("changed.safetensors").path
      try SafetensorsFile.write(changed, to: path)
      let checkpoint = try Checkpoint(path: path)
      return #expect(throws: CheckpointError.self) {
        try ResUNet30(checkpoint) { $0.hopLength = 32 }
      }
    }
    let missing = try error { $0["film.encoder_block2->conv_block1->beta1.weight"] = nil }
    #expect("\(missing as Any)".contains("encoder_block2->conv_block1->beta1.weight"))
    let superfluous = try error {
      $0["base.encoder_block9.weight"] = Tensor(shape: [1], elements: [1])
    }
    #expect(superfluous == .unused(keys: ["base.encoder_block9.weight"]))
    let shape = try error {
      $0["base.decoder_block3.conv1.weight"] = Tensor(shape: [2], elements: [1, 1])
    }
    #expect("\(shape as Any)".contains("[6, 5, 2, 2]"))
    // The public hop is longer than half of this small transform.
    let hop = #expect(throws: CheckpointError.self) { try ResUNet30(Self.checkpoint) }
    #expect("\(hop as Any)".contains("hop of 320"))
  }

  @Test("too little sound is an error")
  func tooShort() throws {
    #expect(throws: SpectralTransformError.self) {
      try network([Float](repeating: 0, count: 64), condition: row("condition", 0), Run(threads: 1))
    }
  }
}
