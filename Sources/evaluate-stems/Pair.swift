// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import Evaluation
internal import Foundation

/// `evaluate-stems pair`: one stem against what it should be.
struct Pair: ProgramCommand {
  static let configuration = CommandConfiguration(
    abstract: "Score one recording against what it should be.",
    discussion: """
      The recordings must have the same sample rate, channels and length.

      EXAMPLES
        evaluate-stems pair vocals.wav separated/vocals.wav
        evaluate-stems pair vocals.wav separated/vocals.wav --mixture song.wav
        separate-stems song.wav --stems vocals -o - |
          evaluate-stems pair vocals.wav - --metrics sdr,si-sdr --json
      """)

  @Argument(help: "The recording as it should be, or -.") var reference: PathBytes
  @Argument(help: "The recording to score, or -.") var estimate: PathBytes

  @Option(
    help: ArgumentHelp(
      "The recording that the estimate was taken from: scores the improvement too.",
      valueName: "file"))
  var mixture: PathBytes?

  @Option(
    help: ArgumentHelp(
      "What to compute: \(MetricName.allCases.map(\.rawValue).joined(separator: ",")) "
        + "(default: all the recordings allow, SDR by its usual rules).", valueName: "names"),
    transform: Pair.metrics(named:))
  var metrics: [MetricName]?

  @Option(
    help: ArgumentHelp("\(PESQCommand.help)", valueName: "command"), transform: PESQCommand.init)
  var pesqCommand: PESQCommand?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if pesqCommand != nil && (reference.isStandardStream || estimate.isStandardStream) {
      throw ValidationError("--pesq-command needs files, not standard input")
    }
    if [reference, estimate, mixture].count(where: { $0?.isStandardStream == true }) > 1 {
      throw ValidationError("only one recording can come from standard input")
    }
    if let name = metrics?.first(where: { $0.isImprovement })?.rawValue, mixture == nil {
      throw ValidationError("\(name) is an improvement over the mixture; add --mixture FILE")
    }
  }

  func run() throws {
    let reference = try Recording(reference)
    let estimate = try Recording(estimate, comparableWith: reference)
    let mixture = try mixture.map { try Recording($0, comparableWith: reference) }

    var scores: [(metric: MetricName, score: Score)] = []
    let usual = MetricName.allCases.filter {
      (mixture != nil || !$0.isImprovement) && !$0.isSDRByOtherRules
    }
    for metric in metrics ?? usual {
      try Interruption.check()
      let score = try metric.score(
        of: estimate.signal, against: reference.signal, mixture: mixture?.signal)
      scores.append((metric, score))
    }
    let pesq = try pesqCommand.map { try $0.score(of: self.estimate, against: self.reference) }
    if common.json {
      try StandardOutput.write(json: document(scores, pesq: pesq))
    } else {
      let width = 1 + max(7, scores.map(\.metric.rawValue.count).max() ?? 0)
      for (metric, score) in scores {
        try StandardOutput.write(line: row(metric, score, nameWidth: width))
      }
      if let pesq { try StandardOutput.write(line: String(format: "pesq    %8.3f", pesq)) }
    }
  }

  private func document(
    _ scores: [(metric: MetricName, score: Score)], pesq: Double?
  ) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("reference", .string(reference.description)),
      .init("estimate", .string(estimate.description)),
    ]
    if let mixture { members.append(.init("mixture", .string(mixture.description))) }
    members += [
      .init(
        "metrics",
        .object(
          scores.map { .init($0.metric.rawValue, .number($0.score.value)) }
            + (pesq.map { [.init("pesq", .number($0))] } ?? []))),
      .init(
        "definitions",
        .object(
          scores.map { .init($0.metric.rawValue, .string($0.metric.definition)) }
            + (pesqCommand.map { [.init("pesq", .string("printed by: \($0.text)"))] } ?? []))),
    ]
    // JSON has no infinity: a null says here what it stands for.
    let notes = scores.compactMap { metric, score in
      note(score).map { JSONValue.Member(metric.rawValue, .string($0)) }
    }
    if !notes.isEmpty { members.append(.init("notes", .object(notes))) }
    return .object(members)
  }

  private func row(_ metric: MetricName, _ score: Score, nameWidth: Int) -> String {
    let name = metric.rawValue.padding(toLength: nameWidth, withPad: " ", startingAt: 0)
    if let note = note(score) { return "\(name)       –  \(note)" }
    return name + String(format: "%8.3f", score.value) + (metric.isDecibels ? " dB" : "")
  }

  /// Why a score is not a number.
  private func note(_ score: Score) -> String? {
    if let gap = score.gap { return gap.description }
    if score.value == .infinity { return "infinite: the estimate equals the reference" }
    return score.value.isFinite ? nil : "minus infinite: nothing of the reference is in it"
  }

  private static func metrics(named list: String) throws -> [MetricName] {
    try list.split(separator: ",", omittingEmptySubsequences: false).map { name in
      if let metric = MetricName(rawValue: String(name)) { return metric }
      let known = MetricName.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("unknown metric '\(name)'; there are \(known)")
    }
  }
}

extension MetricError: FailureConvertible {
  var exitStatus: ExitStatus { .badData }
}

extension TrackError: FailureConvertible {
  var exitStatus: ExitStatus { .badData }
}
