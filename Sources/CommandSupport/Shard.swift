// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser

/// One of several equal parts of a list of work, for one of several machines: `I/N`, I from 0.
package struct Shard: Sendable, Hashable, ExpressibleByArgument, CustomStringConvertible {
  /// How a list is cut.
  package enum Rule: String, Sendable, CaseIterable, ExpressibleByArgument {
    /// Every N-th record, which spreads long and short ones.
    case interleaved
    /// Records that follow each other: the parts' outputs joined are the whole's.
    case block
  }

  /// Which part, from 0.
  package let index: Int
  /// How many parts there are, at least 1.
  package let count: Int

  /// All of the list.
  package static let whole = Shard(index: 0, count: 1)

  private init(index: Int, count: Int) {
    self.index = index
    self.count = count
  }

  package init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1], index >= 0, index < count
    else { return nil }
    self.init(index: index, count: count)
  }

  package var description: String { "\(index)/\(count)" }

  /// This part's places in a list of `total` records, in the list's order.
  package func places(of total: Int, by rule: Rule) -> [Int] {
    switch rule {
    case .interleaved: Array(stride(from: index, to: total, by: count))
    case .block:
      // Quotient and remainder apart: products of large numbers could overflow.
      Array(start(index, total)..<start(index + 1, total))
    }
  }

  private func start(_ part: Int, _ total: Int) -> Int {
    part * (total / count) + min(part, total % count)
  }
}

/// The options of work on a list that may be shared out.
package struct ShardOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Work on one of N equal parts; I counts from 0, as in '--shard 3/16'.", valueName: "i/n"))
  package var shard: Shard = .whole

  @Option(
    help: ArgumentHelp(
      "How parts are cut. interleaved: every N-th record; block: records that follow each other, so "
        + "that the parts' outputs joined are the whole's.", valueName: "rule"))
  package var shardBy: Shard.Rule = .interleaved

  @Option(
    help: ArgumentHelp(
      "What records that failed do to the exit code. fail: it is 1; ok: nothing, their lines in the "
        + "output say it.", valueName: "rule"))
  package var recordErrors: RecordErrors = .fail

  /// What records that failed do to the exit code.
  package enum RecordErrors: String, Sendable, CaseIterable, ExpressibleByArgument {
    case fail
    case ok
  }

  package init() {}
}
