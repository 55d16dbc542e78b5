// SPDX-License-Identifier: Apache-2.0
internal import Tensors

/// Passes a signal through several stages, and delivers the weighted mean of what all have delivered.
///
/// Stages deliver at different times, by as much as their segments differ: that much waits here, of
/// the sources that count.
final class AveragingStage: SeparationStage {
  private let passes: [(weights: [Float], stage: any SeparationStage)]
  private let sources: Int
  private let wanted: Set<Int>
  // Of each stage: how many samples it delivered before all have, and these, source by source.
  private var ahead: [Int]
  private var waiting: [[[Float]]]

  init(
    _ passes: [(weights: [Float], stage: any SeparationStage)], sources: Int, wanted: Set<Int>
  ) {
    self.passes = passes
    self.sources = sources
    self.wanted = wanted
    ahead = passes.map { _ in 0 }
    waiting = passes.map { _ in (0..<sources).map { _ in [] } }
  }

  func push(_ samples: [Float], _ run: Run, _ deliver: Deliver) throws {
    try advance(samples, run, deliver)
  }

  func finish(_ run: Run, _ deliver: Deliver) throws { try advance(nil, run, deliver) }

  /// Hands the signal's next samples, or its end, to all stages.
  private func advance(_ samples: [Float]?, _ run: Run, _ deliver: Deliver) throws {
    for (index, pass) in passes.enumerated() {
      let receive: Deliver = { estimates in
        self.ahead[index] += estimates[0].count
        for source in self.wanted where pass.weights[source] != 0 {
          self.waiting[index][source] += estimates[source]
        }
        // The last one's come out as they come in.
        if index == self.passes.count - 1 { try self.deliverComplete(deliver) }
      }
      if let samples {
        try pass.stage.push(samples, run, receive)
      } else {
        try pass.stage.finish(run, receive)
      }
    }
    try deliverComplete(deliver)
  }

  private func deliverComplete(_ deliver: Deliver) throws {
    guard let count = ahead.min(), count > 0 else { return }
    var means = [[Float]](
      repeating: [Float](repeating: 0, count: count), count: sources)
    for source in wanted {
      let counting = passes.indices.filter { passes[$0].weights[source] != 0 }
      means[source] = average(
        counting.map { waiting[$0][source][..<count] },
        weights: counting.map { passes[$0].weights[source] })
      for index in counting { waiting[index][source].removeFirst(count) }
    }
    for index in ahead.indices { ahead[index] -= count }
    try deliver(means)
  }
}

/// The weighted mean of estimates of one source, summed up in their order.
func average(_ estimates: [ArraySlice<Float>], weights: [Float]) -> [Float] {
  var mean = [Float](repeating: 0, count: estimates[0].count)
  for (estimate, weight) in zip(estimates, weights) {
    for (index, sample) in zip(mean.indices, estimate) { mean[index] += weight * sample }
  }
  let total = weights.reduce(0, +)
  for index in mean.indices { mean[index] /= total }
  return mean
}
