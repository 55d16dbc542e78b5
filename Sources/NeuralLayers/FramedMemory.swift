// SPDX-License-Identifier: Apache-2.0
package import Tensors

/// A bidirectional long short-term memory on frames of a signal, and what takes its two directions back
/// to one width.
///
/// A signal of more than `frameLength` steps is cut into frames that overlap by half. Each begins
/// with an empty memory, so that all run side by side, and gives its middle half; the first and the
/// last frame also give what lies outside.
package struct FramedMemory: Sendable {
  private let lstm: LongShortTermMemory
  private let linear: PackedMatrix
  private let frameLength: Int

  /// - Parameters:
  ///   - linear: 2 · C → C.
  ///   - frameLength: a multiple of 4.
  package init(lstm: LongShortTermMemory, linear: PackedMatrix, frameLength: Int) {
    precondition(frameLength % 4 == 0, "frames of \(frameLength) steps")
    self.lstm = lstm
    self.linear = linear
    self.frameLength = frameLength
  }

  /// Adds what the memory makes of `x`, `[T, C]`, to it.
  package func callAsFunction(_ x: Tensor, _ run: Run) {
    let (steps, channels, arena) = (x.shape[0], x.shape[1], run.arena)
    let hop = frameLength / 2
    let isFramed = steps > frameLength
    let frames = isFramed ? (steps + hop - 1) / hop : 1
    let length = isFramed ? frameLength : steps
    var input = x.reshaped(1, steps, channels)
    if isFramed {
      input = arena.tensor(frames, length, channels)
      for frame in 0..<frames {
        let target = input.pointer + frame * length * channels
        let real = max(0, min(length, steps - frame * hop)) * channels
        target.update(from: x.pointer + frame * hop * channels, count: real)
        (target + real).update(repeating: 0, count: length * channels - real)
      }
    }
    let both = lstm(input, arena: arena, parallel: run.parallel)
      .reshaped(frames * length, 2 * channels)
    run.parallel.forEach(frames) { frame, _ in
      let margin = hop / 2
      let first = frame == 0 ? 0 : frame * hop + margin
      let end = min(steps, frame == frames - 1 ? frame * hop + length : (frame + 1) * hop + margin)
      guard first < end else { return }
      let sum = arena.tensor(end - first, channels)
      let start = frame * (length - hop)
      linear(both.rows(first + start..<end + start), into: sum.rows(0..<end - first))
      x.rows(first..<end).add(sum.rows(0..<end - first))
    }
  }
}
