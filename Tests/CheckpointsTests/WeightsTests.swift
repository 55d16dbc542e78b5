// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Tensors
import TestSupport
import Testing

@Suite("Weights")
struct WeightsTests {
  let checkpoint: Checkpoint
  let weights: Weights

  init() throws {
    checkpoint = try Checkpoint(path: GoldenFiles.path("lightning.ckpt"))
    weights = try checkpoint.weights(at: "state_dict")
  }

  @Test("are asked for by path, name and shape")
  func paths() throws {
    let convolution = weights / 0
    #expect((convolution / "inner" / 3).path == "0.inner.3")
    #expect(convolution.names == ["weight", "bias"])
    #expect(convolution.shape(of: "weight") == [3, 2, 3])
    #expect(convolution.shape(of: "scale") == nil)
    #expect((weights / "1").contains("running_mean"))
    #expect(try convolution.tensor("weight", 3, 2, 3).shape == [3, 2, 3])
  }

  @Test("name the key and its nearest neighbours when one is missing")
  func missing() {
    #expect(
      throws: CheckpointError.missing(
        key: "1.running_men", nearest: ["1.running_mean", "1.running_var", "1.weight"])
    ) { try (weights / 1).tensor("running_men", 3) }
    #expect(
      throws: CheckpointError.missing(
        key: "state", nearest: ["state_dict", "optimizer_states", "set"])
    ) {
      try checkpoint.weights(at: "state")
    }
    #expect(throws: CheckpointError.self) { try checkpoint.weights(at: "epoch") }
  }

  @Test("say what shape was expected and what was found")
  func shapes() {
    #expect(
      throws: CheckpointError.wrongShape(key: "0.weight", expected: [3, 3, 2], found: [3, 2, 3])
    ) { try (weights / 0).tensor("weight", 3, 3, 2) }
  }

  @Test("list what nobody asked for")
  func unused() throws {
    _ = try (weights / 0).tensor("weight", 3, 2, 3)
    #expect(throws: CheckpointError.unused(keys: ["0.bias"])) { try (weights / 0).finish() }
    _ = try (weights / 0).tensor("bias", 3)
    try (weights / 0).finish()
    weights.ignore("2")
    _ = weights.shape(of: "1.weight")
    let left = ["1.weight", "1.bias", "1.running_mean", "1.running_var"]
    #expect(throws: CheckpointError.unused(keys: left)) {
      try weights.finish { $0.hasSuffix("num_batches_tracked") }
    }
    try (weights / 1).finish { _ in true }
  }

  @Test("share the record of what was used only within one dictionary")
  func ledgers() throws {
    weights.ignore("0", "1", "2")
    try weights.finish()
    #expect(throws: CheckpointError.self) { try checkpoint.weights(at: "state_dict").finish() }
  }

  @Test("refuse values that are not finite and say where")
  func notFinite() throws {
    for (bits, index) in [(0x7F80_0000, 4097), (0xFF80_0000, 0), (0x7FC0_0001, 9999)] {
      var values = [Float](repeating: .greatestFiniteMagnitude, count: 10_000)
      values[index] = Float(bitPattern: UInt32(bits))
      let bytes = values.withUnsafeBytes { Array($0) }
      let file = safetensors(
        #"{"a":{"dtype":"F32","shape":[10000],"data_offsets":[0,40000]}}"#, bytes)
      let weights = try Checkpoint(bytes: file).weights()
      #expect(throws: CheckpointError.notFinite(key: "a", index: index)) {
        try weights.tensor("a", 10_000)
      }
    }
  }
}
