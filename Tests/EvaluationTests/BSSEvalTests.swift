// SPDX-License-Identifier: Apache-2.0
internal import Evaluation
internal import Foundation
internal import TestSupport
internal import Testing

@Suite("BSSEval v4")
struct BSSEvalTests {
  private let stereo = Sounds.stereo
  private let ratios: [KeyPath<SourceScores.Ratios, Score>] = [\.sdr, \.isr, \.sir, \.sar]

  private func expect(
    _ scores: [SourceScores], equalGolden name: String, within tolerance: Double = 1e-6
  ) throws {
    let golden = try Golden(
      contentsOf: Fixtures.packageRoot
        .appendingPathComponent("Tests/EvaluationTests/Goldens/bsseval.safetensors"))(name)
    let values = ratios.flatMap { ratio in
      scores.flatMap { source in source.frames.map { $0[keyPath: ratio].value } }
    }
    try #require(golden.shape == [4, scores.count, scores.first?.frames.count ?? 0])
    for (value, expected) in zip(values, golden.elements.map(Double.init)) {
      if expected.isFinite {
        // The golden's elements arrive in single precision.
        #expect(abs(value - expected) < tolerance + 1e-7 * abs(expected), "\(name)")
      } else {
        #expect(value == expected || value.isNaN && expected.isNaN, "\(name)")
      }
    }
  }

  @Test("equals museval for stereo sources, one of them silent in between")
  func stereoSources() throws {
    let sounds = stereo
    let (references, estimates) = (sounds.signals, sounds.estimates)
    let scores = try BSSEval().scores(references: references, estimates: estimates)
    try expect(scores, equalGolden: "stereo")
    #expect(scores.map(\.ridge) == [0, 0])
    #expect(scores[1].frames[1].sdr.gap == .silentReferenceSource(0))
    let (first, last) = (scores[1].frames[0].isr.value, scores[1].frames[2].isr.value)
    #expect(abs(scores[1].medians.isr.value - (first + last) / 2) < 1e-12)

    let overlapping = BSSEval(hopSeconds: 0.5)
    try expect(
      try overlapping.scores(references: references, estimates: estimates),
      equalGolden: "stereo.overlapping")
    let whole = BSSEval(windowSeconds: .infinity)
    try expect(
      try whole.scores(references: references, estimates: estimates), equalGolden: "stereo.whole")
  }

  @Test("continues short estimates with zeros, as museval does, and cuts long ones")
  func lengths() throws {
    let sounds = stereo
    let shorter = sounds.estimates.map {
      InterleavedSignal(Array($0.samples.dropLast(200)), channels: 2, sampleRate: 8000)
    }
    let cut = try BSSEval().scores(references: sounds.signals, estimates: shorter)
    try expect(cut, equalGolden: "stereo.cut")
    let longer = sounds.estimates.map {
      InterleavedSignal($0.samples + [0.5, 0.5], channels: 2, sampleRate: 8000)
    }
    try expect(
      try BSSEval().scores(references: sounds.signals, estimates: longer), equalGolden: "stereo")
  }

  @Test("of version 3 equals museval, which then fits filters to each frame")
  func versionThree() throws {
    try expect(
      try BSSEval(version: .v3).scores(references: stereo.signals, estimates: stereo.estimates),
      equalGolden: "stereo.v3")
  }

  @Test("of sources equals museval, which then lets a filter do what it likes")
  func sourcesForm() throws {
    let sounds = Sounds(seed: 777, sources: 3, frames: 20000, own: 0.9, mixed: 0.2)
    let metric = BSSEval(version: .v3, form: .sources, windowSeconds: .infinity)
    let scores = try metric.scores(references: sounds.signals, estimates: sounds.estimates)
    try expect(scores, equalGolden: "mono.sources")
    #expect(scores[0].medians.isr.gap == .notInThisForm)
  }

