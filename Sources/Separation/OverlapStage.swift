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

  init(_ separator: any Separator, segment: Int, overlap: Double, whole: Int, context: Int = 0) {
    self.separator = separator
    self.segment = segment
    self.context = context
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
    while pending > segment + context { try advance(run, deliver) }
  }

  /// Samples from the next segment's first on.
  private var pending: Int { buffer.count / separator.channels - heard }

  func finish(_ run: Run, _ deliver: Deliver) throws {
    guard pending > 0 else { return }
    if isCut {
      while pending > 0 { try advance(run, deliver) }
    } else {
      try deliver(try estimates(samples: pending, run))
      buffer = []
    }
  }

  /// Runs the segment at the buffer's head and delivers what no later segment adds to.
  private func advance(_ run: Run, _ deliver: Deliver) throws {
    let channels = separator.channels
    let available = pending
    let count = min(segment, available)
    var estimates = try estimates(samples: count, run)
    if separator.sourcesAreInterchangeable && !previous.isEmpty {
      estimates = bestOrder(of: estimates, matching: previous).map { estimates[$0] }
    }

    let missing = max(0, count - weightSums.count)
    weightSums += [Float](repeating: 0, count: missing)
    for sample in 0..<count { weightSums[sample] += weights[sample] }
    let complete = min(stride, available)
    var delivered: [[Float]] = []
    for source in sums.indices {
      sums[source] += [Float](repeating: 0, count: missing * channels)
      for index in 0..<(count * channels) {
        sums[source][index] += weights[index / channels] * estimates[source][index]
      }
      delivered.append(
        (0..<(complete * channels)).map { sums[source][$0] / weightSums[$0 / channels] })
      sums[source].removeFirst(complete * channels)
    }
    if separator.sourcesAreInterchangeable {
      previous = estimates.map { Array($0.dropFirst(complete * channels)) }
    }
    weightSums.removeFirst(complete)
    let surplus = max(0, heard + complete - context)
    buffer.removeFirst(surplus * channels)
    heard += complete - surplus
    try deliver(delivered)
  }

  /// The next segment's sources.
  private func estimates(samples: Int, _ run: Run) throws -> [[Float]] {
    let channels = separator.channels
    let end = min(buffer.count / channels, heard + samples + context)
    let signal = Tensor(shape: [end, channels], elements: Array(buffer[..<(end * channels)]))
    return try separator.separate(signal, segment: heard..<heard + samples, run).map(\.elements)
  }
}
