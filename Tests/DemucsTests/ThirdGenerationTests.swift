// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Demucs
import Foundation
import ModelLibrary
import Separation
import Tensors
import TestSupport
import Testing

@Suite("Tiny Demucs networks of the third generation") struct ThirdGenerationTests {
  static let hybrids = ["hybrid", "magnitudes", "bands"]
  static let names = hybrids + ["time", "plain"]

  private static func path(_ name: String, _ file: String = "model.th") -> String {
    Fixtures.packageRoot.appendingPathComponent("Tests/DemucsTests/Goldens/\(name)/\(file)").path
  }

  private static func golden(_ name: String) throws -> Golden {
    try Golden(contentsOf: URL(fileURLWithPath: path(name, "expected.safetensors")))
  }

  private static func load(_ name: String) throws -> any Separator {
    try loadSeparator(ModelLibrary().resolve(path(name)))
  }

  /// The network's own pass, without what happens around it.
  private static func forward(_ separator: any Separator, _ mixture: Tensor, _ run: Run) throws
    -> [Tensor]
  {
    if let network = separator as? TimeDemucs { return network(mixture, run) }
    let network = try #require(separator as? HybridDemucs)
    return network(mixture, run)
  }

  private static func prefix(_ golden: Golden, _ frames: Int) throws -> Tensor {
    Tensor(shape: [frames, 2], elements: Array(try golden("input").elements.prefix(2 * frames)))
  }

  @Test("configurations follow from shapes and arguments")
  func configurations() throws {
    let hybrid = try #require(try Self.load("hybrid") as? HybridDemucs).configuration
    #expect(hybrid.depth == 4 && hybrid.fftLength == 256 && hybrid.stride == 4)
    #expect(hybrid.sampleRate == 8000 && hybrid.segmentSamples == 600)
    #expect(hybrid.sources == ["drums", "rest"] && hybrid.audioChannels == 2)
    #expect(!hybrid.usesMagnitudes && !hybrid.isDelayed && hybrid.bandRatios.isEmpty)
    let magnitudes = try #require(try Self.load("magnitudes") as? HybridDemucs).configuration
    #expect(magnitudes.usesMagnitudes && magnitudes.isDelayed)
    let bands = try #require(try Self.load("bands") as? HybridDemucs).configuration
    #expect(bands.bandRatios == [0.1, 0.3] && bands.bandedLayers == 1)
    let time = try #require(try Self.load("time") as? TimeDemucs).configuration
    #expect(time.channels == [4, 8, 16] && time.doublesRate && time.normalizesSegments)
    let plain = try #require(try Self.load("plain") as? TimeDemucs).configuration
    #expect(plain.memoryLayers == 1 && !plain.doublesRate)
  }

  @Test("whole and short signals are the reference's", arguments: names)
  func signals(name: String) throws {
    let separator = try Self.load(name)
    let golden = try Self.golden(name)
    for frames in [503, 70] {
      let sources = try Self.forward(separator, Self.prefix(golden, frames), Run(threads: 2))
      #expect(sources.allSatisfy { $0.shape == [frames, 2] })
      let comparison = Comparison(
        sources.flatMap(\.elements), try golden("forward\(frames)").elements)
      #expect(comparison.relativeToPeak <= 1e-5, "\(name), \(frames): \(comparison)")
    }
  }

  @Test("tracks are cut and blended as the reference does", arguments: names)
  func tracks(name: String) throws {
    let separator = try Self.load(name)
    let golden = try Self.golden(name)
    let found = try passed(
      separator, golden("input").elements, settings: SeparationSettings(), block: 500)
    let comparison = Comparison(found.flatMap { $0 }, try golden("separated").elements)
    #expect(comparison.relativeToPeak <= 1e-5, "\(name): \(comparison)")
  }

  @Test("the number of threads doesn't change a bit", arguments: names)
  func threads(name: String) throws {
    let separator = try Self.load(name)
    let mixture = try Self.prefix(Self.golden(name), 1403)
    let one = try Self.forward(separator, mixture, Run(threads: 1)).flatMap(\.elements)
    for threads in [2, 3, 5] {
      let many = try Self.forward(separator, mixture, Run(threads: threads))
      #expect(many.flatMap(\.elements) == one)
    }
  }

  @Test("torchaudio's names and parameters alone make the same network")
  func renamed() throws {
    let bare = try HybridDemucs(Checkpoint(path: Self.path("hybrid", "renamed.pt")))
    #expect(bare.configuration.fftLength == 256 && bare.configuration.sampleRate == 44100)
    let mixture = try Self.prefix(Self.golden("hybrid"), 503)
    let package = try Self.forward(Self.load("hybrid"), mixture, Run(threads: 1))
    let found = bare(mixture, Run(threads: 1))
    #expect(found.map(\.elements) == package.map(\.elements))
  }

  @Test("a single sample and silence give finite stems", arguments: names)
  func silence(name: String) throws {
    let separator = try Self.load(name)
    for frames in [1, 2, 900] {
      let signal = [Float](repeating: 0, count: 2 * frames)
      let found = try passed(separator, signal, settings: SeparationSettings(), block: 300)
      #expect(found.allSatisfy { $0.count == signal.count && $0.allSatisfy(\.isFinite) })
    }
  }
}
