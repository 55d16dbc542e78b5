// SPDX-License-Identifier: Apache-2.0

/// The three of `candidates` that are most like `name`, best first: those that contain it or are
/// contained in it (a prefix too many or too few is the common case), then by the edits needed.
package func nearestNames(to name: String, among candidates: [String]) -> [String] {
  // Only for an error message: a hostile file must not make it slow.
  let wanted = Array(name.utf8.prefix(128))
  let ranked = candidates.prefix(10_000).enumerated().map { place, candidate in
    let found = Array(candidate.utf8.prefix(128))
    let isPart = !found.isEmpty && (found.contains(wanted) || wanted.contains(found))
    return (rank: (isPart ? 0 : 1, edits(wanted, found), place), name: candidate)
  }
  return ranked.sorted { $0.rank < $1.rank }.prefix(3).map(\.name)
}

/// The Levenshtein distance.
private func edits(_ first: [UInt8], _ second: [UInt8]) -> Int {
  var row = Array(0...second.count)
  for (i, a) in first.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, b) in second.enumerated() {
      let substituted = diagonal + (a == b ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, diagonal + 1, row[j] + 1)
    }
  }
  return row[second.count]
}
