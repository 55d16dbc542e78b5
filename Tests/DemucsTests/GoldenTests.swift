// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Demucs
import Foundation
import ModelLibrary
import Separation
import Tensors
import TestSupport
import Testing

/// Passes a signal through a separator's stage in blocks; the sources' samples, interleaved.
func passed(
  _ separator: any Separator, _ signal: [Float], settings: SeparationSettings, block: Int,
  threads: Int = 1
) throws -> [[Float]] {
  let stage = separator.makeStage(settings)
  let run = Run(threads: threads)
  var found = separator.sources.map { _ in [Float]() }
  func take(_ sources: [[Float]]) {
    for (index, samples) in sources.enumerated() { found[index] += samples }
  }
  for start in stride(from: 0, to: signal.count, by: block) {
    try stage.push(Array(signal[start..<min(start + block, signal.count)]), run, take)
  }
  try stage.finish(run, take)
  return found
}

@Suite("Tiny Demucs networks") struct GoldenTests {
  static let names = ["first", "second", "normalised"]

  private static func path(_ name: String) -> String {
    Fixtures.packageRoot.appendingPathComponent("Tests/DemucsTests/Goldens/\(name)/model.th").path
  }

  private static func load(_ name: String) throws -> (Demucs, Golden) {
    let expected = Fixtures.packageRoot
      .appendingPathComponent("Tests/DemucsTests/Goldens/\(name)/expected.safetensors")
    return (try Demucs(Checkpoint(path: path(name))), try Golden(contentsOf: expected))
  }

  private static func prefix(_ golden: Golden, _ frames: Int) throws -> Tensor {
    Tensor(shape: [frames, 2], elements: Array(try golden("input").elements.prefix(2 * frames)))
  }

  @Test("configurations follow from shapes and arguments")
  func configurations() throws {
    let second = try Self.load("second").0.configuration
    #expect(second.channels == [3, 6, 12])
    #expect(second.memoryLayers == 2 && second.doublesRate && !second.normalizesSegments)
    #expect(second.segmentSamples == 600 && second.sampleRate == 8000 && second.context == 3)
    let normalised = try Self.load("normalised").0.configuration
    #expect(normalised.normalizesSegments && !normalised.doublesRate && normalised.context == 1)
    let first = try Self.load("first").0.configuration
    #expect(!first.doublesRate && first.sources == ["drums", "bass", "other", "vocals"])
  }

  @Test("short and whole signals are the reference's", arguments: names)
  func signals(name: String) throws {
    let (network, golden) = try Self.load(name)
    for (key, frames) in [
      ("whole", 503), ("short50", 50), ("short7", 7), ("short2", 2), ("short1", 1),
    ] {
      // A single sample has no deviation.
      if frames == 1 && network.configuration.normalizesSegments { continue }
      let sources = network(try Self.prefix(golden, frames), Run(threads: 2))
      #expect(sources.allSatisfy { $0.shape == [frames, 2] })
      let comparison = Comparison(sources.flatMap(\.elements), try golden(key).elements)
      #expect(comparison.relativeToPeak <= 1e-5, "\(name), \(key): \(comparison)")
    }
  }

