// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Demucs
import Foundation
import ModelLibrary
import Separation
import Tensors
import TestSupport
import Testing

@Suite("Tiny Hybrid Transformer Demucs networks") struct HybridTransformerGoldenTests {
  static let files = ["htdemucs-widened/model.th", "htdemucs-plain/model.safetensors"]

  private static func load(_ file: String) throws -> (HybridTransformerDemucs, Golden) {
    let path = Fixtures.packageRoot.appendingPathComponent("Tests/DemucsTests/Goldens/\(file)")
    let expected = path.deletingLastPathComponent().appendingPathComponent("expected.safetensors")
    return (
      try HybridTransformerDemucs(Checkpoint(path: path.path)), try Golden(contentsOf: expected)
    )
  }

  private static func prefix(_ golden: Golden, _ frames: Int) throws -> Tensor {
    Tensor(shape: [frames, 2], elements: Array(try golden("input").elements.prefix(2 * frames)))
  }

  @Test("configurations follow from shapes and arguments")
  func configurations() throws {
    let widened = try Self.load(Self.files[0]).0.configuration
    #expect(widened.hybrid.segmentSamples == 1248 && widened.hybrid.sources == ["drums", "other"])
    #expect(
      widened.transformer
        == .init(
          width: 12, isWidened: true, hiddenWidth: 24, heads: 3, layers: 3, longestPeriod: 10000,
          positionWeight: 1))
    // JSON in a safetensors file's metadata.
    let plain = try Self.load(Self.files[1]).0.configuration
    #expect(plain.hybrid.segmentSamples == 1000 && plain.hybrid.sampleRate == 8000)
    #expect(plain.hybrid.fftLength == 128 && plain.hybrid.sources == ["a", "b", "c"])
    #expect(plain.transformer.heads == 2 && plain.transformer.hiddenWidth == 64)
    #expect(!plain.transformer.isWidened && plain.transformer.layers == 2)
  }

  @Test("segments and shorter signals are the reference's", arguments: files)
  func signals(file: String) throws {
    let (network, golden) = try Self.load(file)
    for (key, frames) in [
      ("whole", network.configuration.hybrid.segmentSamples), ("short", 77),
    ] {
      let sources = network(try Self.prefix(golden, frames), Run(threads: 2))
      #expect(sources.allSatisfy { $0.shape == [frames, 2] })
      let comparison = Comparison(sources.flatMap(\.elements), try golden(key).elements)
      #expect(comparison.relativeToPeak <= 1e-5, "\(file), \(key): \(comparison)")
    }
  }

  @Test("both branches come out of the Transformer as out of the reference's, for any threads")
  func transformer() throws {
    let (network, golden) = try Self.load(Self.files[0])
    func tensor(_ name: String) throws -> Tensor {
      let array = try golden("transformer.\(name)")
      let shape = array.shape.count == 3 ? array.shape : [1] + array.shape
      return Tensor(shape: shape, elements: array.elements)
    }
    let (spectrum, waveform) = (try tensor("spectrum"), try tensor("waveform"))
    let one = network.transformer(spectrum, waveform, Run(threads: 1))
    for (found, name) in [(one.spectral, "out"), (one.waveform, "out.time")] {
      let expected = try tensor(name)
      #expect(found.shape == expected.shape)
      let comparison = Comparison(found.elements, expected.elements)
      #expect(comparison.relativeToPeak <= 2e-6, "\(name): \(comparison)")
    }
    for threads in 2...4 {
      let several = network.transformer(spectrum, waveform, Run(threads: threads))
      #expect(several.spectral.elements == one.spectral.elements)
      #expect(several.waveform.elements == one.waveform.elements)
    }
  }

  @Test(
    "tracks are cut into windows, the last one after real sound, and blended as the reference does",
    arguments: files)
  func tracks(file: String) throws {
    let (network, golden) = try Self.load(file)
    let signal = try golden("input").elements
    for (key, samples, settings) in [
      ("separated", 2001, SeparationSettings()),
      // Windows shorter than the training's, completed by silence.
      ("separated.segment", 1500, SeparationSettings(segmentSeconds: 0.07)),
    ] {
      var first: [[Float]] = []
      for block in [246, 10000] {
        let found = try passed(
          network, Array(signal.prefix(2 * samples)), settings: settings, block: block)
        let comparison = Comparison(found.flatMap { $0 }, try golden(key).elements)
        #expect(comparison.relativeToPeak <= 1e-5, "\(file), \(key), \(block): \(comparison)")
        if first.isEmpty { first = found }
        #expect(found == first, "blocks of \(block)")
      }
    }
  }

  @Test("the number of threads doesn't change a bit", arguments: files)
  func threads(file: String) throws {
    let (network, golden) = try Self.load(file)
    let mixture = try Self.prefix(golden, 700)
    let one = network(mixture, Run(threads: 1)).flatMap(\.elements)
    for threads in [2, 3, 5] {
      #expect(network(mixture, Run(threads: threads)).flatMap(\.elements) == one)
    }
  }

  @Test("silence gives finite stems")
  func silence() throws {
    let (network, _) = try Self.load(Self.files[0])
    let signal = [Float](repeating: 0, count: 2 * 1500)
    let found = try passed(network, signal, settings: SeparationSettings(), block: 300)
    #expect(found.allSatisfy { $0.count == signal.count && $0.allSatisfy(\.isFinite) })
  }

  @Test("the loader knows the family")
  func loading() throws {
    for file in Self.files {
      let path = Fixtures.packageRoot.appendingPathComponent("Tests/DemucsTests/Goldens/\(file)")
      #expect(try loadSeparator(ModelLibrary().resolve(path.path)) is HybridTransformerDemucs)
      let checkpoint = try Checkpoint(path: path.path)
      #expect(try !HybridDemucs.recognises(checkpoint) && !Demucs.recognises(checkpoint))
    }
  }
}