  @Test("gives the same bits for any number of threads, and for sounds read in pieces")
  func threads() throws {
    let sounds = Sounds(seed: 777, sources: 3, frames: 20000, own: 0.9, mixed: 0.2)
    let once = try BSSEval().scores(references: sounds.signals, estimates: sounds.estimates)
    let pieces = try sounds.signals.map { try SummedSource([$0]) }
    #expect(
      try BSSEval().scores(references: pieces, estimates: sounds.estimates, threads: 3) == once)
  }

  @Test("equals museval for three mono sources")
  func monoSources() throws {
    let sounds = Sounds(seed: 777, sources: 3, frames: 20000, own: 0.9, mixed: 0.2)
    let whole = BSSEval(windowSeconds: .infinity)
    try expect(
      try whole.scores(references: sounds.signals, estimates: sounds.estimates),
      equalGolden: "mono")
  }

  @Test("equals museval for a single source, which nothing interferes with")
  func single() throws {
    let sounds = stereo
    let scores = try BSSEval().scores(
      references: [sounds.signals[1]], estimates: [sounds.estimates[1]])
    try expect(scores, equalGolden: "one")
    #expect(scores[0].medians.sir.value == .infinity)
  }

  @Test("equals museval for a source in mono on two channels, and says what that took")
  func twins() throws {
    var sounds = Sounds(seed: 99, sources: 2, channels: 2, frames: 20000, own: 0.9, mixed: 0.1)
    for frame in 0..<20000 {
      sounds.references[0][2 * frame + 1] = sounds.references[0][2 * frame]
    }
    let scores = try BSSEval().scores(references: sounds.signals, estimates: sounds.estimates)
    try expect(scores, equalGolden: "twins")
    for score in scores { #expect(score.ridge > 0 && score.ridge <= 1e-10) }
  }

  @Test("permutes its scores with the sources")
  func permutation() throws {
    let sounds = Sounds(seed: 5, sources: 3, frames: 12000, own: 0.9, mixed: 0.1)
    let metric = BSSEval(windowSeconds: 0.5, hopSeconds: 0.5, filterLength: 64)
    let plain = try metric.scores(references: sounds.signals, estimates: sounds.estimates)
    let order = [2, 0, 1]
    let permuted = try metric.scores(
      references: order.map { sounds.signals[$0] }, estimates: order.map { sounds.estimates[$0] })
    for (place, source) in order.enumerated() {
      for (left, right) in zip(permuted[place].frames, plain[source].frames) {
        for ratio in ratios {
          #expect(abs(left[keyPath: ratio].value - right[keyPath: ratio].value) < 1e-8)
        }
      }
    }
  }

  @Test("calls what a filter of its length does to a source spatial distortion, nothing else")
  func filtered() throws {
    let sounds = Sounds(seed: 3, sources: 2, frames: 16000, own: 1, mixed: 0)
    // Whole numbers of few bits, so that what follows is exact, and silence for the echo to end in.
    let references = sounds.references.map { samples in
      samples.indices.map { $0 < 15_900 ? (samples[$0] * 8192).rounded() / 8192 : 0 }
    }
    // Half as loud, and an echo of a quarter 31 samples later.
    let estimates = references.map { samples in
      sounds.signal(
        samples.indices.map { 0.5 * samples[$0] + ($0 < 31 ? 0 : 0.25 * samples[$0 - 31]) })
    }
    let enough = BSSEval(windowSeconds: .infinity, filterLength: 32)
    let explained = try enough.scores(
      references: references.map(sounds.signal), estimates: estimates)
    for source in explained.map({ $0.frames[0] }) {
      #expect(source.sir.value > 150)
      #expect(source.sar.value > 150)
      #expect(abs(source.isr.value - source.sdr.value) < 1e-9)
    }
    // An echo out of the filters' reach is an artifact.
    let tooShort = BSSEval(windowSeconds: .infinity, filterLength: 31)
    let cut = try tooShort.scores(
      references: references.map(sounds.signal), estimates: estimates)
    #expect(cut[1].frames[0].sar.value < 10)
  }

  @Test("gives interference the level at which another source is mixed in")
  func interference() throws {
    let sounds = Sounds(seed: 8, sources: 2, frames: 16000, own: 1, mixed: 0)
    let references = sounds.references.map { samples in
      // Whole numbers of 16 bits: both sums below are exact.
      samples.map { ($0 * 8192).rounded() / 32768 }
    }
    let leaking = zip(references[0], references[1]).map { $0 + 0.125 * $1 }
    let metric = BSSEval(windowSeconds: .infinity, filterLength: 16)
    let scores = try metric.scores(
      references: references.map(sounds.signal),
      estimates: [sounds.signal(leaking), sounds.signal(references[1])])
    func energy(_ samples: [Double]) -> Double { samples.reduce(0) { $0 + $1 * $1 } }
    let level = 10 * log10(64 * energy(references[0]) / energy(references[1]))
    let leaky = scores[0].frames[0]
    #expect(abs(leaky.sdr.value - level) < 1e-9)
    #expect(abs(leaky.sir.value - level) < 0.1)
    #expect(leaky.sar.value > 200)
    #expect(leaky.isr.value > level + 10)
    let perfect = scores[1].frames[0]
    #expect(perfect.sdr.value == .infinity)
    for ratio in ratios { #expect(perfect[keyPath: ratio].value > 200) }
  }

  @Test("with silence of its own leaves other sources alone")
  func ownSilence() throws {
    let sounds = stereo
    let metric = BSSEval(silence: .ownSource)
    let scores = try metric.scores(references: sounds.signals, estimates: sounds.estimates)
    let museval = try BSSEval().scores(references: sounds.signals, estimates: sounds.estimates)
    #expect(scores[0].frames[1].sdr.gap == .silentReferenceSource(0))
    #expect(scores[1].frames[1].sdr.value.isFinite)
    for source in 0...1 {
      for frame in [0, 2] { #expect(scores[source].frames[frame] == museval[source].frames[frame]) }
    }

    let silence = sounds.signal([Double](repeating: 0, count: 49000))
    let withSilence = try metric.scores(
      references: [sounds.signals[1], silence], estimates: [sounds.estimates[1], silence])
    let alone = try metric.scores(
      references: [sounds.signals[1]], estimates: [sounds.estimates[1]])
    #expect(withSilence[1].medians.sdr.gap == .silentReferenceSource(1))
    #expect(withSilence[0].ridge == 0)
    for (left, right) in zip(withSilence[0].frames, alone[0].frames) {
      #expect(abs(left.sar.value - right.sar.value) < 1e-9)
    }
  }

  @Test("takes channels of opposite sign for silence only where museval does")
  func antiphase() throws {
    var sounds = Sounds(seed: 4, sources: 2, channels: 2, frames: 8000, own: 0.9, mixed: 0.1)
    for frame in 0..<8000 {
      sounds.references[0][2 * frame + 1] = -sounds.references[0][2 * frame]
    }
    #expect(throws: MetricError.silentSource(.silentReferenceSource(0))) {
      try BSSEval(filterLength: 32).scores(
        references: sounds.signals, estimates: sounds.estimates)
    }
    let scores = try BSSEval(filterLength: 32, silence: .ownSource).scores(
      references: sounds.signals, estimates: sounds.estimates)
    for source in scores { #expect(source.medians.sir.value.isFinite) }
  }

  @Test("has no scores of nothing")
  func empty() throws {
    let nothing = InterleavedSignal([], channels: 2, sampleRate: 8000)
    let scores = try BSSEval(filterLength: 8, silence: .ownSource)
      .scores(references: [nothing], estimates: [nothing])
    #expect(scores[0].frames.isEmpty)
    #expect(scores[0].medians.sdr.gap == .tooShort(frames: 0, needed: 1))
  }

  @Test("refuses sounds that do not fit each other")
  func shapes() {
    let metric = BSSEval(filterLength: 8)
    let mono = InterleavedSignal([1, 2, 3, 4], sampleRate: 8000)
    func refuses(
      _ references: [InterleavedSignal], _ estimates: [InterleavedSignal], _ error: MetricError
    ) {
      #expect(throws: error) {
        try metric.scores(references: references, estimates: estimates)
      }
    }
    refuses([], [], .sourceCountsDiffer(references: 0, estimates: 0))
    refuses([mono], [mono, mono], .sourceCountsDiffer(references: 1, estimates: 2))
    refuses(
      [mono], [InterleavedSignal([1, 2, 3, 4], channels: 2, sampleRate: 8000)],
      .channelsDiffer(reference: 1, estimate: 2))
    refuses(
      [mono], [InterleavedSignal([1, 2, 3, 4], sampleRate: 16000)],
      .sampleRatesDiffer(reference: 8000, estimate: 16000))
    refuses(
      [mono, InterleavedSignal([1, 2], sampleRate: 8000)], [mono, mono],
      .lengthsDiffer(referenceFrames: 4, estimateFrames: 2))
    refuses(
      [mono], [InterleavedSignal([1, 2, .nan, 4], sampleRate: 8000)], .sourceNotFinite(0))
    refuses(
      [mono], [InterleavedSignal([0, 0, 0, 0], sampleRate: 8000)],
      .silentSource(.silentEstimateSource(0)))
  }

  @Test("states its parameters in its definition")
  func definition() {
    #expect(BSSEval().definition.contains("512 taps"))
    #expect(BSSEval().definition != BSSEval(hopSeconds: 0.5).definition)
    #expect(BSSEval().definition != BSSEval(silence: .ownSource).definition)
  }
}
