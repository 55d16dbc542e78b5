// SPDX-License-Identifier: Apache-2.0
internal import Evaluation
internal import Foundation
internal import TestSupport
internal import Testing

@Suite("Metrics")
struct MetricTests {
  /// Knuth and Lewis' linear congruential generator, from -1 to 1, as in `Tools/Goldens/metrics.py`.
  private func noise(_ count: Int, seed: UInt64) -> [Double] {
    var state = seed
    return (0..<count).map { _ in
      state = (1_664_525 * state + 1_013_904_223) % (1 << 32)
      return Double(state) / Double(1 << 31) - 1
    }
  }

  private func sound(_ samples: [Double], channels: Int = 1, rate: Int = 16000)
    -> InterleavedSignal
  {
    InterleavedSignal(samples.map(Float.init), channels: channels, sampleRate: rate)
  }

  /// The pair of sounds in `Tools/Goldens/metrics.py`.
  private func goldenSounds(_ rate: Int) -> (reference: [Double], estimate: [Double]) {
    let count = rate * 3 / 2
    let reference = noise(count, seed: 1).enumerated().map { index, sample in
      let swell = sin(2 * Double.pi * 2 * Double(index) / Double(rate))
      return (count / 2..<count * 2 / 3).contains(index) ? 0 : 0.8 * sample * swell * swell
    }
    return (reference, zip(reference, noise(count, seed: 2)).map { 0.9 * $0 + 0.2 * $1 })
  }

  private func stereo(_ left: [Double], _ right: [Double]) -> InterleavedSignal {
    sound(zip(left, right).flatMap { [$0, $1] }, channels: 2)
  }

  @Test(
    "equal torchmetrics and pystoi on synthesised sounds",
    arguments: [8000, 10000, 11025, 16000])
  func goldens(_ rate: Int) throws {
    let golden = try Golden(
      contentsOf: Fixtures.packageRoot
        .appendingPathComponent("Tests/EvaluationTests/Goldens/metrics.safetensors"))
    let (target, guess) = goldenSounds(rate)
    for metric in [MetricName.sdr, .scaleInvariantSDR, .intelligibility] {
      let score = try metric.score(of: sound(guess, rate: rate), against: sound(target, rate: rate))
      let expected = Double(try golden("\(metric.rawValue).\(rate)").elements[0])
      #expect(abs(score.value - expected) < 1e-6 * max(1, abs(expected)))
    }
  }

