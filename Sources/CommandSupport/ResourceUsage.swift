// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// What a run has cost, for reports.
package enum ResourceUsage {
  /// The most memory that the process has had resident so far, in bytes.
  package static var peakMemoryBytes: Int {
    #if os(Linux)
      // Not getrusage: its maximum begins with what the parent had when it started this process.
      let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      let kibibytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first
      return (kibibytes.flatMap { Int($0) } ?? 0) * 1024
    #else
      var usage = rusage()
      return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : 0
    #endif
  }
}

/// A clock that was started, for wall time in reports.
package struct Stopwatch: Sendable {
  private let start = ContinuousClock.now

  package init() {}

  /// The seconds since the start.
  package var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }
}
