// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// A layer of the decoder: a convolution over a few frames to twice the channels, a gated linear unit and
/// a transposed convolution; then, but for the outermost layer, ReLU, and the sum with the encoder's signal
/// of the next level.
///
///     [T, C] ─ conv ─ GLU ─ transposed conv ─ ReLU ─ + ─ [(T − context) · stride + kernel, C out]
///                                     [S ≥ …, C out] ┘
///
/// The convolution has no padding: it shortens the signal by context − 1 frames. Tile by tile, as the
/// encoder.
struct DecoderLayer: Sendable {
  let convolution: PackedMatrix  // context · C → 2 · C
  let transposed: PackedMatrix  // taps · C → stride · C out
  let context: Int
  let kernelSize: Int
  let stride: Int

  /// Applies the outermost layer to the frames `seen` of `x`: `[T', C out]`.
  func callAsFunction(_ x: Tensor, _ seen: Range<Int>, _ run: Run) -> Tensor {
    let y = run.arena.tensor(steps(seen.count), transposed.columns)
    run.tiles(0..<y.shape[0]) { tile, _ in
      compute(tile, x, seen, into: y.rows(tile), slope: nil, run)
    }
    // The last step may reach beyond the last frame's kernel.
    return Tensor(
      shape: [outputFrames(seen.count), transposed.columns / stride], storage: y.storage)
  }

  /// Applies any other layer to the frames `seen` of `x` and adds the result to the middle of `skip`.
  ///
  /// - Returns: Which frames of `skip` those are.
  func callAsFunction(
    _ x: Tensor, _ seen: Range<Int>, onto skip: Tensor, _ run: Run
  ) -> Range<Int> {
    defer { extendLifetime(skip) }
    let frames = outputFrames(seen.count)
    let channels = transposed.columns / stride
    let first = (skip.shape[0] - frames) / 2
    run.tiles(0..<steps(seen.count)) { tile, _ in
      let y = run.arena.tensor(tile.count, transposed.columns)
      defer { extendLifetime(y) }
      compute(tile, x, seen, into: y.rows(0..<tile.count), slope: 0, run)
      let start = tile.lowerBound * stride
      let target = skip.pointer + (first + start) * channels
      for index in 0..<(min(tile.count * stride, frames - start) * channels) {
        target[index] += y.pointer[index]
      }
    }
    return first..<first + frames
  }

  /// Frames that come out for `frames` that go in.
  private func outputFrames(_ frames: Int) -> Int { (frames - context) * stride + kernelSize }

  /// Frames before a step's own that its output frames hear as well.
  private var history: Int { (kernelSize + stride - 1) / stride - 1 }

  /// How many steps there are, a step being the `stride` output frames that one frame begins.
  private func steps(_ frames: Int) -> Int { frames - context + 1 + history }

  /// Computes a tile of steps, `[tile.count, stride · C out]`.
  private func compute(
    _ tile: Range<Int>, _ x: Tensor, _ seen: Range<Int>, into y: Rows, slope: Float?, _ run: Run
  ) {
    let channels = x.shape[1]
    let gated = run.arena.tensor(tile.count + history, channels)
    gated.pointer.update(repeating: 0, count: gated.count)
    // Frames that the tile's steps see, and where the first of them lies in `gated`.
    let frames = seen.count - context + 1
    let needed = max(0, tile.lowerBound - history)..<min(frames, tile.upperBound)
    let place = needed.lowerBound - (tile.lowerBound - history)
    let gates = run.arena.tensor(needed.count, 2 * channels).rows(0..<needed.count)
    convolution(
      x.windows(
        seen.lowerBound + needed.lowerBound..<seen.lowerBound + needed.upperBound,
        length: context, hop: 1), into: gates)
    GatedLinearUnit()(gates, into: gated.rows(place..<place + needed.count))
    transposed(
      gated.windows(0..<tile.count, length: history + 1, hop: 1), into: y, slope: slope)
  }
}
