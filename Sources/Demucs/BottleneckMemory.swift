// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints
internal import NeuralLayers
internal import Tensors

/// The LSTM in the middle of a U-Net on samples, and what takes its two directions back to one width.
struct BottleneckMemory: Sendable {
  private let lstm: LongShortTermMemory
  private let linear: PackedMatrix  // 2 · C → C

  init(_ weights: Weights, channels: Int) throws(CheckpointError) {
    lstm = try (weights / "lstm").memory(channels)
    linear = try (weights / "linear").matrix(2 * channels, to: channels, isLinear: true)
  }

  /// Takes signals `[T, C]` through both, side by side.
  func callAsFunction(_ signals: [Tensor], _ run: Run) -> [Tensor] {
    let order = signals.indices.sorted { signals[$0].shape[0] > signals[$1].shape[0] }
    let lengths = order.map { signals[$0].shape[0] }
    let (steps, channels) = (lengths[0], signals[0].shape[1])
    let x = run.arena.tensor(signals.count * steps, channels)
    x.pointer.update(repeating: 0, count: x.count)
    for (place, index) in order.enumerated() {
      signals[index].rows(0..<lengths[place]).copy(into: x, row: place * steps)
    }
    let both = lstm(
      x.reshaped(signals.count, steps, channels), lengths: lengths, arena: run.arena,
      parallel: run.parallel
    ).reshaped(signals.count * steps, 2 * channels)
    run.trace?("lstm", both)
    var results = signals
    for (place, index) in order.enumerated() {
      let (y, start) = (run.arena.tensor(lengths[place], channels), place * steps)
      run.tiles(0..<lengths[place]) { tile, _ in
        linear(
          both.rows(start + tile.lowerBound..<start + tile.upperBound), into: y.rows(tile))
      }
      run.trace?("linear", y)
      results[index] = y
    }
    return results
  }
}
