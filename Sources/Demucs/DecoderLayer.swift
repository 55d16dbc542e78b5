// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// A layer of the decoder: the encoder's signal of the same level added, a convolution over a few frames
/// to twice the channels, a gated linear unit, a transposed convolution and, but for the outermost
/// layer, ReLU.
///
///     [T, C] ─ + ─ conv ─ GLU ─ transposed conv ─ ReLU ─ [(T − context) · stride + kernel, C out]
///     [S ≥ T, C] ┘
///
/// The convolution has no padding: it shortens the signal by context − 1 frames. Tile by tile, as the
/// encoder.
struct DecoderLayer: Sendable {
  let convolution: PackedMatrix  // context · C → 2 · C
  let transposed: PackedMatrix  // taps · C → stride · C out
  let context: Int
  let kernelSize: Int
  let stride: Int
  let isOutermost: Bool

  func callAsFunction(_ x: Tensor, skip: Tensor, _ run: Run) -> Tensor {
    let channels = x.shape[1]
    let frames = x.shape[0] - context + 1
    let history = (kernelSize + stride - 1) / stride - 1
    let skipped = (skip.shape[0] - x.shape[0]) / 2
    // One step is the `stride` output frames that one frame begins.
    let steps = frames + history
    let y = run.arena.tensor(steps, transposed.columns)
    run.tiles(0..<steps) { tile, _ in
      let gated = run.arena.tensor(tile.count + history, channels)
      gated.pointer.update(repeating: 0, count: gated.count)
      // Frames that the tile's steps see, and where the first of them lies in `gated`.
      let seen = max(0, tile.lowerBound - history)..<min(frames, tile.upperBound)
      let place = seen.lowerBound - (tile.lowerBound - history)
      let sum = run.arena.tensor(seen.count + context - 1, channels)
      let (a, b) = (
        x.pointer + seen.lowerBound * channels,
        skip.pointer + (skipped + seen.lowerBound) * channels
      )
      for index in 0..<sum.count { sum.pointer[index] = a[index] + b[index] }
      let gates = run.arena.tensor(seen.count, 2 * channels).rows(0..<seen.count)
      convolution(sum.windows(0..<seen.count, length: context, hop: 1), into: gates)
      GatedLinearUnit()(gates, into: gated.rows(place..<place + seen.count))
      transposed(
        gated.windows(0..<tile.count, length: history + 1, hop: 1), into: y.rows(tile),
        slope: isOutermost ? nil : 0)
    }
    // The last step may reach beyond the last frame's kernel.
    return Tensor(
      shape: [(frames - 1) * stride + kernelSize, transposed.columns / stride], storage: y.storage)
  }
}
