// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import ConvTasNet
import Foundation
import Separation
import SoundFiles
import Tensors
import TestSupport
import Testing

/// A separator whose sources are known: the mixture times 1 and times −0.5, in an order that changes
/// from segment to segment.
private final class ShufflingSeparator: Separator, @unchecked Sendable {
  // SAFETY: used by one test on one thread.
  var calls = 0
  let sampleRate = 1000
  let channels = 1
  let sources = ["a", "b"]
  let sourcesAreInterchangeable = true
  let matchesMixtureLevel = false
  let passage = Passage.overlap(segmentSamples: 100, bytesPerSample: 1_000_000)

  func separate(_ mixture: Tensor, _ run: Run) -> [Tensor] {
    calls += 1
    let elements = mixture.elements
    let outputs = [elements, elements.map { -0.5 * $0 }].map {
      Tensor(shape: mixture.shape, elements: $0)
    }
    return calls % 2 == 0 ? outputs.reversed() : outputs
  }
}

/// A separator whose estimate depends on where in its segment a sample is.
private struct FadingSeparator: Separator {
  let sampleRate = 400
  let channels = 1
  let sources = ["a", "b"]
  let sourcesAreInterchangeable = false
  let matchesMixtureLevel = false
  let passage = Passage.segments(samples: 90, contextSamples: 0)

  func separate(_ mixture: Tensor, _ run: Run) -> [Tensor] {
    [0.01, -0.02].map { slope in
      let elements = mixture.elements.enumerated().map { $1 * (1 + Float(slope) * Float($0)) }
      return Tensor(shape: mixture.shape, elements: elements)
    }
  }
}

@Suite("Passage of long signals") struct PassageTests {
  private func collect(
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

  private func network(_ name: String, _ file: String) throws -> ConvTasNet {
    try ConvTasNet(
      Checkpoint(
        path: Fixtures.packageRoot
          .appendingPathComponent("Tests/ConvTasNetTests/Goldens/\(name)/\(file)").path))
  }

  private func noise(_ count: Int) -> [Float] {
    (0..<count).map { Float(sin(Double($0) * 0.37) + 0.4 * sin(Double($0 * $0) * 0.0013)) * 0.3 }
  }

  @Test("overlapping segments of a separator that keeps the mixture give it back, in one order")
  func overlapAdd() throws {
    let separator = ShufflingSeparator()
    let signal = noise(987)
    let found = try collect(
      separator, signal, settings: SeparationSettings(segmentSeconds: 0.1), block: 13)
    #expect(separator.calls > 10)
    #expect(Comparison(found[0], signal).maxAbsoluteError <= 1e-6)
    #expect(Comparison(found[1], signal.map { -0.5 * $0 }).maxAbsoluteError <= 1e-6)
  }

  @Test("the reader's block size doesn't change a bit", arguments: [1, 17, 250, 4000])
  func blocks(block: Int) throws {
    let signal = noise(4000)
    for (name, file) in [
      ("kaituoxu-bn", "final.pth.tar"), ("asteroid-gln", "model.pth"),
      ("asteroid-cln-causal", "model.pth"),
    ] {
      let network = try network(name, file)
      let settings = SeparationSettings(segmentSeconds: 0.15)
      let once = try collect(network, signal, settings: settings, block: signal.count)
      #expect(try collect(network, signal, settings: settings, block: block) == once)
      #expect(once.allSatisfy { $0.count == signal.count })
    }
  }

  @Test("segments side by side give the same bits", arguments: [2, 3, 7])
  func jobs(jobs: Int) throws {
    let signal = noise(4000)
    let network = try network("asteroid-gln", "model.pth")
    var settings = SeparationSettings(segmentSeconds: 0.06)
    let once = try collect(network, signal, settings: settings, block: 90)
    settings.jobs = jobs
    #expect(try collect(network, signal, settings: settings, block: 90, threads: 4) == once)
  }

  @Test("segments with context are bit-identical to the whole")
  func context() throws {
    let signal = noise(5000)
    for (name, file) in [("kaituoxu-bn", "final.pth.tar"), ("asteroid-cln", "model.pth")] {
      let path = Fixtures.packageRoot
        .appendingPathComponent("Tests/ConvTasNetTests/Goldens/\(name)/\(file)").path
      let network = try ConvTasNet(Checkpoint(path: path)) { $0.matchesMixtureLevel = false }
      guard case .context = network.passage else {
        Issue.record("\(name) should run with context")
        return
      }
      let whole = network(
        Tensor(shape: [signal.count, 1], elements: signal), Run(threads: 1)
      ).map(\.elements)
      let found = try collect(
        network, signal, settings: SeparationSettings(segmentSeconds: 0.05), block: 333)
      #expect(found == whole)
    }
  }

  @Test("shifts average passes, the same for the same seed, and keep what doesn't depend on them")
  func shifts() throws {
    let signal = noise(900)
    let settings = SeparationSettings(segmentSeconds: 0.4)
    let plain = ShufflingSeparator()
    let shifted = try #require(ShiftedSeparator(plain, shifts: 3, seed: 1))
    let found = try collect(shifted, signal, settings: settings, block: 100)
    #expect(plain.calls % 3 == 0)
    #expect(Comparison(found[0], signal).maxAbsoluteError <= 1e-6)

    let music = try network("music", "tasnet.th")
    func separated(_ seed: UInt64) throws -> [[Float]] {
      let separator = try #require(ShiftedSeparator(music, shifts: 2, seed: seed))
      return try collect(separator, signal, settings: SeparationSettings(), block: 100)
    }
    #expect(try separated(1) == separated(1))
    #expect(try separated(1) != separated(2))
    #expect(
      try ShiftedSeparator(network("kaituoxu-bn", "final.pth.tar"), shifts: 2, seed: 0) == nil)
  }

