// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser

/// The outcome of work on several inputs, of which one that fails does not stop the others.
package struct Batch: Sendable {
  private var succeeded = 0
  private var failures: [Failure] = []

  package init() {}

  /// Counts an input whose output was written in full.
  package mutating func succeed() { succeeded += 1 }

  /// Counts an input that failed, and says so at once.
  ///
  /// - Throws: `failure` itself where going on is pointless: the program is to end.
  package mutating func fail(_ failure: Failure) throws(Failure) {
    if failure.status == .interrupted || failure.status == .terminated { throw failure }
    count(failure)
    Console.standard.error(failure)
  }

  /// Counts an input that failed, and that somebody else has told the user about.
  package mutating func count(_ failure: Failure) { failures.append(failure) }

  /// Ends the batch: sums up what failed and throws the exit code that belongs to it.
  ///
  /// A single input that failed gives its own code; a batch gives ``ExitStatus/partialFailure``.
  package func finish() throws {
    guard let only = failures.first else { return }
    let total = succeeded + failures.count
    if total > 1 {
      Console.standard.info("\(failures.count) of \(total) inputs failed")
    }
    throw ExitCode((total == 1 ? only.status : .partialFailure).rawValue)
  }
}
