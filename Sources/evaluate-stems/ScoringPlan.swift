// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import Evaluation

/// How a data set is scored and reported, the same for every command that does it.
struct ScoringPlan {
  let evaluation: TrackEvaluation
  private let options: ScoringOptions
  private let jobs: Int

  /// Shares `threads` out: `jobs` recordings side by side, what is left within each.
  init(_ options: ScoringOptions, threads: Int, jobs: Int, recordings: Int) {
    self.options = options
    self.jobs = max(1, min(jobs, recordings))
    evaluation = options.evaluation(threads: max(1, threads / self.jobs))
  }

  /// The publication whose numbers are wanted; nil where there is none.
  var publishedProtocol: PublishedProtocol? { options.publishedProtocol }

  /// Scores a recording as `TrackEvaluation` does, its sounds brought to the protocol's format first.
  ///
  /// - Throws: what reading and scoring throw.
  func scores(
    name: String, subset: String, references: [TrackEvaluation.NamedSource],
    estimates: [TrackEvaluation.NamedSource], mixture: (any SignalSource)?
  ) throws -> TrackScores {
    func converted(_ source: any SignalSource) throws -> any SignalSource {
      try publishedProtocol.map { try convertedSound(source, to: $0.format) } ?? source
    }
    return try evaluation.scores(
      name: name, subset: subset,
      references: references.map { .init($0.name, try converted($0.source)) },
      estimates: estimates.map { .init($0.name, try converted($0.source)) },
      mixture: try mixture.map(converted))
  }

  /// What the numbers are: the metrics, and the protocol.
  private var definitions: [(metric: String, definition: String)] {
    evaluation.definitions + (publishedProtocol.map { [("protocol", $0.definition)] } ?? [])
  }

  /// All that scores depend on besides the sounds.
  var settings: String {
    let targets = options.targets.map { $0.joined(separator: ",") } ?? "all"
    return
      ([
        "tessera \(Program.version)", "targets: \(targets)", "museval: \(evaluation.isMuseval)",
        "permuting: \(evaluation.isPermuting)",
      ]
      + definitions.map { "\($0.metric): \($0.definition)" }).joined(separator: "\n")
  }

  /// Scores `works`, writes the summary and prints it.
  ///
  /// - Parameter estimator: what made the estimates, where that is not in the sounds.
  /// - Throws: `Failure`, and the exit code where recordings failed.
  func run(
    _ works: [ScoringRun.Work], output: PathBytes, estimator: String? = nil, isJSON: Bool
  ) throws {
    try OutputFolder.prepare(output)
    let run = ScoringRun(
      output: output, settings: settings + (estimator.map { "\nmodel: \($0)" } ?? ""),
      isOverwriting: options.overwrite, jobs: jobs)
    let outcomes = try run(works)
    let failed = outcomes.compactMap { outcome -> (name: String, reason: String)? in
      guard case .failure(let failure) = outcome.result else { return nil }
      return (outcome.title, failure.message)
    }
    let report = ScoreReport(
      outcomes.compactMap { try? $0.result.get() }, failed: failed,
      definitions: definitions, metricNames: evaluation.metricNames,
      infinitiesCount: !evaluation.isMuseval, isOverall: publishedProtocol != nil)
    try report.write(to: output)
    try report.print(isJSON: isJSON)
    var batch = Batch()
    for outcome in outcomes {
      if case .failure(let failure) = outcome.result {
        batch.count(failure)
      } else {
        batch.succeed()
      }
    }
    try batch.finish()
  }
}
