// SPDX-License-Identifier: Apache-2.0
internal import SoundFiles
internal import Tensors

/// Takes the mean and the deviation of the whole signal's mono mix out of it, and puts them back into
/// every source (demucs' `separate`).
///
/// Both are known at the end only, so the mixture waits on disk.
final class NormalizedTrackStage: SeparationStage {
  private let stage: any SeparationStage
  private let channels: Int
  private let spool = SampleSpool()
  private var statistics = TrackStatistics()

  init(_ stage: any SeparationStage, channels: Int) {
    self.stage = stage
    self.channels = channels
  }

  func push(_ samples: [Float], _ run: Run, _ deliver: Deliver) throws {
    for start in stride(from: 0, to: samples.count, by: channels) {
      statistics.add(
        samples[start..<start + channels].reduce(0) { $0 + Double($1) } / Double(channels))
    }
    try spool.append(samples)
  }

  func finish(_ run: Run, _ deliver: Deliver) throws {
    let mean = Float(statistics.mean)
    // A constant signal has nothing to be scaled.
    let deviation = statistics.deviation > 0 ? Float(statistics.deviation) : 1
    let restored: Deliver = { sources in
      try deliver(sources.map { $0.map { $0 * deviation + mean } })
    }
    while spool.count > 0 {
      let block = try spool.removeFirst(min(spool.count, channels << 16))
      try stage.push(block.map { ($0 - mean) / deviation }, run, restored)
    }
    try stage.finish(run, restored)
  }
}

/// Mean and unbiased deviation of a stream of numbers, collected stably (Welford 1962).
private struct TrackStatistics {
  private(set) var mean = 0.0
  private var count = 0.0
  private var squares = 0.0

  var deviation: Double { count > 1 ? (squares / (count - 1)).squareRoot() : 0 }

  mutating func add(_ value: Double) {
    count += 1
    let difference = value - mean
    mean += difference / count
    squares += difference * (value - mean)
  }
}
