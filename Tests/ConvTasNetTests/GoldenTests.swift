// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import ConvTasNet
import Foundation
import NeuralLayers
import Tensors
import TestSupport
import Testing

/// A tiny network of each dialect, written by `Tools/Goldens/convtasnet.py`.
struct GoldenNetwork: Sendable, CustomTestStringConvertible {
  let name: String
  let file: String
  var testDescription: String { name }

  static let all = [
    GoldenNetwork(name: "torchaudio", file: "model.pt"),
    GoldenNetwork(name: "asteroid-gln", file: "model.pth"),
    GoldenNetwork(name: "asteroid-cln", file: "model.pth"),
    GoldenNetwork(name: "asteroid-cln-causal", file: "model.pth"),
    GoldenNetwork(name: "kaituoxu-gln", file: "final.pth.tar"),
    GoldenNetwork(name: "kaituoxu-gln-causal", file: "final.pth.tar"),
    GoldenNetwork(name: "kaituoxu-cln-causal", file: "final.pth.tar"),
    GoldenNetwork(name: "kaituoxu-bn", file: "final.pth.tar"),
    GoldenNetwork(name: "music", file: "tasnet.th"),
  ]

  var folder: URL {
    Fixtures.packageRoot.appendingPathComponent("Tests/ConvTasNetTests/Goldens/\(name)")
  }

  func load() throws -> ConvTasNet {
    try ConvTasNet(Checkpoint(path: folder.appendingPathComponent(file).path))
  }

  func expected() throws -> Golden {
    try Golden(contentsOf: folder.appendingPathComponent("expected.safetensors"))
  }

  /// `[T, A]`.
  func mixture() throws -> Tensor {
    let input = try expected()("input")
    return Tensor(shape: input.shape, elements: input.elements)
  }
}

@Suite("Golden networks") struct GoldenTests {
  @Test("the output is the reference's", arguments: GoldenNetwork.all)
  func output(golden: GoldenNetwork) throws {
    let network = try golden.load()
    let taps = Taps()
    let outputs = network(try golden.mixture(), Run(threads: 2, trace: taps.trace))
    let expected = try golden.expected()
    for stage in ["encoder", "bottleneck"] where expected.names.contains(stage) {
      let difference = Comparison(try #require(taps[stage]), try expected(stage).elements)
      #expect(difference.relativeToPeak <= 1e-5, "\(stage): \(difference)")
    }
    let comparison = Comparison(outputs.flatMap(\.elements), try expected("output").elements)
    #expect(comparison.relativeToPeak <= 1e-5, "\(comparison)")
  }

  @Test("the number of threads doesn't change a bit", arguments: GoldenNetwork.all)
  func threads(golden: GoldenNetwork) throws {
    let network = try golden.load()
    let mixture = try golden.mixture()
    let one = network(mixture, Run(threads: 1)).map(\.elements)
    for threads in [2, 3, 4] {
      #expect(network(mixture, Run(threads: threads)).map(\.elements) == one)
    }
  }

  @Test("hyper-parameters are read off the checkpoint")
  func configuration() throws {
    let music = try GoldenNetwork.all[8].load().configuration
    #expect(music.sources == ["drums", "bass", "other", "vocals"])
    #expect(music.sampleRate == 44100)
    #expect(music.audioChannels == 2)
    #expect((music.blocks, music.repeats) == (3, 2))
    #expect(!music.sourcesAreInterchangeable)
    let causal = try GoldenNetwork.all[3].load().configuration
    #expect(causal.isCausal && causal.norm == .channelwise && causal.maskActivation == .sigmoid)
    #expect(causal.skipChannels == 8 && causal.hopLength == 8 && causal.matchesMixtureLevel)
    let batch = try GoldenNetwork.all[7].load().configuration
    #expect(batch.norm == .batch && !batch.isCausal)
  }

  @Test("a configuration survives JSON")
  func codable() throws {
    let configuration = try GoldenNetwork.all[1].load().configuration
    let data = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(ConvTasNetConfiguration.self, from: data) == configuration)
    let changed = try configuration.replacing(with: Data(#"{"maskActivation": "sigmoid"}"#.utf8))
    #expect(changed.maskActivation == .sigmoid && changed.blocks == configuration.blocks)
    for wrong in [#"{"mask": "sigmoid"}"#, #"{"blocks": "four"}"#, "[]", "nonsense"] {
      #expect(throws: (any Error).self) {
        try configuration.replacing(with: Data(wrong.utf8))
      }
    }
  }

  @Test("sizes that no tensor vouches for are refused before memory is taken")
  func hostileSizes() throws {
    let golden = GoldenNetwork.all[0]
    let checkpoint = try Checkpoint(path: golden.folder.appendingPathComponent(golden.file).path)
    let changes: [(inout ConvTasNetConfiguration) -> Void] = [
      { $0.hopLength = 0 }, { $0.hopLength = 1 << 40 }, { $0.sampleRate = -1 },
      { $0.blocks = 60 }, { $0.sources = [] }, { $0.segmentSeconds = .nan },
      { $0.kernelSize = 1000 }, { $0.filters = 1 << 50 },
    ]
    for change in changes {
      #expect {
        _ = try ConvTasNet(checkpoint) { change(&$0) }
      } throws: { error in
        if case .unsupported = error as? CheckpointError { true } else { false }
      }
    }
  }

