// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import Evaluation

/// `evaluate-stems list`: the recordings of a list, or of a machine's part of it.
struct ScoreList: ProgramCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Score the recordings of a list: JSON lines in, JSON lines out.",
    discussion: """
      A line of the list is
        {"id": "song", "references": {"vocals": "ref/v.wav", …}, "estimates": {"vocals": …},
         "mixture": "mix.wav"}
      or, for one sound,
        {"id": "clip", "class": "Bird", "reference": "ref.wav", "estimate": "est.wav",
         "mixture": "mix.wav"}
      with paths relative to the list; class and mixture may be left out. A line of the output is
        {"id": "song", "status": "ok", "targets": {"vocals": {"sdr": 7.1, …}}, "notes": […]}
      or one with "status": "error", in the list's order. A value that does not exist is null, with \
      its reason under "reasons".

      An output file appears when all its lines are there. A run that was stopped goes on where it \
      was; records that failed are tried again. From standard input to standard output, each line is \
      answered at once. 'evaluate-stems summary' sums such files up.

      EXAMPLES
        evaluate-stems list pairs.jsonl -o scores.jsonl --metrics si-sdr,stoi
        evaluate-stems list clips.jsonl -o scores.jsonl --protocol uss-classes
        evaluate-stems list songs.jsonl -o part-3.jsonl --shard 3/16 --shard-by block
        produce-pairs | evaluate-stems list - --metrics si-sdr | collect
      """)

  @Argument(help: "The list, or -.") var list: PathBytes

  @Option(name: .shortAndLong, help: ArgumentHelp("Where to write, or -.", valueName: "file"))
  var output = PathBytes("-")

  @Option(
    help: ArgumentHelp("\(PESQCommand.help)", valueName: "command"), transform: PESQCommand.init)
  var pesqCommand: PESQCommand?

  @OptionGroup(title: "Sharing out") var sharding: ShardOptions
  @OptionGroup(title: "Scores") var scoring: ScoringOptions
  @OptionGroup(title: "Running") var common: CommonOptions

  func run() throws {
    let jobs = scoring.jobs ?? common.threadCount
    let plan = ScoringPlan(scoring, threads: common.threadCount, jobs: jobs, recordings: jobs)
    if !output.isStandardStream && !output.parent.bytes.isEmpty {
      try OutputFolder.prepare(output.parent)
    }
    let run = ManifestRun(
      manifest: list, output: output, options: sharding, jobs: jobs,
      isOverwriting: scoring.overwrite)
    let settings = plan.settings + (pesqCommand.map { "\npesq: \($0.text)" } ?? "")
    try run(settings: settings) { record in
      let recording = try ListedRecording(record, targets: scoring.targets)
      if plan.publishedProtocol == .universalClasses && !recording.hasClass {
        throw Failure(
          .badData, "line \(record.line): has no \"class\", which --protocol uss-classes needs")
      }
      return ListedRecording.members(
        try recording.scores(plan), publishedProtocol: plan.publishedProtocol,
        pesq: try pesqCommand.map { try recording.pesq($0) } ?? [:])
    }
  }
}

/// A recording as a line of a list names it.
private struct ListedRecording {
  private let id: String
  private let references: [(name: String, path: PathBytes)]
  private let estimates: [(name: String, path: PathBytes)]
  private let mixture: PathBytes?
  /// Whether it is a single sound whose class is known.
  let hasClass: Bool

  /// What a single sound is called in the output.
  private static let onlyTarget = "estimate"

  init(_ record: ManifestRecord, targets: [String]?) throws(Failure) {
    id = record.id
    mixture = try record.optionalPath("mixture")
    if record.fields["references"] == nil {
      let ownClass = record.fields["class"]?.text
      let target = ownClass ?? Self.onlyTarget
      references = [(target, try record.path("reference"))]
      estimates = [(target, try record.path("estimate"))]
      hasClass = ownClass != nil
    } else {
      hasClass = false
      references = try record.paths("references")
      estimates = try record.paths("estimates").filter { targets?.contains($0.name) ?? true }
    }
    guard !references.isEmpty, !estimates.isEmpty else {
      throw Failure(.badData, "line \(record.line): expected \"references\" and \"estimates\"")
    }
  }

  func scores(_ plan: ScoringPlan) throws -> TrackScores {
    try plan.scores(
      name: id, subset: "",
      references: try references.map {
        .init($0.name, try openRecordedSound(.init(path: $0.path)))
      },
      estimates: try estimates.map { .init($0.name, try openRecordedSound(.init(path: $0.path))) },
      mixture: try mixture.map { try openRecordedSound(.init(path: $0)) })
  }

  /// What a command says to each estimate that has a reference, by name.
  func pesq(_ command: PESQCommand) throws(Failure) -> [String: Double] {
    var scores: [String: Double] = [:]
    for estimate in estimates {
      guard let reference = references.first(where: { $0.name == estimate.name }) else { continue }
      scores[estimate.name] = try command.score(of: estimate.path, against: reference.path)
    }
    return scores
  }

  /// The members of an output line.
  static func members(
    _ scores: TrackScores, publishedProtocol: PublishedProtocol?, pesq: [String: Double]
  ) -> [JSONValue.Member] {
    func values(_ target: TargetScores) -> JSONValue {
      var values = target.values.mapValues(\.value)
      values["pesq"] = pesq[target.name]
      return .object(values.sorted { $0.key < $1.key }.map { .init($0.key, .number($0.value)) })
    }
    let reasons = scores.targets.flatMap { target in
      target.values.sorted { $0.key < $1.key }.compactMap { name, record -> JSONValue.Member? in
        guard !record.value.isFinite else { return nil }
        let reason =
          record.reason
          ?? (record.value > 0 ? ListedReason.infinite : ListedReason.minusInfinite)
        return .init("\(target.name) \(name)", .string(reason))
      }
    }
    var members: [JSONValue.Member] =
      publishedProtocol.map { [.init("protocol", .string($0.rawValue))] } ?? []
    members.append(
      .init("targets", .object(scores.targets.map { .init($0.name, values($0)) })))
    if !reasons.isEmpty { members.append(.init("reasons", .object(reasons))) }
    if !scores.notes.isEmpty {
      members.append(.init("notes", .array(scores.notes.map { .string($0) })))
    }
    return members
  }
}
