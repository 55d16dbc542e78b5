// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import Evaluation

/// What is computed, for the commands that score whole recordings.
struct ScoringOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What to compute: \(MetricSelection.known.joined(separator: ", ")) "
        + "(default: bsseval,sdr,si-sdr, and sdri,si-sdri where there is a mixture).",
      valueName: "names"), transform: ScoringOptions.metrics(named:))
  var metrics: MetricSelection?

  @Option(
    name: .customLong("protocol"),
    help: ArgumentHelp(
      "Follow a publication in metrics, sample rate and channels.", valueName: "name"))
  var publishedProtocol: PublishedProtocol?

  @Flag(
    help: """
      With uss-musdb18: exchange reference and estimate, as the publication's code does. Such numbers \
      compare with its own only.
      """)
  var roleSwapped = false

  @Option(help: ArgumentHelp("Length of BSSEval's frames.", valueName: "seconds"))
  var window = 1.0

  @Option(help: ArgumentHelp("From one frame to the next.", valueName: "seconds"))
  var hop = 1.0

  @Option(
    help: ArgumentHelp(
      "Judge only these sources, as if there were no other estimates.", valueName: "names"),
    transform: { $0.split(separator: ",").map(String.init) })
  var targets: [String]?

  @Flag(
    help: """
      Follow museval in everything: one silent source takes a frame from all, a silent track fails, \
      vocals and accompaniment are judged apart, references count as 16-bit.
      """)
  var musevalStrict = false

  @Flag(
    help: "Match estimates with references by their sound, not by their names, as for speakers.")
  var permute = false

  @Option(
    help: ArgumentHelp(
      "Score so many recordings at a time (default: one a thread).", valueName: "number"))
  var jobs: Int?

  @Flag(help: "Compute everything anew, also what an earlier run left.") var overwrite = false

  func validate() throws {
    for (name, value) in [("window", window), ("hop", hop)] where !(value > 0 && value < 1e6) {
      throw ValidationError("--\(name) \(value): expected seconds above 0")
    }
    if publishedProtocol != nil && (metrics != nil || musevalStrict || permute) {
      throw ValidationError(
        "--protocol says what is computed; leave --metrics, --museval-strict and --permute out")
    }
    if roleSwapped && publishedProtocol != .universalMUSDB18 {
      throw ValidationError("--role-swapped is a part of --protocol uss-musdb18; add that")
    }
    if musevalStrict && permute {
      throw ValidationError("--museval-strict goes by names; leave --permute out")
    }
    if let jobs, !(1...1024).contains(jobs) {
      throw ValidationError("--jobs \(jobs): expected a number from 1 to 1024")
    }
  }

  /// The evaluation that is asked for, with `threads` for each recording.
  func evaluation(threads: Int) -> TrackEvaluation {
    let metrics =
      metrics ?? publishedProtocol.map { MetricSelection(whole: $0.metrics) } ?? .usual
    return TrackEvaluation(
      metrics: metrics.whole, jointMetrics: metrics.joint,
      framesOf: metrics.isBSSEval ? (window, hop) : nil,
      isMuseval: musevalStrict, isPermuting: permute, isRoleSwapped: roleSwapped,
      threads: threads)
  }

  private static func metrics(named list: String) throws -> MetricSelection {
    var selection = MetricSelection()
    for name in list.split(separator: ",", omittingEmptySubsequences: false) {
      if name == "bsseval" {
        selection.isBSSEval = true
      } else if let metric = MetricName(rawValue: String(name)) {
        if !selection.whole.contains(metric) { selection.whole.append(metric) }
      } else if let metric = JointMetricName(rawValue: String(name)) {
        if !selection.joint.contains(metric) { selection.joint.append(metric) }
      } else {
        throw ValidationError(
          "unknown metric '\(name)'; there are "
            + MetricSelection.known.joined(separator: ", "))
      }
    }
    return selection
  }
}

/// What `--metrics` asks for.
struct MetricSelection {
  var isBSSEval = false
  var whole: [MetricName] = []
  var joint: [JointMetricName] = []

  /// What is computed where nothing is asked for.
  static let usual = MetricSelection(
    isBSSEval: true,
    whole: [.sdr, .sdrImprovement, .scaleInvariantSDR, .scaleInvariantSDRImprovement])

  /// All names there are.
  static let known =
    ["bsseval"] + MetricName.allCases.map(\.rawValue) + JointMetricName.allCases.map(\.rawValue)
}