  @Test("signals shorter than a filter keep their length", arguments: [1, 2, 15, 16, 17, 33])
  func short(samples: Int) throws {
    for golden in GoldenNetwork.all {
      let network = try golden.load()
      let channels = network.configuration.audioChannels
      let input = Tensor(
        shape: [samples, channels], elements: [Float](repeating: 0.5, count: samples * channels))
      for output in network(input, Run(threads: 1)) {
        #expect(output.shape == [samples, channels])
        #expect(output.elements.allSatisfy { $0.isFinite })
      }
    }
  }

  @Test("a checkpoint of another model is refused by name")
  func otherModel() throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("other.safetensors").path
    let header = #"{"encoder.0.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    bytes += Array(header.utf8) + [0, 0, 0, 0]
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let checkpoint = try Checkpoint(path: path)
    #expect {
      _ = try ConvTasNet(checkpoint)
    } throws: { error in
      guard case .unsupported(path, let detail)? = error as? CheckpointError else { return false }
      return detail.contains("not a Conv-TasNet")
    }
  }
}

@Suite("Streaming") struct StreamingTests {
  static let causal = GoldenNetwork.all.filter {
    ["asteroid-cln-causal", "kaituoxu-cln-causal"].contains($0.name)
  }

  @Test(
    "pieces of any size give the bits of the whole", arguments: causal,
    [1, 2, 7, 8, 16, 100, 1500, 5000])
  func chunks(golden: GoldenNetwork, chunk: Int) throws {
    let network = try golden.load()
    // Long enough for several steps and for histories to wrap around.
    let once = try golden.mixture().elements
    let signal = once + once.reversed() + once + once
    let whole = network(
      Tensor(shape: [signal.count, 1], elements: signal), Run(threads: 2)
    ).map(\.elements)

    let run = Run(threads: 1)
    var state = network.makeState()
    var pieces = whole.map { _ in [Float]() }
    for start in stride(from: 0, to: signal.count, by: chunk) {
      let piece = Array(signal[start..<min(start + chunk, signal.count)])
      for (source, samples) in network.step(piece, &state, run).enumerated() {
        pieces[source] += samples
      }
    }
    for (source, samples) in network.finish(&state, run).enumerated() { pieces[source] += samples }
    #expect(pieces == whole)
  }

  @Test("a sample comes out as soon as the stated latency allows", arguments: causal)
  func latency(golden: GoldenNetwork) throws {
    let network = try golden.load()
    let run = Run(threads: 1)
    var state = network.makeState()
    var delivered = 0
    for sample in 0..<400 {
      delivered += network.step([Float(sample % 5) * 0.1], &state, run)[0].count
      // Sample n is there once sample n + latency has come.
      #expect(delivered >= sample + 1 - network.streamLatencySamples)
    }
  }

  @Test("two streams of one network don't disturb each other")
  func twoStreams() throws {
    let network = try Self.causal[0].load()
    let run = Run(threads: 1)
    let signal = try Self.causal[0].mixture().elements
    var alone = network.makeState()
    let expected = network.step(signal, &alone, run)
    var first = network.makeState()
    var second = network.makeState()
    var found = expected.map { _ in [Float]() }
    for start in stride(from: 0, to: signal.count, by: 64) {
      let piece = Array(signal[start..<min(start + 64, signal.count)])
      for (source, samples) in network.step(piece, &first, run).enumerated() {
        found[source] += samples
      }
      _ = network.step(piece.map { -2 * $0 }, &second, run)
    }
    #expect(found == expected)
  }

  @Test("networks that need later or all frames say that they can't be streamed")
  func notStreamable() throws {
    for golden in GoldenNetwork.all {
      let isCausal = Self.causal.contains { $0.name == golden.name }
      #expect(try golden.load().isStreamable == isCausal)
    }
  }
}
