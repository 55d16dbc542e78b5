// SPDX-License-Identifier: Apache-2.0
internal import Evaluation
internal import Foundation
internal import TestSupport
internal import Testing

@Suite("A track's evaluation")
struct TrackEvaluationTests {
  private typealias Named = TrackEvaluation.NamedSource

  /// Noise of one source after another, and estimates with a tenth of the others in them.
  private static let sounds = Sounds(seed: 6, sources: 3, frames: 8000, own: 0.9, mixed: 0.1)

  private func named(_ names: [String], _ signals: [InterleavedSignal]) -> [Named] {
    zip(names, signals).map { Named($0, $1) }
  }

  private func evaluate(
    _ references: [Named], _ estimates: [Named], mixture: InterleavedSignal? = nil,
    metrics: [MetricName] = [.sdr, .sdrImprovement], isMuseval: Bool = false
  ) throws -> TrackScores {
    try TrackEvaluation(metrics: metrics, framesOf: (0.5, 0.5), isMuseval: isMuseval)
      .scores(
        name: "song", subset: "test", references: references, estimates: estimates,
        mixture: mixture)
  }

  @Test("reads as museval's own document, byte for byte but for the version")
  func document() throws {
    let sounds = Sounds.stereo
    let scores = try TrackEvaluation(metrics: [], framesOf: (1, 1), isMuseval: true).scores(
      name: "track", subset: "test", references: named(["vocals", "drums"], sounds.signals),
      estimates: named(["vocals", "accompaniment"], sounds.estimates), mixture: nil)
    let expected = try String(
      contentsOf: Fixtures.packageRoot
        .appendingPathComponent("Tests/EvaluationTests/Goldens/museval-track.json"), encoding: .utf8
    )
    #expect(scores.musevalDocument(version: "0.4.1") == expected)
  }

  @Test("judges museval's targets in museval's order, and vocals apart where it does")
  func order() throws {
    let references = named(["other", "vocals", "drums"], Self.sounds.signals)
    let estimates = named(
      ["drums", "vocals", "other"], [1, 2, 0].map { Self.sounds.estimates[$0] })
    let accompaniment = Named(
      "accompaniment", try SummedSource([0, 2].map { Self.sounds.estimates[$0] }))
    let names = { (scores: TrackScores) in scores.targets.map(\.name) }
    for isMuseval in [false, true] {
      let plain = try evaluate(references, estimates, isMuseval: isMuseval)
      #expect(names(plain) == ["vocals", "drums", "other"])
    }
    let strict = try evaluate(references, estimates + [accompaniment], isMuseval: true)
    #expect(names(strict) == ["drums", "other", "vocals", "accompaniment"])
    let own = try evaluate(references, estimates + [accompaniment])
    #expect(names(own) == ["vocals", "drums", "other", "accompaniment"])
    // Beside the accompaniment alone, other filters explain the vocals.
    #expect(own.targets[0].values["bsseval-sir"] != strict.targets[2].values["bsseval-sir"])
    #expect(own.targets[3].frames == strict.targets[3].frames || own.targets[3].frames.count == 4)
  }

  @Test("gives a single estimate no scores where museval gives none, else those without others")
  func single() throws {
    let references = named(["vocals", "drums"], Self.sounds.signals)
    let estimates = named(["vocals"], Self.sounds.estimates)
    let strict = try evaluate(references, estimates, isMuseval: true)
    #expect(strict.targets.isEmpty && strict.notes.count == 2)
    let document = strict.musevalDocument(version: "0.4.1")
    #expect(document == "{\n  \"targets\": [],\n  \"museval_version\": \"0.4.1\"\n}")
    let own = try evaluate(references, estimates)
    #expect(own.targets[0].values["bsseval-sir"]?.value == .infinity)
    #expect(own.targets[0].values["bsseval-sdr"]?.value.isFinite == true)
  }

  @Test("leaves improvements out where there is no mixture, and equals the metrics elsewhere")
  func improvements() throws {
    let references = named(["a", "b"], Self.sounds.signals)
    let estimates = named(["a", "b"], Self.sounds.estimates)
    let without = try evaluate(references, estimates)
    #expect(without.targets[0].values["sdri"] == nil)
    let mixture = try InterleavedSignal(SummedSource(Array(Self.sounds.signals[..<2])))
    let metrics: [MetricName] = MetricName.allCases
    let with = try evaluate(references, estimates, mixture: mixture, metrics: metrics)
    for metric in metrics {
      let alone = try metric.score(
        of: Self.sounds.estimates[1], against: Self.sounds.signals[1], mixture: mixture)
      let found = with.targets[1].values[metric.rawValue]
      #expect(found?.value == alone.value || found?.reason == alone.gap?.description, "\(metric)")
    }
  }

