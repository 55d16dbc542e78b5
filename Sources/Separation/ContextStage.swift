// SPDX-License-Identifier: Apache-2.0
internal import Tensors

/// Samples on each side of a segment that its output depends on, and where segments may begin.
struct Context {
  let before: Int
  let after: Int
  let alignment: Int
}

/// Runs segments together with everything they depend on, and keeps the segments alone: the same
/// numbers as the whole signal.
final class ContextStage: SeparationStage {
  private let separator: any Separator
  private let segment: Int
  private let context: Context
  // The signal from sample `start` on, interleaved.
  private var buffer: [Float] = []
  private var start = 0
  // The first sample that has not been delivered.
  private var next = 0

  init(_ separator: any Separator, segment: Int, context: Context) {
    func roundedUp(_ samples: Int) -> Int {
      (samples + context.alignment - 1) / context.alignment * context.alignment
    }
    self.separator = separator
    self.segment = roundedUp(max(1, segment))
    self.context = Context(
      before: roundedUp(context.before), after: context.after, alignment: context.alignment)
  }

  func push(_ samples: [Float], _ run: Run, _ deliver: Deliver) throws {
    buffer += samples
    while start + buffer.count / separator.channels >= next + segment + context.after {
      try deliver(try separated(upTo: next + segment + context.after, keeping: segment, run))
      let drop = max(0, next - context.before - start)
      buffer.removeFirst(drop * separator.channels)
      start += drop
    }
  }

  func finish(_ run: Run, _ deliver: Deliver) throws {
    let end = start + buffer.count / separator.channels
    guard end > next else { return }
    try deliver(try separated(upTo: end, keeping: end - next, run))
  }

  private func separated(upTo end: Int, keeping count: Int, _ run: Run) throws -> [[Float]] {
    let channels = separator.channels
    let input = Tensor(
      shape: [end - start, channels], elements: Array(buffer[..<((end - start) * channels)]))
    let kept = ((next - start) * channels)..<((next - start + count) * channels)
    next += count
    return try separator.separate(input, run).map { Array($0.elements[kept]) }
  }
}
