// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// A layer of the encoder: a strided convolution, ReLU, a 1×1 convolution to twice the channels and a
/// gated linear unit.
///
///     [T, C in] ─ conv ─ ReLU ─ 1×1 conv ─ GLU ─ [(T − kernel) / stride + 1, C]
///
/// Tile by tile, so that the wider signals in between never exist as a whole.
struct EncoderLayer: Sendable {
  let convolution: PackedMatrix  // kernel · C in → C
  let rewriting: PackedMatrix  // C → 2 · C
  let kernelSize: Int
  let stride: Int

  func callAsFunction(_ x: Tensor, _ run: Run) -> Tensor {
    let channels = convolution.columns
    let frames = (x.shape[0] - kernelSize) / stride + 1
    let y = run.arena.tensor(frames, channels)
    run.tiles(0..<frames) { tile, _ in
      let hidden = run.arena.tensor(tile.count, channels).rows(0..<tile.count)
      let gates = run.arena.tensor(tile.count, 2 * channels).rows(0..<tile.count)
      convolution(x.windows(tile, length: kernelSize, hop: stride), into: hidden, slope: 0)
      rewriting(hidden, into: gates)
      GatedLinearUnit()(gates, into: y.rows(tile))
    }
    return y
  }
}
