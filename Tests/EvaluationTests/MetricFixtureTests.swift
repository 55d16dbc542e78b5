// SPDX-License-Identifier: Apache-2.0
internal import Evaluation
internal import Foundation
internal import TestSupport
internal import Testing

/// The parity fixture `metrics`: values of the reference packages for three noisy sounds.
@Suite("Metrics equal the reference packages'", .enabled(if: Fixtures.areAvailable))
struct MetricFixtureTests {
  private let values: [String: Any]

  init() throws {
    let data = try Data(contentsOf: Fixtures.shared("metrics", "expected.json"))
    let expected = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    values = try #require(expected["pairs"] as? [String: Any])
  }

  private func sound(_ file: String) throws -> InterleavedSignal {
    let wave = try WaveFixture(contentsOf: Fixtures.shared("metrics", file))
    return InterleavedSignal(wave.samples, channels: wave.channels, sampleRate: wave.sampleRate)
  }

  private func expected(_ pair: String, _ name: String) throws -> Double {
    let entry = try #require(values[pair] as? [String: Any])
    let pairValues = try #require(entry["values"] as? [String: Any])
    return try #require(pairValues[name] as? Double)
  }

  @Test("for estimates", arguments: ["pair1", "pair2", "pair3"])
  func estimates(_ pair: String) throws {
    let reference = try sound("\(pair)_ref.wav")
    let estimate = try sound("\(pair)_est.wav")
    let mixture = try sound("\(pair)_mix.wav")
    let names: [(MetricName, String, Double)] = [
      (.sdr, "sdr_uss", 1e-9), (.sdr, "snr_torchmetrics", 1e-9),
      (.sdrImprovement, "sdri_uss", 1e-9),
      (.scaleInvariantSDR, "si_sdr_torchmetrics", 1e-9), (.segmentalSNR, "ssnr_pysepm", 1e-9),
      (.intelligibility, "stoi", 1e-6), (.extendedIntelligibility, "estoi", 1e-6),
      (.melDistance, "mel_distance_dac_default", 1e-5),
    ]
    for (metric, name, tolerance) in names {
      let score = try metric.score(of: estimate, against: reference, mixture: mixture)
      let value = try expected(pair, name)
      #expect(abs(score.value - value) < tolerance, "\(name)")
    }
    let improvement = try MetricName.scaleInvariantSDRImprovement
      .score(of: estimate, against: reference, mixture: mixture)
    let value =
      try expected(pair, "si_sdr_torchmetrics") - expected(pair, "si_sdr_torchmetrics_mixture")
    #expect(abs(improvement.value - value) < 1e-9)
  }

  @Test("for metrics in other forms", arguments: ["pair1", "pair2", "pair3"])
  func forms(_ pair: String) throws {
    let reference = try sound("\(pair)_ref.wav")
    let estimate = try sound("\(pair)_est.wav")
    let mel = try MelDistance.multiResolution.score(of: estimate, against: reference)
    #expect(abs(mel.value - (try expected(pair, "mel_distance_dac_multi_resolution"))) < 1e-5)
    let sources = BSSEval(version: .v3, form: .sources, windowSeconds: .infinity)
    let distortion = try sources.scores(references: [reference], estimates: [estimate])
    let found = distortion[0].medians.sdr.value
    #expect(abs(found - (try expected(pair, "sdr_bsseval_v3_torchmetrics"))) < 1e-3)
    // asteroid removes means.
    func centred(_ sound: InterleavedSignal) -> InterleavedSignal {
      let mean = sound.samples.reduce(0) { $0 + Double($1) } / Double(sound.frames)
      return InterleavedSignal(
        sound.samples.map { Float(Double($0) - mean) }, sampleRate: sound.sampleRate)
    }
    let scaled = try ScaleDependentSDR.score(of: centred(estimate), against: centred(reference))
    #expect(abs(scaled.value - (try expected(pair, "sd_sdr_asteroid"))) < 1e-5)
  }

  @Test("for mixtures", arguments: ["pair1", "pair2", "pair3"])
  func mixtures(_ pair: String) throws {
    let reference = try sound("\(pair)_ref.wav")
    let mixture = try sound("\(pair)_mix.wav")
    let segmental = try SegmentalSNR.score(of: mixture, against: reference)
    #expect(abs(segmental.value - (try expected(pair, "ssnr_pysepm_mixture"))) < 1e-9)
    let intelligibility = try ShortTimeObjectiveIntelligibility.score(
      of: mixture, against: reference)
    #expect(abs(intelligibility.value - (try expected(pair, "stoi_mixture"))) < 1e-6)
  }

  @Test("for 8 kHz, where intelligibility resamples upwards")
  func eightKilohertz() throws {
    let score = try ShortTimeObjectiveIntelligibility.score(
      of: sound("pair1_8k_est.wav"), against: sound("pair1_8k_ref.wav"))
    #expect(abs(score.value - (try expected("pair1_8k", "stoi_8k"))) < 1e-6)
    let extended = try ExtendedObjectiveIntelligibility.score(
      of: sound("pair1_8k_est.wav"), against: sound("pair1_8k_ref.wav"))
    #expect(abs(extended.value - (try expected("pair1_8k", "estoi_8k"))) < 1e-6)
  }
}
