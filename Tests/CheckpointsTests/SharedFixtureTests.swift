// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Checkpoints of the public releases' layouts", .enabled(if: Fixtures.areAvailable))
struct SharedFixtureTests {
  private func open(_ fixture: String, _ file: String) throws -> Checkpoint {
    try Checkpoint(path: Fixtures.shared(fixture, file).path)
  }

  /// Fixture, file, container, where the weights are.
  static let layouts: [(String, String, Checkpoint.Container, [String])] = [
    ("convtasnet-torchaudio", "model.pt", .torchZip, []),
    ("convtasnet-asteroid-gln", "pytorch_model.bin", .torchZip, ["state_dict"]),
    ("convtasnet-asteroid-causal", "pytorch_model.bin", .torchLegacy, ["state_dict"]),
    ("convtasnet-kaituoxu-gln", "final.pth.tar", .torchLegacy, ["state_dict"]),
    ("convtasnet-kaituoxu-cln", "final.pth.tar", .torchZip, ["state_dict"]),
    ("convtasnet-kaituoxu-bn", "final.pth.tar", .torchLegacy, ["state_dict"]),
    ("convtasnet-music", "model.th", .torchZip, ["state"]),
    ("convtasnet-music", "tasnet-1160e2eb.th", .torchZip, []),
    ("demucs-v2", "model.th", .torchZip, ["state"]),
    ("demucs-v2", "demucs-c7059353.th", .torchZip, []),
    ("demucs-v3-time", "3cac6508-3190abcc.th", .torchZip, ["state"]),
    ("hdemucs", "c76b1e4a-58d8bb11.th", .torchZip, ["state"]),
    ("hdemucs-torchaudio", "model.pt", .torchZip, []),
    ("htdemucs", "2e6565b9-2414fd1f.th", .torchZip, ["state"]),
    ("htdemucs-6s", "59eac9fd-3731cef5.th", .torchZip, ["state"]),
    ("htdemucs-6s", "59eac9fd.safetensors", .safetensors, []),
    ("bag", "83ac9e9f-245067ad.th", .torchZip, ["state"]),
    ("bag", "a2d8c3cc-6deb44e7.th", .torchZip, ["state"]),
    ("bag", "e7681a2a-80a2acc7.th", .torchZip, ["state"]),
    ("wavtokenizer-40", "model.ckpt", .torchZip, ["state_dict"]),
    ("wavtokenizer-75", "model.ckpt", .torchZip, ["state_dict"]),
    ("uss-resunet30-c527", "model.ckpt", .torchZip, ["state_dict"]),
    ("uss-resunet30-c2048", "model.ckpt", .torchZip, ["state_dict"]),
    ("uss-resunet30-allkeys", "model.ckpt", .torchZip, ["state_dict"]),
    ("panns-cnn14", "Cnn14_random.pth", .torchLegacy, ["model"]),
    ("htsat", "HTSAT_random.ckpt", .torchZip, ["state_dict"]),
  ]

  @Test("open, and give each of their tensors", arguments: layouts)
  func opening(
    fixture: String, file: String, container: Checkpoint.Container, place: [String]
  ) throws {
    let checkpoint = try open(fixture, file)
    #expect(checkpoint.container == container)
    let weights =
      if let key = place.first { try checkpoint.weights(at: key) } else { try checkpoint.weights() }
    #expect(weights.names.count > 20)
    for name in weights.names {
      let shape = try #require(weights.shape(of: name))
      #expect(try weights.tensor(name, shape: shape).count == shape.reduce(1, *))
    }
    try weights.finish()
  }

  @Test("hold the same values in half precision and in their twin of another container")
  func twins() throws {
    let pairs = [
      ("demucs-v2", "model.th", "demucs-c7059353.th"),
      ("convtasnet-music", "model.th", "tasnet-1160e2eb.th"),
      ("htdemucs-6s", "59eac9fd-3731cef5.th", "59eac9fd.safetensors"),
    ]
    for (fixture, package, bare) in pairs {
      let first = try open(fixture, package).weights(at: "state")
      let second = try open(fixture, bare).weights()
      #expect(first.names.sorted() == second.names.sorted())
      for name in second.names {
        let shape = try #require(second.shape(of: name))
        let found = try first.tensor(name, shape: shape).elements
        #expect(try found == second.tensor(name, shape: shape).elements, "\(name)")
      }
    }
  }

  @Test("describe their model beside the weights")
  func packages() throws {
    let package = try open("htdemucs", "2e6565b9-2414fd1f.th").root
    #expect(package["klass"]?.className == "demucs.htdemucs.HTDemucs")
    let sources = package["kwargs"]?["sources"] ?? package["args"]?[0]
    #expect(sources?.list?.compactMap(\.string).contains("vocals") == true)
    let segment = try #require(package["kwargs"]?["segment"])
    #expect(segment.className == "fractions.Fraction")
    #expect(segment.double.map { $0 > 0 } == true)
    let arguments = try open("demucs-v2", "model.th").root["training_args"]
    #expect(arguments?.keys.isEmpty == false)
  }
}
