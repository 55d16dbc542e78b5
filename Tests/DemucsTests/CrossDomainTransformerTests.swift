// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Demucs
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Cross-domain Transformer") struct CrossDomainTransformerTests {
  static let folder = Fixtures.packageRoot
    .appendingPathComponent("Tests/DemucsTests/Goldens/htdemucs-widened")
  private static func load() throws -> CrossDomainTransformer {
    let checkpoint = try Checkpoint(path: folder.appendingPathComponent("model.th").path)
    return try CrossDomainTransformer(
      checkpoint.weights(at: "state"),
      HybridTransformerDemucsConfiguration.Transformer(
        width: 12, isWidened: true, hiddenWidth: 24, heads: 3, layers: 3, longestPeriod: 10000,
        positionWeight: 1),
      channels: 8, extent: (bands: 8, frames: 20, temporalFrames: 78))
  }

  @Test("both branches come out as the reference's")
  func output() throws {
    let transformer = try Self.load()
    let golden = try Golden(
      contentsOf: Self.folder.appendingPathComponent("expected.safetensors"))
    func tensor(_ name: String) throws -> Tensor {
      let array = try golden("transformer.\(name)")
      let shape = array.shape.count == 3 ? array.shape : [1] + array.shape
      return Tensor(shape: shape, elements: array.elements)
    }
    let (spectrum, waveform) = (try tensor("spectrum"), try tensor("waveform"))
    let one = transformer(spectrum, waveform, Run(threads: 1))
    for (found, name) in [(one.spectrum, "out"), (one.waveform, "out.time")] {
      let expected = try tensor(name)
      #expect(found.shape == expected.shape)
      let comparison = Comparison(found.elements, expected.elements)
      #expect(comparison.relativeToPeak <= 2e-6, "\(name): \(comparison)")
    }
    for threads in 2...4 {
      let several = transformer(spectrum, waveform, Run(threads: threads))
      #expect(several.spectrum.elements == one.spectrum.elements)
      #expect(several.waveform.elements == one.waveform.elements)
    }
  }
}
