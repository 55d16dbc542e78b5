// SPDX-License-Identifier: Apache-2.0
internal import Evaluation
internal import Foundation
internal import TestSupport
internal import Testing

@Suite("Metrics of publications")
struct ProtocolMetricTests {
  private let golden: Golden

  init() throws {
    golden = try Golden(
      contentsOf: Fixtures.packageRoot
        .appendingPathComponent("Tests/EvaluationTests/Goldens/protocols.safetensors"))
  }

  /// Noise through a filter with one pole, as in `Tools/Goldens/protocols.py`.
  private func coloured(_ count: Int, _ pole: Double, seed: UInt64) -> [Double] {
    var noise = Noise(state: seed)
    var samples = (0..<count).map { _ in 0.1 * noise.next() }
    for index in 1..<count { samples[index] += pole * samples[index - 1] }
    return samples
  }

  private func sound(_ samples: [Double], rate: Int) -> InterleavedSignal {
    InterleavedSignal(samples.map(Float.init), sampleRate: rate)
  }

  /// The pair `speech` of the golden script.
  private func speech(_ rate: Int) -> (reference: InterleavedSignal, estimate: InterleavedSignal) {
    let count = rate * 3 / 2
    let reference = coloured(count, 0.9, seed: 1).enumerated().map { index, sample in
      sample * (0.6 + 0.4 * sin(2 * Double.pi * 3 * Double(index) / Double(rate)))
    }
    let estimate = zip(reference, coloured(count, -0.5, seed: 2)).map { 0.8 * $0 + 0.5 * $1 }
    return (sound(reference, rate: rate), sound(estimate, rate: rate))
  }

  /// The sounds `windows` of the golden script.
  private var windows:
    (reference: InterleavedSignal, estimate: InterleavedSignal, mixture: InterleavedSignal)
  {
    var reference = coloured(27200, 0.9, seed: 3)
    for index in 8000..<16000 { reference[index] = 0 }
    var estimate = zip(reference, coloured(27200, 0.3, seed: 4)).map { 0.9 * $0 + 0.2 * $1 }
    for index in 16000..<24000 { estimate[index] = 0 }
    let mixture = zip(reference, coloured(27200, 0.3, seed: 5)).map { $0 + 0.5 * $1 }
    return (
      sound(reference, rate: 8000), sound(estimate, rate: 8000), sound(mixture, rate: 8000)
    )
  }

  private func expected(_ name: String) throws -> Double {
    Double(try golden(name).elements[0])
  }

  @Test("of speech equal the formulas as numpy and scipy compute them", arguments: [8000, 16000])
  func speechGoldens(_ rate: Int) throws {
    let (reference, estimate) = speech(rate)
    for metric in [MetricName.weightedSpectralSlope, .logLikelihoodRatio] {
      let score = try metric.score(of: estimate, against: reference)
      let expected = try expected("\(metric.rawValue).\(rate)")
      #expect(abs(score.value - expected) < 2e-6 * expected, "\(metric): \(score.value)")
    }
  }

  @Test("of speech are zero for equal sounds, and don't hear a gain")
  func speechGain() throws {
    let (reference, _) = speech(16000)
    let halved = InterleavedSignal(reference.samples.map { $0 / 2 }, sampleRate: 16000)
    for metric in [MetricName.weightedSpectralSlope, .logLikelihoodRatio] {
      #expect(try metric.score(of: reference, against: reference).value == 0)
      #expect(abs(try metric.score(of: halved, against: reference).value) < 1e-9)
    }
  }

  @Test("of the slope need the rate that its bands need")
  func lowRate() throws {
    let (reference, estimate) = speech(4000)
    let score = try WeightedSpectralSlope.score(of: estimate, against: reference)
    #expect(score.gap == .sampleRateTooLow(4000, needed: 8000))
  }

