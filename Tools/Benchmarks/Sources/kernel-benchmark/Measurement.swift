// SPDX-License-Identifier: Apache-2.0
internal import Tensors

/// Rates of one piece of work and of its ceiling, measured in turns.
struct Measurement: Encodable, Sendable {
  let work: String
  let size: String
  /// "GFLOP/s" or "GB/s".
  let unit: String
  let rate: Double
  let ceiling: Double
  /// The median over the turns of rate / ceiling: what a noisy machine disturbs least.
  let share: Double

  /// Runs `work` and the ceiling `turns` times each, one after the other.
  init(_ work: Work, ceilings: Ceilings, parallel: Parallel, turns: Int) {
    let run = work.prepare(parallel)
    let ceilingCost = ceilings.cost(for: work.cost)
    run()
    // Short work is repeated until a turn is long enough for the clock and for a context switch.
    let repetitions = max(1, Int(0.03 / seconds(run)))
    var rates: [Double] = []
    var tops: [Double] = []
    for _ in 0..<turns {
      tops.append(ceilingCost.billions / seconds { ceilings.run(for: work.cost) })
      // Not timed: the ceiling has emptied the caches, and its threads wait for more work a while.
      run()
      let elapsed = seconds { for _ in 0..<repetitions { run() } }
      rates.append(work.cost.billions * Double(repetitions) / elapsed)
    }
    self.work = work.name
    size = work.size
    unit = work.cost.unit
    rate = median(rates)
    ceiling = median(tops)
    share = median(zip(rates, tops).map { $0 / $1 })
  }
}

extension Work.Cost {
  fileprivate var billions: Double {
    switch self {
    case .arithmetic(let count), .memory(let count): Double(count) / 1e9
    }
  }

  fileprivate var unit: String {
    switch self {
    case .arithmetic: "GFLOP/s"
    case .memory: "GB/s"
    }
  }
}

private func seconds(_ body: () -> Void) -> Double {
  let elapsed = ContinuousClock().measure(body)
  return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
}

private func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return (sorted[sorted.count / 2] + sorted[(sorted.count - 1) / 2]) / 2
}
