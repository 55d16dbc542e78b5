// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// The compressed residual branch of a layer (Défossez, "Hybrid Spectral and Waveform Source Separation",
/// 2021, figure 3): for one dilation after the other.
///
///     x ─┬─ dilated conv ─ norm ─ GELU ─ (LSTM) ─ (attention) ─ 1×1 conv ─ norm ─ GLU ─ scale ─ + ─
///        └──────────────────────────────────────────────────────────────────────────────────────┘
///
/// Rows of a grid `[F, T, C]` are signals that know nothing of each other. The norms are over a whole
/// signal; the wide product in front of the second one isn't kept: it is computed once for its
/// moments and once for its use.
struct ResidualBranch: Sendable {
  struct Layer: Sendable {
    let convolution: GridConvolution  // C → h
    let norm: Normalization
    let memory: FramedMemory?
    let attention: LocalAttention?
    let expansion: PackedMatrix  // h → 2 · C
    let expansionNorm: Normalization
    let scale: [Float]
  }

  let layers: [Layer]

  /// Applies the layers to `[F, T, C]` in place.
  func callAsFunction(_ x: Tensor, _ run: Run) {
    run.rows(x.shape[0]) { row, run in self(x, row: row, run) }
  }

  /// Applies the layers to one row of `[F, T, C]` in place.
  func callAsFunction(_ x: Tensor, row: Int, _ run: Run) {
    for layer in layers { layer(x, row: row, run) }
  }
}

extension ResidualBranch.Layer {
  fileprivate func callAsFunction(_ x: Tensor, row: Int, _ run: Run) {
    let (frames, channels, arena) = (x.shape[1], x.shape[2], run.arena)
    let tiles = Run.tileCount(frames)
    let hidden = arena.tensor(frames, convolution.channels)
    let sums = MomentSums(tiles: tiles)
    run.tiles(0..<frames) { tile, index in
      let y = hidden.rows(tile)
      convolution(x, row: row, frames: tile, into: y, arena: arena)
      sums.add(y, tile: index)
    }
    let first = ChannelAffine(norm, sums.moments(count: hidden.count))
    run.tiles(0..<frames) { tile, _ in first.gelu(hidden.rows(tile)) }
    memory?(hidden, run)
    if memory != nil { run.trace?("memory", hidden) }
    attention?(hidden, run)
    if attention != nil { run.trace?("attention", hidden) }

    let wideSums = MomentSums(tiles: tiles)
    run.tiles(0..<frames) { tile, index in
      let wide = arena.tensor(tile.count, 2 * channels).rows(0..<tile.count)
      expansion(hidden.rows(tile), into: wide)
      wideSums.add(wide, tile: index)
    }
    let second = ChannelAffine(
      expansionNorm, wideSums.moments(count: frames * 2 * channels))
    run.tiles(0..<frames) { tile, _ in
      let wide = arena.tensor(tile.count, 2 * channels).rows(0..<tile.count)
      expansion(hidden.rows(tile), into: wide)
      second.addGated(
        wide, factors: scale, to: x.frames(tile, ofRow: row))
    }
  }
}
