// SPDX-License-Identifier: Apache-2.0
internal import Tensors
internal import UniversalSeparation

/// Passes a signal through a query-conditioned separator segment by segment.
///
/// The taggers hear segments that lie side by side, as the reference cuts them. The separator hears some
/// more on both sides, and what it makes of two neighbours is faded into each other over the common part, so that
/// a border is no seam. With the reference's segments there is no such part.
final class QueriedStage: SeparationStage {
  private let separator: UniversalSeparator
  private let wanted: Set<Int>
  private let segment: Int
  /// Neighbours see the same frames, and most of their halvings, where they begin so many samples apart.
  private let unit: Int
  /// Samples that a segment hears beyond each border.
  private let margin: Int
  /// The signal from sample `start` on, interleaved.
  private var buffer: [Float] = []
  private var start = 0
  /// Which segment comes next.
  private var next = 0
  /// What the last segment made of the part that it has in common with the next, source by source.
  private var tails: [[Float]] = []

  init(_ separator: UniversalSeparator, _ settings: SeparationSettings, wanted: Set<Int>) {
    self.separator = separator
    self.wanted = wanted
    let unit = separator.network.configuration.unit
    self.unit = unit
    let own = settings.segmentSeconds.map { Int($0 * Double(separator.sampleRate)) / unit * unit }
    let segment = max(unit, own ?? separator.segmentSamples)
    self.segment = segment
    var margin = 0
    if let overlap = settings.overlap {
      margin = Int(Double(segment) * overlap / (1 - overlap) / 2)
    } else if !separator.usesReferenceSegments {
      margin = separator.network.configuration.freeMargin(segment)
    }
    self.margin = min(segment / 2, margin) / unit * unit
  }

  private var channels: Int { separator.channels }
  private var end: Int { start + buffer.count / channels }

  func push(_ samples: [Float], _ run: Run, _ deliver: Deliver) throws {
    buffer += samples
    while end >= (next + 1) * segment + margin {
      try advance(isLast: false, run, deliver)
    }
  }

  func finish(_ run: Run, _ deliver: Deliver) throws {
    while next * segment < end {
      try advance(isLast: (next + 1) * segment >= end, run, deliver)
    }
  }

  /// Works on the next segment and delivers what no later one changes.
  private func advance(isLast: Bool, _ run: Run, _ deliver: Deliver) throws {
    let border = next * segment
    let common = max(0, border - margin)..<min(end, border + margin)
    let upper = min(end, border + segment + margin)
    var estimates = try estimates(of: common.lowerBound..<upper, run)
    if next > 0 {
      for (source, tail) in tails.enumerated() where !tail.isEmpty || !estimates[source].isEmpty {
        estimates[source] = faded(from: tail, into: estimates[source], common, upper: upper)
      }
    }
    let kept = isLast ? upper : border + segment - margin
    let count = upper - common.lowerBound
    for block in blocks(of: 0..<kept - common.lowerBound) {
      try deliver(
        estimates.map { samples in
          samples.isEmpty
            ? [Float](repeating: 0, count: block.count * channels)
            : Array(samples[block.lowerBound * channels..<block.upperBound * channels])
        })
    }
    tails = estimates.map { samples in
      samples.isEmpty
        ? [] : Array(samples[(kept - common.lowerBound) * channels..<count * channels])
    }
    next += 1
    // The last segment may want to hear as much as the others.
    let unused = max(0, (next - 1) * segment - 2 * margin - start)
    buffer.removeFirst(unused * channels)
    start += unused
  }

  /// Fades one estimate into the next over the samples that both have.
  ///
  /// Either may be empty: silence.
  private func faded(
    from old: [Float], into new: [Float], _ common: Range<Int>, upper: Int
  ) -> [Float] {
    var result =
      new.isEmpty
      ? [Float](repeating: 0, count: (upper - common.lowerBound) * channels) : new
    for index in 0..<common.count * channels {
      let weight = (Float(index / channels) + 0.5) / Float(2 * margin)
      result[index] = weight * result[index] + (old.isEmpty ? 0 : (1 - weight) * old[index])
    }
    return result
  }

  /// What the queries' sources are in some samples around the next segment; empty where nothing is heard of
  /// them.
  private func estimates(of part: Range<Int>, _ run: Run) throws -> [[Float]] {
    let border = next * segment
    let inside = border..<min(end, border + segment)
    var heard = part
    if part.count < segment && !separator.usesReferenceSegments {
      // The end of a recording alone would be little to go by.
      let lacking = segment + 2 * margin - part.count
      let before = min(lacking, part.lowerBound - start) / unit * unit
      heard = part.lowerBound - before..<part.upperBound
    }
    let conditions = separator.conditions(for: try tags(of: inside, run))
    let active = conditions.indices.filter { conditions[$0] != nil && wanted.contains($0) }
    var estimates = conditions.map { _ in [Float]() }
    if active.isEmpty { return estimates }
    for index in active {
      estimates[index] = [Float](repeating: 0, count: part.count * channels)
    }
    let first = part.lowerBound - heard.lowerBound
    for channel in 0..<channels {
      var signal = samples(heard, channel: channel)
      signal += [Float](repeating: 0, count: max(0, segment - signal.count))
      let sources = try separator.network(
        signal, conditions: active.compactMap { conditions[$0] }, run)
      for (index, source) in zip(active, sources) {
        for sample in 0..<part.count {
          estimates[index][sample * channels + channel] = source[first + sample]
        }
      }
    }
    return estimates
  }

  /// What is heard in the mean of the channels, where a query wants to know.
  private func tags(of part: Range<Int>, _ run: Run) throws -> SegmentTags? {
    guard separator.listens else { return nil }
    if segment == separator.segmentSamples && next < separator.knownTags.count {
      return separator.knownTags[next]
    }
    var mono = samples(part, channel: 0)
    for channel in 1..<max(1, channels) {
      for (index, sample) in samples(part, channel: channel).enumerated() { mono[index] += sample }
    }
    if channels > 1 { for index in mono.indices { mono[index] /= Float(channels) } }
    return try separator.tags(of: mono, run)
  }

  private func samples(_ part: Range<Int>, channel: Int) -> [Float] {
    part.map { buffer[($0 - start) * channels + channel] }
  }
}

extension ResUNet30Configuration {
  /// Samples of eight frames.
  fileprivate var unit: Int { 8 * hopLength }

  /// Samples that a segment can hear beyond each border at little cost: the network works on multiples of
  /// 32 frames in any case.
  fileprivate func freeMargin(_ segment: Int) -> Int {
    func room(_ frames: Int) -> Int { (((frames + 31) / 32 * 32 - 1) * hopLength - segment) / 2 }
    let frames = 1 + segment / hopLength
    let free = room(frames)
    return free >= unit ? free : room(frames + 32)
  }
}
