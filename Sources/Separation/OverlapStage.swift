// SPDX-License-Identifier: Apache-2.0
internal import Tensors

/// Runs overlapping segments and blends them with triangular weights (demucs' `apply_model`).
///
/// A signal of at most `whole` samples is one segment. A segment hears up to `context` samples on both
/// sides, where the signal has them.
final class OverlapStage: SeparationStage {
  private let separator: any Separator
  private let segment: Int
  private let stride: Int
  private let jobs: Int
  private let whole: Int
  private let context: Int
  private let weights: [Float]
  // The signal from `heard` samples in front of the next segment on, interleaved.
  private var buffer: [Float] = []
  private var heard = 0
  private var isCut = false
  // Weighted sums of what segments have contributed from the next segment's first sample on.
  private var sums: [[Float]]
  private var weightSums: [Float] = []
  // The last segment's estimates from there on: what the next one's sources are matched with.
  private var previous: [[Float]] = []

  init(
    _ separator: any Separator, segment: Int, overlap: Double, jobs: Int, whole: Int,
    context: Int = 0
  ) {
    self.separator = separator
    self.segment = segment
    self.context = context
    self.jobs = jobs
    self.whole = whole
    stride = max(1, Int((1 - overlap) * Double(segment)))
    // 1 … ⌊n/2⌋ up, n − ⌊n/2⌋ … 1 down, over the greatest.
    let top = Float(segment - segment / 2)
    weights = (0..<segment).map { index in
      Float(index < segment / 2 ? index + 1 : segment - index) / top
    }
    sums = separator.sources.map { _ in [] }
  }

  func push(_ samples: [Float], _ run: Run, _ deliver: Deliver) throws {
    buffer += samples
    if !isCut && pending <= whole { return }
    isCut = true
    while pending > (group - 1) * stride + segment + context {
      try advance(segments: group, run, deliver)
    }
  }

  /// How many segments are worked on together.
  private var group: Int { max(separator.segmentsAtOnce, jobs) }

  /// Samples from the next segment's first on.
  private var pending: Int { buffer.count / separator.channels - heard }

  func finish(_ run: Run, _ deliver: Deliver) throws {
    guard pending > 0 else { return }
    if isCut {
      while pending > 0 {
        let left = (pending + stride - 1) / stride
        try advance(segments: min(left, group), run, deliver)
      }
    } else {
      try separator.separate(signal(pending, run), segment: heard..<heard + pending, run)
        .deliver(0..<pending, channels: separator.channels, deliver)
      buffer = []
    }
  }

  /// Runs the segments at the buffer's head and delivers what no later segment adds to.
  private func advance(segments count: Int, _ run: Run, _ deliver: Deliver) throws {
    let available = pending
    let segments = (0..<count).map { index in
      heard + index * stride..<heard + min(index * stride + segment, available)
    }
    let last = segments[count - 1].upperBound - heard
    var complete = 0
    try separator.separate(signal(last, run), segments: segments, jobs: jobs, run) { estimates in
      let step = min(stride, available - complete)
      try blend(estimates, complete: step, deliver)
      complete += step
    }
    let surplus = max(0, heard + complete - context)
    buffer.removeFirst(surplus * separator.channels)
    heard += complete - surplus
  }

  /// Adds a segment's sources to the sums and delivers their first `complete` samples.
  private func blend(_ estimates: [Tensor], complete: Int, _ deliver: Deliver) throws {
    let channels = separator.channels
    var estimates = estimates
    if separator.sourcesAreInterchangeable {
      let samples = estimates.map(\.elements)
      let order =
        previous.isEmpty ? Array(samples.indices) : bestOrder(of: samples, matching: previous)
      estimates = order.map { estimates[$0] }
      previous = order.map { Array(samples[$0].dropFirst(complete * channels)) }
    }
    defer { extendLifetime(estimates) }
    let count = estimates[0].shape[0]
    // Only where earlier segments reach are there sums to add to.
    let held = weightSums.count
    for sample in 0..<min(count, held) { weightSums[sample] += weights[sample] }
    weightSums += weights[min(held, count)..<count]
    for (source, estimate) in estimates.enumerated() {
      sums[source].withUnsafeMutableBufferPointer { sum in
        for index in 0..<min(count, held) * channels {
          sum[index] += weights[index / channels] * estimate.pointer[index]
        }
      }
    }
    func sum(_ source: Int, _ samples: Range<Int>) -> [Float] {
      let old = samples.clamped(to: 0..<held)
      let new = max(held, samples.lowerBound)..<max(held, samples.upperBound)
      return sums[source][old.lowerBound * channels..<old.upperBound * channels]
        + (new.lowerBound * channels..<new.upperBound * channels).map {
          weights[$0 / channels] * estimates[source].pointer[$0]
        }
    }
    for block in blocks(of: 0..<complete) {
      let first = block.lowerBound * channels
      try deliver(
        estimates.indices.map { source in
          sum(source, block).enumerated().map { $1 / weightSums[(first + $0) / channels] }
        })
    }
    sums = estimates.indices.map { sum($0, complete..<weightSums.count) }
    weightSums.removeFirst(complete)
  }

  /// What the next segments hear: up to `samples` samples, and what lies around them.
  private func signal(_ samples: Int, _ run: Run) -> Tensor {
    let channels = separator.channels
    let end = min(buffer.count / channels, heard + samples + context)
    let signal = run.arena.tensor(end, channels)
    buffer.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      signal.pointer.update(from: base, count: end * channels)
    }
    return signal
  }
}

extension [Tensor] {
  /// Hands samples over.
  fileprivate func deliver(
    _ samples: Range<Int>, channels: Int, _ deliver: SeparationStage.Deliver
  ) throws {
    defer { extendLifetime(self) }
    for block in blocks(of: samples) {
      try deliver(
        map { source in
          [Float](
            UnsafeBufferPointer(
              start: source.pointer + block.lowerBound * channels, count: block.count * channels))
        })
    }
  }
}

/// Samples in blocks of a few seconds: copies of whole segments would take more memory than all else.
func blocks(of samples: Range<Int>) -> [Range<Int>] {
  stride(from: samples.lowerBound, to: samples.upperBound, by: 1 << 17).map {
    $0..<min($0 + 1 << 17, samples.upperBound)
  }
}
