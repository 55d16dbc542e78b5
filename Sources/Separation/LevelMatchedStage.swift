// SPDX-License-Identifier: Apache-2.0
internal import SoundFiles
internal import Tensors

/// Scales all estimates by one factor, Σ|mixture| / Σ|estimates| over the whole signal: what
/// asteroid's `separate` does, whose networks are trained with a free gain.
///
/// The factor is known at the end only, so the estimates wait on disk.
final class LevelMatchedStage: SeparationStage {
  private let stage: any SeparationStage
  private let spools: [SampleSpool]
  private var mixtureSum = 0.0
  private var estimateSum = 0.0

  init(_ stage: any SeparationStage, sources: Int) {
    self.stage = stage
    spools = (0..<sources).map { _ in SampleSpool() }
  }

  func push(_ samples: [Float], _ run: Run, _ deliver: Deliver) throws {
    mixtureSum += absoluteSum(samples)
    try stage.push(samples, run, spool)
  }

  func finish(_ run: Run, _ deliver: Deliver) throws {
    try stage.finish(run, spool)
    let gain = estimateSum > 0 ? Float(mixtureSum / estimateSum) : 1
    while let first = spools.first, first.count > 0 {
      try deliver(
        try spools.map { spool in
          try spool.removeFirst(min(spool.count, 1 << 16)).map { $0 * gain }
        })
    }
  }

  private func spool(_ sources: [[Float]]) throws {
    for (samples, spool) in zip(sources, spools) {
      estimateSum += absoluteSum(samples)
      try spool.append(samples)
    }
  }

  private func absoluteSum(_ samples: [Float]) -> Double {
    samples.reduce(0) { $0 + Double(abs($1)) }
  }
}