  @Test("shifts of tracks average passes that begin late", arguments: [1, 60, 5000])
  func trackShifts(block: Int) throws {
    let signal = noise(777)
    let shifted = TrackShiftedSeparator(FadingSeparator(), shifts: 3, seed: 5)
    #expect(Set(shifted.delays).count == 3 && shifted.delays.allSatisfy { 0...200 ~= $0 })
    let settings = SeparationSettings()
    let found = try collect(shifted, signal, settings: settings, block: block)
    var mean = [[Float]](repeating: [Float](repeating: 0, count: signal.count), count: 2)
    for delay in shifted.delays {
      let late = [Float](repeating: 0, count: delay) + signal
      let pass = try collect(FadingSeparator(), late, settings: settings, block: late.count)
      for source in mean.indices {
        for index in signal.indices { mean[source][index] += pass[source][delay + index] / 3 }
      }
    }
    for source in mean.indices {
      let comparison = Comparison(found[source], mean[source])
      #expect(comparison.relativeToPeak <= 1e-6, "\(comparison)")
    }
    #expect(try collect(shifted, [], settings: settings, block: 1) == [[], []])
  }

  @Test("estimates of asteroid networks are brought to the mixture's level as its separate does")
  func level() throws {
    for name in ["asteroid-gln", "asteroid-cln", "asteroid-cln-causal"] {
      let golden = try Golden(
        contentsOf: Fixtures.packageRoot.appendingPathComponent(
          "Tests/ConvTasNetTests/Goldens/\(name)/expected.safetensors"))
      let signal = try golden("input").elements
      let found = try collect(
        network(name, "model.pth"), signal, settings: SeparationSettings(), block: 100)
      let comparison = Comparison(found.flatMap { $0 }, try golden("separate").elements)
      #expect(comparison.relativeToPeak <= 1e-5, "\(name): \(comparison)")
    }
  }

  @Test("stems have the mixture's rate, length and at most its channels")
  func formats() throws {
    let network = try network("asteroid-cln-causal", "model.pth")
    let music = try self.network("music", "tasnet.th")
    for (separator, format, expected) in [
      (network as any Separator, AudioFormat(sampleRate: 44100, channels: 2), 1),
      (network, AudioFormat(sampleRate: 8000, channels: 1), 1),
      (music, AudioFormat(sampleRate: 48000, channels: 1), 1),
      (music, AudioFormat(sampleRate: 22050, channels: 8), 2),
    ] {
      let separation = Separation(separator, format: format, stems: separator.stems, threads: 2)
      var frames = separator.sources.map { _ in 0 }
      for _ in 0..<7 {
        let samples = noise(333 * format.channels)
        try separation.push(AudioBlock(channels: format.channels, samples: samples)) {
          #expect($1.channels == expected)
          frames[$0] += $1.frames
        }
      }
      try separation.finish { frames[$0] += $1.frames }
      #expect(frames.allSatisfy { $0 == 7 * 333 })
      #expect(separation.format == AudioFormat(sampleRate: format.sampleRate, channels: expected))
    }
  }

  @Test("an output that is no number is an error that names stem and frame")
  func notFinite() throws {
    struct Overflowing: Separator {
      let sampleRate = 8000
      let channels = 1
      let sources = ["a"]
      let sourcesAreInterchangeable = false
      let matchesMixtureLevel = false
      let passage = Passage.overlap(segmentSamples: nil, bytesPerSample: 1)
      func separate(_ mixture: Tensor, _ run: Run) -> [Tensor] {
        [Tensor(shape: mixture.shape, elements: mixture.elements.map { $0 / 0 })]
      }
    }
    let separation = Separation(
      Overflowing(), format: AudioFormat(sampleRate: 8000, channels: 1),
      stems: Overflowing().stems, threads: 1)
    try separation.push(AudioBlock(channels: 1, samples: [1, 2, 3])) { _, _ in }
    #expect(throws: SeparationError.notFinite(stem: "a", frame: 0)) {
      try separation.finish { _, _ in }
    }
  }

  @Test("stems and the residual sum to the mixture")
  func residual() throws {
    let music = try network("music", "tasnet.th")
    let stems = music.stems + [Stem(name: "residual", content: .residual)]
    let separation = Separation(
      music, format: AudioFormat(sampleRate: 32000, channels: 2), stems: stems, threads: 1)
    let mixture = noise(2 * 3000)
    var sum = [Float](repeating: 0, count: mixture.count)
    var positions = stems.map { _ in 0 }
    func add(_ stem: Int, _ block: AudioBlock) {
      for sample in block.samples {
        sum[positions[stem]] += sample
        positions[stem] += 1
      }
    }
    try separation.push(AudioBlock(channels: 2, samples: mixture), emit: add)
    try separation.finish(emit: add)
    #expect(Comparison(sum, mixture).maxAbsoluteError <= 2e-6)
  }

  @Test("two stems are one source and the sum of the others")
  func twoStems() throws {
    let music = try network("music", "tasnet.th")
    let pair = try #require(music.twoStems("bass"))
    #expect(pair.map(\.name) == ["bass", "no_bass"])
    #expect(pair[1].content == .sources([0, 2, 3]))
    #expect(music.twoStems("kazoo") == nil)
  }
}
