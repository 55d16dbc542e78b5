// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Tensors
import TestSupport
import Testing

@Suite("Files that torch.save wrote")
struct TorchFileTests {
  @Test(
    "hold the tensors that PyTorch reads from them, whatever their type, strides and sharing",
    arguments: [
      "zip.pt", "legacy.pt", "protocol3.pt", "protocol4.pt", "protocol5.pt", "legacy4.pt",
      "untyped.pt",
    ])
  func tensors(name: String) throws {
    let checkpoint = try Checkpoint(path: GoldenFiles.path(name))
    #expect(checkpoint.container == (name.hasPrefix("legacy") ? .torchLegacy : .torchZip))
    #expect(checkpoint.metadata.isEmpty)
    try expectEqual(try checkpoint.weights(), try GoldenFiles.expected(name))
  }

  @Test(
    "hold the same in memory as on disk", arguments: ["zip.pt", "legacy.pt", "plain.safetensors"])
  func memory(name: String) throws {
    let checkpoint = try Checkpoint(bytes: try GoldenFiles.bytes(name))
    try expectEqual(try checkpoint.weights(), try GoldenFiles.expected(name))
  }

  @Test(
    "give a training checkpoint's other content as plain data",
    arguments: ["lightning.ckpt", "lightning-legacy.ckpt"])
  func trainingCheckpoint(name: String) throws {
    let checkpoint = try Checkpoint(path: GoldenFiles.path(name))
    let golden = try GoldenFiles.expected(name)
    let weights = try checkpoint.weights(at: "state_dict")
    for name in golden.names {
      let expected = try golden(name)
      let found =
        if let tensor = checkpoint.root[name]?.tensor { try tensor.read(key: name) } else {
          try weights.tensor(name, shape: expected.shape)
        }
      #expect(found.elements == expected.elements)
    }
    try weights.finish()

    let root = checkpoint.root
    #expect(root["epoch"]?.int == 3)
    #expect(root["global_step"]?.int == 1 << 33)
    #expect(root["pytorch-lightning_version"]?.string == "2.1.0")
    #expect(
      text(root["hyper_parameters"])
        == "{'rate': 0.001, 'name': 'tiny', 'output': '/runs/a', 'sizes': (1, -2, 300, 70000)}")
    let callback = root["callbacks"]?["Callback{'mode': 'min'}"]
    #expect(
      text(callback) == "recipe.callbacks.Callback() with {'patience': 7, 'scores': [0.5, 0.25]}")
    #expect(callback?["patience"]?.int == 7)
    #expect(root["callbacks"]?["itself"]?.className == "reference cycle")
    let optimizer = root["optimizer_states"]?[0]
    #expect(text(optimizer) == "{'state': {0: {'step': tensor[]}}, 'param_groups': []}")
    #expect(root["klass"]?.className == "recipe.callbacks.Callback")
    #expect(root["segment"]?.double == 7.8)
    let numbers =
      "{'double': 0.1, 'single': 0.5, 'long': -1099511627776, 'byte': 200, 'flag': true}"
    #expect(text(root["numbers"]) == numbers)
    #expect(root["version"]?.string == golden.metadata["torch"])
    #expect(text(root["set"]) == "[7]")
    #expect(text(root["bytes"]) == "bytes[0, 255, 97, 98]")
    #expect(
      text(root["big"]) == "builtins.int(bytes[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16])")
    #expect(root["negative"]?.int == -(1 << 40))
    #expect(text(root["size"]) == "(2, 3)")
    #expect(text(root["device"]) == "torch.device('cpu')")
    #expect(text(root["default"]) == "{'a': [1]}")
    #expect(root["text"]?.string == "Grüße 🎵")
  }

  @Test("of the oldest kind may hold views into a storage, and classes with their source")
  func oldest() throws {
    // No PyTorch of today writes these, so the stream is put together by hand.
    let storage =
      Pickle.tuple(
        Pickle.text("storage"), Pickle.global("torch", "FloatStorage"), Pickle.text("94"),
        Pickle.text("cpu"), Pickle.int(6),
        Pickle.tuple(Pickle.text("95"), Pickle.int(2), Pickle.int(4))) + Pickle.persistentID
    let model =
      Pickle.tuple(
        Pickle.text("module"), Pickle.global("demucs.model", "Demucs"), Pickle.text("model.py"),
        Pickle.text("class Demucs: pass")) + Pickle.persistentID
    let tensor = Pickle.tensor(storage, offset: 1, shape: [3], strides: [1])
    let number: [UInt8] = [0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    let pickles = [
      number, Pickle.int(1001), [0x7D], Pickle.tuple(model, tensor),
      Pickle.tuple(Pickle.text("94")),
    ]
    let data = [Float](arrayLiteral: 0, 1, 2, 3, 4, 5).withUnsafeBytes { Array($0) }
    let file = pickles.flatMap { Pickle.proto() + $0 + Pickle.stop } + littleEndian(6) + data
    let root = try Checkpoint(bytes: file).root
    #expect(root[0]?.className == "demucs.model.Demucs")
    #expect(try root[1]?.tensor?.read(key: "a").elements == [3, 4, 5])
  }

  @Test("give integers exactly where float32 would round them")
  func integers() throws {
    let weights = try Checkpoint(path: GoldenFiles.path("zip.pt")).weights()
    #expect(try weights.reference("int64").integers(key: "int64") == [-(1 << 53), 2, 1 << 40])
    #expect(try weights.reference("bool").integers(key: "bool") == [1, 0, 1])
    let unsigned = try Checkpoint(path: GoldenFiles.path("untyped.pt")).weights()
    #expect(try unsigned.reference("uint32").integers(key: "uint32") == [4_294_967_295, 9])
    #expect(throws: CheckpointError.self) {
      try weights.reference("float32").integers(key: "float32")
    }
  }

  @Test("are told from other files with a sentence that says what the file is")
  func otherFiles() throws {
    func message(_ bytes: [UInt8]) -> String? {
      do throws(CheckpointError) {
        _ = try Checkpoint(bytes: bytes, name: "song.th")
        return nil
      } catch { return error.description }
    }
    #expect(message([])?.contains("neither") == true)
    #expect(message(Array("<!DOCTYPE html>".utf8))?.contains("web page") == true)
    #expect(message([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0])?.contains("gunzip") == true)
    #expect(message([0x80, 2, 0x7D, 0x2E])?.contains("plain pickle") == true)
    #expect(throws: CheckpointError.missingFile(path: "/nowhere/song.th")) {
      try Checkpoint(path: "/nowhere/song.th")
    }
    #expect(throws: CheckpointError.cannotOpen(path: "/", reason: "not a regular file")) {
      try Checkpoint(path: "/")
    }
  }
}
