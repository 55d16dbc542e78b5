// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import WavTokenizer

/// The tiny network's tensors under other names and in other forms.
@Suite("WavTokenizer's checkpoints") struct CheckpointLayoutTests {
  private static let encodec = "feature_extractor.encodec."

  /// The tensors of the training checkpoint that are used.
  private func tensors() throws -> [String: Tensor] {
    let weights = try TinyCodec().checkpoint.weights(at: "state_dict")
    var tensors: [String: Tensor] = [:]
    for name in weights.names where !name.hasPrefix("multi") && !name.contains(".decoder.") {
      tensors[name] = try weights.reference(name).read(key: name)
    }
    return tensors
  }

  private func load(
    _ tensors: [String: Tensor], configuration: WavTokenizerConfiguration? = nil
  ) throws -> WavTokenizer {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("model.safetensors").path
    try SafetensorsFile.write(tensors, to: path)
    let checkpoint = try Checkpoint(path: path)
    #expect(try WavTokenizer.recognises(checkpoint))
    return try WavTokenizer(checkpoint, configuration: configuration)
  }

  private func expectSame(_ network: WavTokenizer) throws {
    let codec = try TinyCodec()
    #expect(network.configuration == codec.network.configuration)
    let tokens = try network.encode(codec.samples, run: Run(threads: 1)).map(\.id)
    #expect(tokens == (try codec.tokens(2003)))
    let difference = Comparison(
      try decoded(network, tokens), try codec.golden("waveform2003.0").elements)
    #expect(difference.relativeToPeak < 1e-4)
  }

  private func renamed(
    _ tensors: [String: Tensor], _ name: (String) -> String
  ) -> [String: Tensor] {
    Dictionary(uniqueKeysWithValues: tensors.map { (name($0.key), $0.value) })
  }

  @Test("the bare tensors, as safetensors")
  func bare() throws { try expectSame(load(tensors())) }

  @Test("weight normalisation as parametrizations")
  func parametrizations() throws {
    try expectSame(
      load(
        renamed(tensors()) {
          $0.replacingOccurrences(of: "weight_g", with: "parametrizations.weight.original0")
            .replacingOccurrences(of: "weight_v", with: "parametrizations.weight.original1")
        }))
  }

  @Test("conversions for Transformers, later and early", arguments: ["encoder_model.", ""])
  func transformers(prefix: String) throws {
    try expectSame(
      load(
        renamed(tensors()) {
          $0.replacingOccurrences(
            of: Self.encodec + "encoder.model.", with: prefix + "encoder.layers."
          )
          .replacingOccurrences(
            of: Self.encodec + "quantizer.vq.layers.0._codebook",
            with: prefix + "quantizer.codebook"
          )
          .replacingOccurrences(of: "conv.conv.", with: "conv.")
          .replacingOccurrences(of: "weight_g", with: "parametrizations.weight.original0")
          .replacingOccurrences(of: "weight_v", with: "parametrizations.weight.original1")
          .replacingOccurrences(of: "head.out.", with: "head.linear.")
        }))
  }

  @Test("weights without normalisation")
  func folded() throws {
    var all = try tensors()
    for (name, direction) in all where name.hasSuffix(".weight_v") {
      let stem = name.dropLast("_v".count)
      let lengths = try #require(all["\(stem)_g"]).elements
      let width = direction.count / lengths.count
      var elements = direction.elements
      for row in lengths.indices {
        let range = row * width..<(row + 1) * width
        let length = elements[range].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        for index in range {
          elements[index] = Float(Double(elements[index]) * Double(lengths[row]) / length)
        }
      }
      all["\(stem)_g"] = nil
      all[name] = nil
      all[String(stem)] = Tensor(shape: direction.shape, elements: elements)
    }
    try expectSame(load(all))
  }

  @Test("a configuration that is another model's is refused, and says why")
  func wrongPairing() throws {
    let all = try tensors()
    var other = try TinyCodec().network.configuration
    other.strides = [5, 2, 3]
    let error = #expect(throws: CheckpointError.self) { try load(all, configuration: other) }
    let text = try #require(error).description
    #expect(text.contains("5, 2, 3") && text.contains("2, 5, 3"), "\(text)")
    #expect(!text.contains("\n"))
  }

  @Test("parts of two models don't make one")
  func chimera() throws {
    var all = try tensors()
    all["head.out.weight"] = Tensor(
      shape: [102, 32], elements: [Float](repeating: 0, count: 102 * 32))
    all["head.out.bias"] = Tensor(shape: [102], elements: [Float](repeating: 0, count: 102))
    #expect(throws: CheckpointError.self) { try load(all) }
    var codes = try tensors()
    let name = Self.encodec + "quantizer.vq.layers.0._codebook.embed"
    codes[name] = Tensor(shape: [40, 10], elements: [Float](repeating: 0, count: 400))
    #expect(throws: CheckpointError.self) { try load(codes) }
  }

  @Test("missing, superfluous and untrained tensors are named")
  func damaged() throws {
    func refused(_ change: (inout [String: Tensor]) -> Void) throws -> String {
      var all = try tensors()
      change(&all)
      let error = #expect(throws: CheckpointError.self) { try load(all) }
      return try #require(error).description
    }
    let number = Tensor(shape: [1], elements: [0])
    #expect(
      try refused { $0["backbone.convnext.1.pwconv2.bias"] = nil }
        .contains("backbone.convnext.1.pwconv2.bias"))
    #expect(try refused { $0["backbone.extra"] = number }.contains("backbone.extra"))
    let flag = Self.encodec + "quantizer.vq.layers.0._codebook.inited"
    #expect(try refused { $0[flag] = number }.contains("inited"))
    let direction = Self.encodec + "encoder.model.0.conv.conv.weight_v"
    #expect(
      try refused { all in
        all[direction] = Tensor(shape: [2, 1, 7], elements: [Float](repeating: 0, count: 14))
      }.contains("row 0"))
    #expect(
      try refused { $0[Self.encodec + "encoder.model.6.conv.conv.weight_v"] = number }
        .contains("encoder.model.6"))
    #expect(
      try refused { $0[Self.encodec + "encoder.model.10.lstm.weight_hh_l1"] = nil }
        .contains("weight_hh_l1"))
  }

  @Test("other families' checkpoints are not recognised")
  func strangers() throws {
    let folder = Fixtures.packageRoot.appendingPathComponent("Tests")
    for path in [
      "DemucsTests/Goldens/second/model.th", "ConvTasNetTests/Goldens/torchaudio/model.pt",
    ] {
      let checkpoint = try Checkpoint(path: folder.appendingPathComponent(path).path)
      #expect(try !WavTokenizer.recognises(checkpoint))
      #expect(throws: CheckpointError.self) { try WavTokenizer(checkpoint) }
    }
  }
}