  @Test("says which estimate was cut, continued, or has no reference")
  func notes() throws {
    let long = Self.sounds.estimates[0].samples + [0.25]
    let scores = try evaluate(
      named(["a", "b"], Self.sounds.signals),
      [
        Named("a", InterleavedSignal(long, sampleRate: 8000)),
        Named("b", InterleavedSignal(Array(long[..<7990]), sampleRate: 8000)),
        Named("c", Self.sounds.estimates[2]),
      ])
    #expect(scores.notes.count == 3)
    for (note, words) in zip(scores.notes, ["cut", "zeros", "no reference for c"]) {
      #expect(note.contains(words), "\(note)")
    }
  }

  @Test("of a silent stem is null with a reason, and an error where museval's rules hold")
  func silence() throws {
    let silence = InterleavedSignal([Float](repeating: 0, count: 8000), sampleRate: 8000)
    let references = named(["vocals", "drums"], [silence, Self.sounds.signals[1]])
    let estimates = named(["vocals", "drums"], Self.sounds.estimates)
    let own = try evaluate(references, estimates)
    #expect(own.targets[0].values["bsseval-sdr"]?.reason?.contains("silent") == true)
    #expect(own.targets[0].values["sdr"]?.reason?.contains("silent") == true)
    #expect(own.targets[1].values["bsseval-sdr"]?.value.isFinite == true)
    let error = #expect(throws: TrackError.self) {
      try evaluate(references, estimates, isMuseval: true)
    }
    #expect(error?.reason == .silentSource(.silentReferenceSource(0)))
    #expect(error?.description.hasPrefix("the reference of vocals is silent from") == true)
  }

  @Test("keeps its scores through JSON, infinities and reasons too")
  func coding() throws {
    let scores = try evaluate(
      named(["a", "b"], Self.sounds.signals),
      [Named("a", Self.sounds.signals[0]), Named("b", Self.sounds.estimates[1])])
    #expect(scores.targets[0].values["sdr"]?.value == .infinity)
    let back = try JSONDecoder().decode(TrackScores.self, from: JSONEncoder().encode(scores))
    #expect(back == scores)
  }

  @Test("takes references for museval as 16-bit integers: rounded to even, clipped")
  func sixteenBit() throws {
    let step: Float = 1 / 32768
    let source = SixteenBitSource(
      InterleavedSignal([0.5 * step, 1.5 * step, -2.6 * step, 1, -1.5], sampleRate: 8000))
    #expect(try source.samples(in: 0..<5) == [0, 2 * step, -3 * step, 1 - step, -1])
  }
}

@Suite("A data set's summary")
struct ScoreSummaryTests {
  private func track(_ name: String, _ values: [Double]) throws -> TrackScores {
    // Sums of squares that give these ratios in decibels.
    let reference = InterleavedSignal([1, 0, 1, 0], sampleRate: 4)
    let sources = values.map { value in
      InterleavedSignal(
        [1, Float(pow(10, -value / 20)), 1, Float(pow(10, -value / 20))], sampleRate: 4)
    }
    let names = ["a", "b", "c"].prefix(values.count)
    return try TrackEvaluation(metrics: [.sdr], framesOf: nil).scores(
      name: name, subset: "", references: names.map { .init($0, reference) },
      estimates: zip(names, sources).map { .init($0, $1) }, mixture: nil)
  }

  @Test("is the median and the mean over tracks; what has no value does not count")
  func aggregates() throws {
    let tracks = [
      try track("1", [1, 10]), try track("2", [2, .infinity]), try track("3", [6]),
      try track("4", [4]),
    ]
    let summary = ScoreSummary.summaries(of: tracks, metrics: ["sdr"], infinitiesCount: false)
    #expect(summary.map(\.target) == ["a", "b"])
    #expect(abs(summary[0].median.value - 3) < 1e-6 && abs(summary[0].mean.value - 3.25) < 1e-6)
    #expect(summary[0].tracks == 4 && summary[0].missing == 0)
    #expect(abs(summary[1].median.value - 10) < 1e-6 && summary[1].missing == 1)
    let counting = ScoreSummary.summaries(of: tracks, metrics: ["sdr"], infinitiesCount: true)
    #expect(counting[1].median.value == .infinity && abs(counting[1].mean.value - 10) < 1e-6)
  }
}