  @Test("follow torchmetrics' four-sample example")
  func fourSamples() throws {
    let reference = sound([3, -0.5, 2, 7])
    let estimate = sound([2.5, 0, 2, 8])
    #expect(abs(try GlobalSDR.score(of: estimate, against: reference).value - 16.1805) < 1e-4)
    #expect(
      abs(try ScaleInvariantSDR.score(of: estimate, against: reference).value - 18.4030) < 1e-4)
  }

  @Test("give the segmental ratio of a published pair of sines")
  func segmental() throws {
    let reference = (0..<20000).map { index -> Double in
      let time = Double(index) / 16000
      let swell = 0.5 + 0.5 * sin(2 * Double.pi * 3 * time)
      return (5000..<8000).contains(index) ? 0 : 0.3 * sin(2 * Double.pi * 440 * time) * swell
    }
    let estimate = reference.enumerated().map { index, sample in
      0.9 * sample + 0.02 * sin(2 * Double.pi * 1234.5 * Double(index) / 16000)
    }
    let score = try SegmentalSNR.score(of: sound(estimate), against: sound(reference))
    #expect(abs(score.value - 7.775182408) < 1e-4)
    // Silent frames count as -10 dB, all others are at the ceiling of 35 dB.
    let perfect = try SegmentalSNR.score(of: sound(reference), against: sound(reference))
    #expect(abs(perfect.value - 29.166666667) < 1e-8)
  }

  @Test("take all channels together for SDR, and the mean over channels for the others")
  func channels() throws {
    let (target, guess) = goldenSounds(16000)
    let louder = target.map { 4 * $0 }
    let noisier = zip(louder, noise(louder.count, seed: 3)).map { $0 + 0.1 * $1 }
    let reference = stereo(target, louder)
    let estimate = stereo(guess, noisier)
    func energy(_ samples: [Double]) -> Double { samples.reduce(0) { $0 + $1 * $1 } }
    let error =
      energy(zip(target, guess).map { $0 - $1 }) + energy(zip(louder, noisier).map { $0 - $1 })
    let together = 10 * log10((energy(target) + energy(louder)) / error)
    #expect(abs(try GlobalSDR.score(of: estimate, against: reference).value - together) < 1e-5)
    for metric in [MetricName.scaleInvariantSDR, .segmentalSNR, .intelligibility] {
      let left = try metric.score(of: sound(guess), against: sound(target)).value
      let right = try metric.score(of: sound(noisier), against: sound(louder)).value
      let both = try metric.score(of: estimate, against: reference).value
      #expect(abs(both - (left + right) / 2) < 1e-12)
    }
  }

  @Test("do not depend on the estimate's gain where they say so")
  func gain() throws {
    let (target, guess) = goldenSounds(10000)
    for metric in [MetricName.scaleInvariantSDR, .intelligibility] {
      let plain = try metric.score(
        of: sound(guess, rate: 10000), against: sound(target, rate: 10000))
      for factor in [-0.25, 0.5, 16] where metric != .intelligibility || factor > 0 {
        let scaled = try metric.score(
          of: sound(guess.map { factor * $0 }, rate: 10000), against: sound(target, rate: 10000))
        #expect(abs(scaled.value - plain.value) < 1e-9)
      }
    }
  }

  @Test("of a perfect estimate are infinite, or one for intelligibility")
  func perfect() throws {
    let reference = sound(goldenSounds(16000).reference)
    #expect(try GlobalSDR.score(of: reference, against: reference).value == .infinity)
    #expect(try ScaleInvariantSDR.score(of: reference, against: reference).value == .infinity)
    let understood = try ShortTimeObjectiveIntelligibility.score(of: reference, against: reference)
    #expect(abs(understood.value - 1) < 1e-9)
  }

  @Test("of an attenuated copy stay exact as far as rounding allows")
  func nearlyPerfect() throws {
    let target = noise(50000, seed: 5)
    // Halves are exact in binary: only the added noise, 100 dB below, is an error.
    let guess = zip(target, noise(50000, seed: 6)).map { 0.5 * (Double(Float($0)) + 1e-5 * $1) }
    let reference = sound(target)
    let estimate = InterleavedSignal(guess.map(Float.init), sampleRate: 16000)
    let score = try ScaleInvariantSDR.score(of: estimate, against: reference)
    #expect(abs(score.value - 100) < 0.1)
    #expect(abs(try GlobalSDR.score(of: estimate, against: reference).value - 6.0206) < 1e-3)
  }

  @Test("of improvement are differences from the mixture's score")
  func improvement() throws {
    let (target, guess) = goldenSounds(16000)
    let mixture = sound(zip(target, noise(target.count, seed: 9)).map { $0 + 0.5 * $1 })
    for (improvement, metric) in [
      (MetricName.sdrImprovement, MetricName.sdr),
      (.scaleInvariantSDRImprovement, .scaleInvariantSDR),
    ] {
      let gained = try improvement.score(
        of: sound(guess), against: sound(target), mixture: mixture)
      let after = try metric.score(of: sound(guess), against: sound(target))
      let before = try metric.score(of: mixture, against: sound(target))
      #expect(gained.value == after.value - before.value)
      #expect(throws: MetricError.mixtureMissing(improvement)) {
        try improvement.score(of: sound(guess), against: sound(target))
      }
      let nothing = try improvement.score(
        of: sound(guess), against: sound(target), mixture: sound(target))
      #expect(nothing.gap == .perfectMixture)
    }
  }

  @Test("name what they cannot judge", arguments: MetricName.allCases)
  func gaps(_ metric: MetricName) throws {
    let loud = noise(16000, seed: 1)
    let silent = [Double](repeating: 0, count: 16000)
    func score(_ estimate: InterleavedSignal, _ reference: InterleavedSignal) throws -> Score {
      try metric.score(of: estimate, against: reference, mixture: reference)
    }
    if metric != .flooredSDR && metric != .flooredSDRImprovement {
      let ofNothing = try score(sound(loud), sound(silent))
      #expect(ofNothing.value.isNaN)
      #expect(ofNothing.gap == .silentReference(channel: 0))
    }
    var broken = loud
    broken[77] = .nan
    #expect(try score(stereo(loud, broken), stereo(loud, loud)).gap == .notFinite(channel: 1))
    broken[77] = .infinity
    #expect(try score(stereo(loud, broken), stereo(loud, loud)).gap == .notFinite(channel: 1))
    #expect(try score(sound(broken), sound(broken)).gap == .notFinite(channel: 0))
    let empty = try score(sound([]), sound([]))
    guard case .tooShort(frames: 0, needed: _)? = empty.gap else {
      Issue.record("an empty sound has \(empty)")
      return
    }
  }

  @Test("of a silent estimate are zero decibels for SDR and nothing for SI-SDR")
  func silentEstimate() throws {
    let reference = sound(noise(1000, seed: 1))
    let silence = sound([Double](repeating: 0, count: 1000))
    #expect(try GlobalSDR.score(of: silence, against: reference).value == 0)
    #expect(
      try ScaleInvariantSDR.score(of: silence, against: reference).gap
        == .silentEstimate(channel: 0))
  }

  @Test("refuse sounds of different shapes", arguments: MetricName.allCases)
  func shapes(_ metric: MetricName) {
    let reference = sound([1, 2, 3, 4])
    #expect(throws: MetricError.lengthsDiffer(referenceFrames: 4, estimateFrames: 3)) {
      try metric.score(of: sound([1, 2, 3]), against: reference, mixture: reference)
    }
    #expect(throws: MetricError.channelsDiffer(reference: 1, estimate: 2)) {
      try metric.score(
        of: sound([1, 2, 3, 4], channels: 2), against: reference, mixture: reference)
    }
    #expect(throws: MetricError.sampleRatesDiffer(reference: 16000, estimate: 8000)) {
      try metric.score(
        of: sound([1, 2, 3, 4], rate: 8000), against: reference, mixture: reference)
    }
  }

  @Test("in pieces equal metrics in one", arguments: [1, 2, 3])
  func accumulation(_ channels: Int) throws {
    let target = noise(9000 * channels, seed: 1).map(Float.init)
    let guess = noise(9000 * channels, seed: 2).map(Float.init)
    let whole = (
      reference: InterleavedSignal(target, channels: channels, sampleRate: 8000),
      estimate: InterleavedSignal(guess, channels: channels, sampleRate: 8000)
    )
    var energies = EnergyAccumulator(channels: channels)
    var start = 0
    for frames in [1, 0, 5000, 2, 3997] {
      let range = start..<(start + frames * channels)
      energies.add(reference: Array(target[range]), estimate: Array(guess[range]))
      start = range.upperBound
    }
    let global = try GlobalSDR.score(of: whole.estimate, against: whole.reference)
    #expect(abs(energies.globalSDR.value - global.value) < 1e-12)
    let scaled = try ScaleInvariantSDR.score(of: whole.estimate, against: whole.reference)
    #expect(abs(energies.scaleInvariantSDR.value - scaled.value) < 1e-9)
  }

  @Test("have the names that programs use, and a definition each")
  func names() {
    #expect(
      MetricName.allCases.map(\.rawValue) == [
        "sdr", "sdri", "si-sdr", "si-sdri", "sd-sdr", "floored-sdr", "floored-sdri",
        "windowed-sdr", "windowed-sdri", "ssnr", "wss", "llr", "stoi", "estoi", "lsd", "mel",
      ])
    #expect(Set(MetricName.allCases.map(\.definition)).count == MetricName.allCases.count)
  }
}