  @Test("the LSTM's states are PyTorch's", arguments: names)
  func memory(name: String) throws {
    let (network, golden) = try Self.load(name)
    let taps = Taps()
    _ = network(try Self.prefix(golden, 503), Run(threads: 1, trace: taps.trace))
    let comparison = Comparison(
      try #require(taps["lstm"]).elements, try golden("lstm").elements)
    #expect(comparison.maxAbsoluteError <= 2e-6, "\(name): \(comparison)")
  }

  @Test("segments taken together come out as they do alone", arguments: names)
  func together(name: String) throws {
    let (network, golden) = try Self.load(name)
    let signal = try Self.prefix(golden, 503)
    let segments = [100..<180, 0..<200, 420..<503]
    var index = 0
    network(signal, segments: segments, Run(threads: 2)) { sources in
      let alone = network(signal, segment: segments[index], Run(threads: 1))
      #expect(sources.map(\.elements) == alone.map(\.elements), "\(name), \(segments[index])")
      index += 1
    }
    #expect(index == segments.count)
  }

  @Test("a network of another family is not recognised")
  func anotherFamily() throws {
    let path = Fixtures.packageRoot
      .appendingPathComponent("Tests/ConvTasNetTests/Goldens/music/tasnet.th").path
    #expect(try !Demucs.recognises(Checkpoint(path: path)))
    #expect(throws: CheckpointError.self) { try Demucs(Checkpoint(path: path)) }
  }

  @Test(
    "tracks are normalised, cut, heard with their surroundings and blended as the reference does")
  func tracks() throws {
    for name in ["second", "normalised"] {
      let (network, golden) = try Self.load(name)
      let signal = try golden("input").elements
      let short = try passed(
        network, Self.prefix(golden, 480).elements, settings: SeparationSettings(), block: 100)
      let difference = Comparison(short.flatMap { $0 }, try golden("separated480").elements)
      #expect(difference.relativeToPeak <= 1e-5, "\(name): \(difference)")
      let expected = try golden("separated").elements
      var first: [[Float]] = []
      for block in [2, 246, 10000] {
        let found = try passed(network, signal, settings: SeparationSettings(), block: block)
        let comparison = Comparison(found.flatMap { $0 }, expected)
        #expect(comparison.relativeToPeak <= 1e-5, "\(name), \(block): \(comparison)")
        if first.isEmpty { first = found }
        #expect(found == first, "blocks of \(block)")
      }
    }
  }

  @Test("the number of threads doesn't change a bit")
  func threads() throws {
    let (network, golden) = try Self.load("second")
    let mixture = try Self.prefix(golden, 1999)
    let one = network(mixture, Run(threads: 1)).flatMap(\.elements)
    for threads in [2, 3, 5] {
      #expect(network(mixture, Run(threads: threads)).flatMap(\.elements) == one)
    }
  }

  @Test("a context is never more than the configuration says")
  func context() throws {
    for name in Self.names {
      let configuration = try Self.load(name).0.configuration
      for samples in 1...700 {
        let surplus = configuration.validLength(samples) - samples
        #expect(surplus >= 0 && (surplus + 1) / 2 <= configuration.contextSamples)
      }
    }
  }

  @Test("silence and constants give finite stems, in the reference's sense: scaled by nothing")
  func constant() throws {
    let (network, _) = try Self.load("second")
    for level: Float in [0, 0.25] {
      let signal = [Float](repeating: level, count: 2 * 900)
      let found = try passed(network, signal, settings: SeparationSettings(), block: 300)
      #expect(found.allSatisfy { $0.count == signal.count && $0.allSatisfy(\.isFinite) })
    }
  }

  @Test("shifted passes average, and are as long as the signal")
  func shifts() throws {
    let (network, golden) = try Self.load("second")
    let signal = try golden("input").elements
    let shifted = try #require(ShiftedSeparator(network, shifts: 2, seed: 3))
    let found = try passed(shifted, signal, settings: SeparationSettings(), block: 500)
    #expect(found.allSatisfy { $0.count == signal.count })
    // Shifts change little: the estimates stay close to those without.
    let plain = try golden("separated").elements
    let comparison = Comparison(found.flatMap { $0 }, plain)
    #expect(comparison.signalToNoiseDecibels > 3, "\(comparison)")
  }

  @Test("the loader knows the family, and a Demucs needs no configuration")
  func loading() throws {
    for name in Self.names {
      let file = try ModelLibrary().resolve(Self.path(name))
      let separator = try loadSeparator(file)
      #expect(separator is Demucs)
      #expect(throws: CheckpointError.self) {
        try loadSeparator(file, configuration: "/nowhere.json")
      }
    }
  }
}
