// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// What a run has cost, for reports.
package enum ResourceUsage {
  /// The most memory that the process has had resident so far, in bytes.
  package static var peakMemoryBytes: Int {
    var usage = rusage()
    #if os(Linux)
      let status = getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      let unit = 1024
    #else
      let status = getrusage(RUSAGE_SELF, &usage)
      let unit = 1
    #endif
    return status == 0 ? usage.ru_maxrss * unit : 0
  }
}

/// A clock that was started, for wall time in reports.
package struct Stopwatch: Sendable {
  private let start = ContinuousClock.now

  package init() {}

  /// The seconds since the start.
  package var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }
}
