// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// How many processors this process may keep busy.
package enum ProcessorCount {
  /// The processors the scheduler may use for this process, cut to the quota of its control group.
  ///
  /// A container with two processors' worth of time on a machine of 64 should start two threads:
  /// more only wait for each other.
  package static var available: Int {
    let scheduled = affinity ?? ProcessInfo.processInfo.activeProcessorCount
    return max(1, min(scheduled, controlGroupQuota ?? scheduled))
  }

  /// The processors the scheduler may use for this process; the C call is hidden from Swift.
  private static var affinity: Int? {
    let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed:") }
    let count = line?.dropFirst("Cpus_allowed:".count).reduce(0) {
      $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0)
    }
    return count.flatMap { $0 > 0 ? $0 : nil }
  }

  private static var controlGroupQuota: Int? {
    let groups = try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)
    return groups.flatMap { groups in
      quota(groups: groups) { try? String(contentsOfFile: $0, encoding: .utf8) }
    }
  }

  /// The tightest processor quota of the control groups listed in `groups`, rounded up.
  ///
  /// A quota of any group on the way to the root binds; version 1 and version 2 hierarchies are
  /// understood. `read` returns a file's text, nil where there is none.
  package static func quota(groups: String, read: (String) -> String?) -> Int? {
    var tightest: Double?
    for line in groups.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let isVersion2 = fields[0] == "0" && fields[1].isEmpty
      guard isVersion2 || fields[1].split(separator: ",").contains("cpu") else { continue }
      let root = isVersion2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu"
      var components = fields[2].split(separator: "/")
      while true {
        let folder = ([root] + components.map(String.init)).joined(separator: "/")
        let limit = isVersion2 ? version2Limit(folder, read) : version1Limit(folder, read)
        if let limit { tightest = min(limit, tightest ?? limit) }
        if components.popLast() == nil { break }
      }
    }
    return tightest.map { max(1, Int($0.rounded(.up))) }
  }

  private static func version2Limit(_ folder: String, _ read: (String) -> String?) -> Double? {
    // "200000 100000": time in a period; "max 100000": no limit.
    let fields = read("\(folder)/cpu.max")?.split(whereSeparator: \.isWhitespace) ?? []
    guard fields.count == 2 else { return nil }
    return ratio(fields[0], fields[1])
  }

  private static func version1Limit(_ folder: String, _ read: (String) -> String?) -> Double? {
    guard let quota = read("\(folder)/cpu.cfs_quota_us"),
      let period = read("\(folder)/cpu.cfs_period_us")
    else { return nil }
    return ratio(quota.filter { !$0.isWhitespace }, period.filter { !$0.isWhitespace })
  }

  private static func ratio(_ quota: some StringProtocol, _ period: some StringProtocol) -> Double?
  {
    guard let quota = Double(quota), let period = Double(period), quota > 0, period > 0 else {
      return nil
    }
    return min(quota / period, 8192)
  }
}
