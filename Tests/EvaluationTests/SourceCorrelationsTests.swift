// SPDX-License-Identifier: Apache-2.0
internal import Evaluation
internal import Foundation
internal import Testing

@Suite("Metrics of an estimate and all sources")
struct SourceCorrelationsTests {
  /// A tone with a whole number of periods: tones of different numbers are orthogonal.
  private func tone(_ periods: Double, _ amplitude: Double) -> [Double] {
    (0..<8000).map { amplitude * sin(2 * Double.pi * periods * Double($0) / 8000) }
  }

  private func signal(_ parts: [Double]...) -> InterleavedSignal {
    InterleavedSignal(
      (0..<8000).map { frame in Float(parts.reduce(0) { $0 + $1[frame] }) }, sampleRate: 8000)
  }

  @Test("are the ratios of the energies of orthogonal parts")
  func closedForm() throws {
    let references = [signal(tone(100, 0.5)), signal(tone(230, 0.25))]
    // Half the source, a fifth of the other (20 dB below), and a tone of nobody (40 dB below).
    let estimate = signal(tone(100, 0.25), tone(230, 0.025), tone(777, 0.0025))
    let correlations = try SourceCorrelations(
      references: references, estimates: [estimate, references[1]])
    #expect(abs(correlations.score(.scaleInvariantSIR, at: 0).value - 20) < 1e-4)
    #expect(abs(correlations.score(.scaleInvariantSAR, at: 0).value - 40) < 1e-3)
    #expect(correlations.score(.scaleInvariantSIR, at: 1).value > 140)
    #expect(correlations.bestOrder == [0, 1])
  }

  @Test("does not count a reference that occurs twice twice")
  func dependent() throws {
    let references = [signal(tone(100, 0.5)), signal(tone(230, 0.25)), signal(tone(230, 0.25))]
    let estimate = signal(tone(100, 0.5), tone(230, 0.05))
    let correlations = try SourceCorrelations(
      references: references, estimates: [estimate, estimate, estimate])
    #expect(abs(correlations.score(.scaleInvariantSIR, at: 0).value - 20) < 1e-4)
  }

  @Test("have no value for silence, and refuse sounds that do not fit")
  func silence() throws {
    let silence = signal(tone(100, 0))
    let sound = signal(tone(100, 0.5))
    let correlations = try SourceCorrelations(
      references: [silence, sound], estimates: [sound, silence])
    #expect(correlations.score(.scaleInvariantSIR, at: 0).gap == .silentReference(channel: 0))
    #expect(correlations.score(.scaleInvariantSAR, at: 1).gap == .silentEstimate(channel: 0))
    #expect(correlations.bestOrder == [1, 0])
    #expect(throws: MetricError.sourceCountsDiffer(references: 1, estimates: 2)) {
      try SourceCorrelations(references: [sound], estimates: [sound, sound])
    }
  }

  @Test("match estimates in any order with their sources")
  func order() throws {
    let sounds = Sounds(seed: 9, sources: 3, frames: 4000, own: 0.5, mixed: 0.2)
    let shuffled = [2, 0, 1].map { sounds.estimates[$0] }
    let correlations = try SourceCorrelations(references: sounds.signals, estimates: shuffled)
    #expect(correlations.bestOrder == [1, 2, 0])
    let names = ["a", "b", "c"]
    let evaluation = TrackEvaluation(
      metrics: [.scaleInvariantSDR], jointMetrics: [.scaleInvariantSIR], framesOf: nil,
      isPermuting: true)
    let track = try evaluation.scores(
      name: "", subset: "", references: zip(names, sounds.signals).map { .init($0, $1) },
      estimates: zip(["x", "y", "z"], shuffled).map { .init($0, $1) }, mixture: nil)
    for (target, source) in zip(track.targets, sounds.signals.indices) {
      let score = try ScaleInvariantSDR.score(
        of: sounds.estimates[source], against: sounds.signals[source])
      #expect(target.values["si-sdr"]?.value == score.value)
      #expect(target.values["si-sir"]?.value.isFinite == true)
    }
    #expect(track.notes.first == "a: estimated by y")
  }

  @Test("The best assignment is the best of all orders", arguments: 1...5)
  func assignment(_ count: Int) {
    var generator = SystemRandomNumberGenerator()
    func orders(_ rest: [Int]) -> [[Int]] {
      rest.isEmpty
        ? [[]] : rest.flatMap { first in orders(rest.filter { $0 != first }).map { [first] + $0 } }
    }
    for _ in 0..<50 {
      let scores = (0..<count).map { _ in
        (0..<count).map { _ in Double.random(in: -50...50, using: &generator) }
      }
      func sum(_ order: [Int]) -> Double {
        order.enumerated().reduce(0) { $0 + scores[$1.offset][$1.element] }
      }
      let best = orders(Array(0..<count)).map(sum).max() ?? 0
      let found = BestAssignment.maximizing(scores)
      #expect(found.sorted() == Array(0..<count))
      #expect(abs(sum(found) - best) < 1e-9)
    }
  }
}

@Suite("Distances of spectra")
struct SpectralDistanceTests {
  private let noise = Sounds(seed: 2, sources: 1, frames: 9000, own: 1, mixed: 0).signals[0]

  @Test("are zero for equal sounds, and the gain's logarithm for scaled ones")
  func scaled() throws {
    let louder = InterleavedSignal(noise.samples.map { 4 * $0 }, sampleRate: 8000)
    #expect(try LogSpectralDistance.score(of: noise, against: noise).value == 0)
    #expect(try MelDistance.score(of: noise, against: noise).value == 0)
    let distance = try LogSpectralDistance.score(of: louder, against: noise).value
    #expect(abs(distance - 2 * log10(4)) < 1e-4)
    let mel = MelDistance(
      resolutions: [.init(windowLength: 512, bands: 20)], exponent: 2, magnitudeWeight: 0)
    #expect(abs(try mel.score(of: louder, against: noise).value - 2 * log10(4)) < 1e-4)
  }

  @Test("have no value where there is too little to transform, and refuse what does not fit")
  func edges() throws {
    let short = InterleavedSignal(Array(noise.samples[..<1000]), sampleRate: 8000)
    for metric in [MetricName.logSpectralDistance, .melDistance] {
      #expect(
        try metric.score(of: short, against: short).gap == .tooShort(frames: 1000, needed: 1025))
      #expect(throws: MetricError.self) { try metric.score(of: short, against: noise) }
    }
  }
}