  @Test("of SDR, and with the roles exchanged, equal the formulas as numpy computes them")
  func ratioGoldens() throws {
    let (reference, estimate, mixture) = windows
    let metrics: [MetricName] = [
      .flooredSDR, .flooredSDRImprovement, .windowedSDR, .windowedSDRImprovement,
    ]
    for isSwapped in [false, true] {
      let evaluation = TrackEvaluation(
        metrics: metrics, framesOf: nil, isRoleSwapped: isSwapped)
      let scores = try evaluation.scores(
        name: "song", subset: "", references: [.init("vocals", reference)],
        estimates: [.init("vocals", estimate)], mixture: mixture)
      #expect(Set(scores.targets[0].values.keys) == Set(evaluation.metricNames))
      for metric in metrics {
        let name = metric.rawValue + (isSwapped ? "-swapped" : "")
        let found = try #require(scores.targets[0].values[name])
        let expected = try expected(name)
        #expect(abs(found.value - expected) < 1e-5, "\(name): \(found.value), \(expected)")
      }
    }
  }

  @Test("of seconds equal BSSEval's SDR of a source that is judged alone")
  func windowedIsBSSEval() throws {
    let (reference, estimate, _) = windows
    let scores = try TrackEvaluation(metrics: [.windowedSDR], framesOf: (1, 1)).scores(
      name: "song", subset: "", references: [.init("vocals", reference)],
      estimates: [.init("vocals", estimate)], mixture: nil)
    let values = scores.targets[0].values
    let windowed = try #require(values["windowed-sdr"]?.value)
    #expect(abs(windowed - (values["bsseval-sdr"]?.value ?? 0)) < 1e-9)
  }

  @Test("of seconds are the median over whole ones, or of all there is")
  func windowedForm() throws {
    let reference = coloured(3500, 0.5, seed: 7)
    // Distortions of 1/2, 1/10 and 1/100 of the sound, and a rest that would be perfect.
    let shares = [0.5, 0.1, 0.01, 0]
    let estimate = reference.enumerated().map { $1 * (1 - shares[$0 / 1000]) }
    func score(_ count: Int) throws -> Score {
      try WindowedSDR.score(
        of: sound(Array(estimate.prefix(count)), rate: 1000),
        against: sound(Array(reference.prefix(count)), rate: 1000))
    }
    #expect(abs(try score(3500).value - 20) < 1e-4)
    #expect(abs(try score(2999).value - (20 + 20 * log10(2)) / 2) < 1e-4)
    #expect(abs(try score(700).value - 20 * log10(2)) < 1e-4)
    let silence = sound([Double](repeating: 0, count: 3500), rate: 1000)
    let nothing = try WindowedSDR.score(of: silence, against: sound(reference, rate: 1000))
    #expect(nothing.gap == .silentEstimate(channel: 0))
  }

  @Test("between floors have values for silence and for perfection")
  func floors() throws {
    let half = sound([0.5, -0.5, 0.5, -0.5], rate: 4)
    let silence = sound([0, 0, 0, 0], rate: 4)
    #expect(abs(try FlooredSDR.score(of: half, against: half).value - 93.9794) < 1e-4)
    #expect(abs(try FlooredSDR.score(of: half, against: silence).value + 93.9794) < 1e-4)
    #expect(try FlooredSDR.score(of: silence, against: silence).value == 0)
    #expect(try FlooredSDR.score(of: silence, against: half).value == 0)
  }

  @Test("are summed up over sources: means of medians, and of means")
  func overall() throws {
    let values: [(String, Double)] = [
      ("a", 1), ("a", 2), ("a", 6), ("b", 10), ("c", .infinity), ("accompaniment", 50),
    ]
    let tracks = values.map { target, value in
      TrackScores(
        name: "", subset: "",
        targets: [TargetScores(name: target, values: ["sdr": ScoreRecord(value)])], notes: [])
    }
    let summaries = ScoreSummary.summaries(of: tracks, metrics: ["sdr"], infinitiesCount: true)
    let overall = ScoreSummary.overall(summaries)
    #expect(overall.count == 1 && overall[0].target == "mean over all" && overall[0].tracks == 5)
    #expect(overall[0].median.value == 6 && overall[0].mean.value == 6.5)
  }
}
