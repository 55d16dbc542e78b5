// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Demucs
import Foundation
import ModelLibrary
import Separation
import Tensors
import TestSupport
import Testing

@Suite("A tiny masking Demucs") struct MaskingDemucsTests {
  private static let folder =
    Fixtures.packageRoot.appendingPathComponent("Tests/DemucsTests/Goldens/masking")
  private static let path = folder.appendingPathComponent("model.safetensors").path

  private let network: MaskingDemucs
  private let golden: Golden

  init() throws {
    network = try MaskingDemucs(Checkpoint(path: Self.path))
    golden = try Golden(contentsOf: Self.folder.appendingPathComponent("expected.safetensors"))
  }

  private func mixture(_ frames: Int) throws -> Tensor {
    Tensor(shape: [frames, 2], elements: Array(try golden("input").elements.prefix(2 * frames)))
  }

  @Test("its configuration follows from shapes and from what the file says")
  func configuration() throws {
    let checkpoint = try Checkpoint(path: Self.path)
    #expect(try MaskingDemucs.recognises(checkpoint) && !HybridDemucs.recognises(checkpoint))
    let loaded = try loadSeparator(ModelLibrary().resolve(Self.path))
    #expect(loaded is MaskingDemucs && loaded.family == .maskingDemucs)
    let hybrid = network.configuration.hybrid
    #expect(hybrid.depth == 3 && hybrid.fftLength == 256 && hybrid.sampleRate == 8000)
    #expect(hybrid.segmentSamples == 600 && network.configuration.exponent == 0.4)
    #expect(hybrid.sources == ["drums", "bass", "other", "vocals"])
  }

  @Test("whole and short signals are the trained network's", arguments: [1403, 503, 70])
  func signals(frames: Int) throws {
    let sources = try network(mixture(frames), Run(threads: 2))
    #expect(sources.allSatisfy { $0.shape == [frames, 2] })
    let comparison = Comparison(
      sources.flatMap(\.elements), try golden("forward\(frames)").elements)
    #expect(comparison.relativeToPeak <= 1e-5, "\(frames): \(comparison)")
  }

  @Test("the number of threads doesn't change a bit")
  func threads() throws {
    let one = try network(mixture(1403), Run(threads: 1)).flatMap(\.elements)
    for threads in [2, 5] {
      #expect(try network(mixture(1403), Run(threads: threads)).flatMap(\.elements) == one)
    }
  }

  @Test("away from the ends the sources add up to the mixture")
  func sum() throws {
    let mixture = try mixture(1403)
    let sources = network(mixture, Run(threads: 2)).map(\.elements)
    // The highest frequency, which no mask is for, is all that is missing.
    let missing = (300..<2500).map { index in
      Double(mixture.elements[index] - sources.reduce(0) { $0 + $1[index] })
    }
    let whole = mixture.elements[300..<2500].reduce(0) { $0 + Double($1 * $1) }
    #expect(missing.reduce(0) { $0 + $1 * $1 } < 0.01 * whole)
  }

  @Test("a single sample and silence give finite stems")
  func silence() throws {
    for frames in [1, 2, 900] {
      let signal = [Float](repeating: 0, count: 2 * frames)
      let found = try passed(network, signal, settings: SeparationSettings(), block: 300)
      #expect(found.allSatisfy { $0.count == signal.count && $0.allSatisfy(\.isFinite) })
    }
  }

  @Test(
    "what a file says wrongly is refused in one line",
    arguments: [
      ("\"exponent\": 0.4", "\"exponent\": 9.4"), ("\"nfft\": 256", "\"nfft\": 252"),
      ("\"nfft\": 256", "\"nfft\": 512"), ("\"stride\": 4", "\"stride\": 1"),
      ("\"segment\": 0.075", "\"segment\": -0.07"),
    ])
  func malformed(_ right: String, _ wrong: String) throws {
    let escaped = [right, wrong].map { $0.replacingOccurrences(of: "\"", with: "\\\"") }
    #expect(escaped[0].utf8.count == escaped[1].utf8.count)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: Self.path))
    let place = try #require(bytes.range(of: Data(escaped[0].utf8)))
    bytes.replaceSubrange(place, with: Data(escaped[1].utf8))
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("wrong.safetensors")
    try bytes.write(to: file)
    #expect(throws: CheckpointError.self) {
      try MaskingDemucs(Checkpoint(path: file.path))
    }
  }
}
