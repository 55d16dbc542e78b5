// SPDX-License-Identifier: Apache-2.0
internal import Tensors

// The way of a segment of a signal into a U-Net on samples, and of the sources out of it.
extension DemucsConfiguration {
  /// The segment in the middle of as many samples as fill all layers' frames: those that the signal has
  /// around it, and zeros beyond.
  func heard(_ signal: Tensor, _ segment: Range<Int>, _ run: Run) -> Tensor {
    let length = validLength(segment.count)
    let start = segment.lowerBound - (length - segment.count) / 2
    let real = max(0, start)..<min(signal.shape[0], start + length)
    let y = run.arena.tensor(length, audioChannels)
    y.pointer.update(repeating: 0, count: y.count)
    signal.rows(real).copy(into: y, row: real.lowerBound - start)
    return y
  }

  /// The sources, `samples` samples from `first` on, of the network's output, `[T, S · A]`.
  func estimates(
    _ output: Tensor, from first: Int, samples: Int, _ level: SignalLevel, _ run: Run
  ) -> [Tensor] {
    sources.indices.map { source in
      let result = run.arena.tensor(samples, audioChannels)
      output.rows(first..<first + samples)
        .columns(source * audioChannels..<(source + 1) * audioChannels).copy(into: result, row: 0)
      level.restore(result, run)
      return result
    }
  }
}
