// SPDX-License-Identifier: Apache-2.0

/// The order in which `estimates` follow `previous` best: result[k] is the estimate that continues
/// source k.
///
/// The order has the greatest sum of correlation coefficients over the samples that both have;
/// signals are interleaved and begin at the same sample.
func bestOrder(of estimates: [[Float]], matching previous: [[Float]]) -> [Int] {
  let scores = previous.map { earlier in estimates.map { correlation(earlier, $0) } }
  var best = Array(estimates.indices)
  var bestScore = -Double.infinity
  forEachPermutation(of: Array(estimates.indices)) { order in
    let score = order.enumerated().reduce(0.0) { $0 + scores[$1.offset][$1.element] }
    if score > bestScore { (best, bestScore) = (order, score) }
  }
  return best
}

/// The correlation coefficient of the samples that both have; 0 where one is silent.
private func correlation(_ a: [Float], _ b: [Float]) -> Double {
  var product = 0.0
  var energyA = 0.0
  var energyB = 0.0
  for (x, y) in zip(a, b) {
    product += Double(x) * Double(y)
    energyA += Double(x) * Double(x)
    energyB += Double(y) * Double(y)
  }
  let norm = (energyA * energyB).squareRoot()
  return norm > 0 ? product / norm : 0
}

/// All orders of a few items (networks have at most a handful of interchangeable sources).
private func forEachPermutation(of items: [Int], _ body: ([Int]) -> Void) {
  func extend(_ chosen: [Int], _ left: [Int]) {
    if left.isEmpty { return body(chosen) }
    for (position, item) in left.enumerated() {
      var rest = left
      rest.remove(at: position)
      extend(chosen + [item], rest)
    }
  }
  extend([], items)
}
