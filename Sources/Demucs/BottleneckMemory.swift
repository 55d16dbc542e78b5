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

  /// Applies both to `[T, C]`.
  func callAsFunction(_ x: Tensor, _ run: Run) -> Tensor {
    let (steps, channels) = (x.shape[0], x.shape[1])
    let both = lstm(x.reshaped(1, steps, channels), arena: run.arena, parallel: run.parallel)
      .reshaped(steps, 2 * channels)
    run.trace?("lstm", both)
    let y = run.arena.tensor(steps, channels)
    run.tiles(0..<steps) { tile, _ in linear(both.rows(tile), into: y.rows(tile)) }
    run.trace?("linear", y)
    return y
  }
}
