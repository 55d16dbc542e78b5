// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// x + γ · linear(GELU(linear(norm(depth-wise conv x)))) (Vocos, figure 2); γ is in the last weights.
struct ConvNeXtBlock: Sendable {
  let convolution: DepthwiseConvolution1D
  let norm: VocosBackbone.AdaptiveNormalization
  let widening: PackedMatrix  // C → H
  let narrowing: PackedMatrix  // H → C

  /// Computes rows `range` of `x`, `[T, C]`, of whose rows `valid` exist, into the same rows of `y`.
  func callAsFunction(
    _ x: Tensor, valid: Range<Int>, rows range: Range<Int>, into y: Tensor, identifier: Int,
    _ run: Run
  ) {
    let tiles = FrameTiles(range.count)
    run.parallel.forEach(tiles.count) { index, _ in
      let tile =
        range.lowerBound + tiles[index].lowerBound..<range.lowerBound
        + tiles[index].upperBound
      let local = run.arena.tensor(tile.count, x.shape[1]).rows(0..<tile.count)
      convolution(x, valid: valid, rows: tile, into: local)
      norm(local, identifier: identifier)
      let hidden = run.arena.tensor(tile.count, widening.columns).rows(0..<tile.count)
      widening(local, into: hidden)
      GaussianErrorLinearUnit()(hidden)
      narrowing(hidden, into: y.rows(tile))
      y.rows(tile).add(x.rows(tile))
    }
  }
}
