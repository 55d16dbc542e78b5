// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
package import Tensors

/// The Transformer between the encoders and the decoders of HTDemucs (Rouard, Massa & Défossez, "Hybrid
/// Transformers for Music Source Separation", 2023, figure 1), in which the spectrogram's branch and
/// the waveform's hear each other.
///
///     [F, T, C]  ─ widen ─ norm ─ + positions ─ self ─┬─ cross ─ self ─ … ─ narrow ─ [F, T, C]
///                                                     ╳
///     [1, T', C] ─ widen ─ norm ─ + positions ─ self ─┴─ cross ─ self ─ … ─ narrow ─ [1, T', C]
///
/// Tokens are a grid's places, `[T · F, D]`: a frame's frequencies one behind the other.
package struct CrossDomainTransformer: Sendable {
  let spectral: Branch
  let temporal: Branch

  /// What one of the two grids passes.
  struct Branch: Sendable {
    let widening: PackedMatrix?  // C → D
    let norm: LayerNormalization
    let positions: Tensor  // [N, D]
    let layers: [CrossDomainLayer]
    let narrowing: PackedMatrix?  // D → C
  }

  /// Passes both grids, `[F, T, C]` and `[1, T', C]`, through all layers.
  package func callAsFunction(
    _ spectrum: Tensor, _ waveform: Tensor, _ run: Run
  ) -> (spectral: Tensor, waveform: Tensor) {
    var a = spectral.tokens(spectrum, run)
    var b = temporal.tokens(waveform, run)
    trace("transformer.in", a, b, run)
    for (index, (own, other)) in zip(spectral.layers, temporal.layers).enumerated() {
      // Both are read before either changes.
      let fromSpectrum = own.projections(of: a, readBy: own.isCrossing ? other : own, run)
      let fromWaveform = other.projections(of: b, readBy: own.isCrossing ? own : other, run)
      a = own(
        a, queries: fromSpectrum.queries,
        context: (own.isCrossing ? fromWaveform : fromSpectrum).context, run)
      b = other(
        b, queries: fromWaveform.queries,
        context: (own.isCrossing ? fromSpectrum : fromWaveform).context, run)
      trace("transformer.\(index)", a, b, run)
    }
    return (
      spectral.grid(a, bands: spectrum.shape[0], frames: spectrum.shape[1], run),
      temporal.grid(b, bands: 1, frames: waveform.shape[1], run)
    )
  }

  private func trace(_ stage: String, _ a: Tokens, _ b: Tokens, _ run: Run) {
    guard let trace = run.trace else { return }
    trace(stage, a.settled(run))
    trace("\(stage).time", b.settled(run))
  }
}

/// A branch's tokens between two layers.
///
/// The last layer's norm is over all tokens, so its statistics are known only when all have passed: its
/// affine is still owed, and whoever reads a token next applies it.
struct Tokens: Sendable {
  /// Tokens that a thread takes at a time: their hidden rows stay in a core's second cache.
  static let inTile = 96

  let values: Tensor  // [N, D]
  let owed: ChannelAffine?

  var count: Int { values.shape[0] }
  var channels: Int { values.shape[1] }

  /// Some tokens, from now on with the norm that they were owed; only once for each token.
  func settle(_ tile: Range<Int>) -> Rows {
    let rows = values.rows(tile)
    owed?.apply(rows)
    return rows
  }

  /// A copy with nothing owed, for whoever looks on.
  func settled(_ run: Run) -> Tensor {
    let copy = run.arena.tensor(count, channels)
    values.rows(0..<count).copy(into: copy, row: 0)
    owed?.apply(copy.rows(0..<count))
    return copy
  }
}

extension CrossDomainTransformer.Branch {
  /// The tokens of a grid `[F, T, C]`, widened and normalised, their positions added.
  func tokens(_ x: Tensor, _ run: Run) -> Tokens {
    defer { extendLifetime(x) }
    let (bands, frames, channels) = (x.shape[0], x.shape[1], x.shape[2])
    let y = run.arena.tensor(bands * frames, positions.shape[1])
    precondition(y.shape == positions.shape, "\(y.shape) tokens, not \(positions.shape)")
    run.tiles(0..<y.shape[0], of: Tokens.inTile) { tile, _ in
      let gathered = run.arena.tensor(tile.count, channels)
      for (row, token) in tile.enumerated() {
        let place = token % bands * frames + token / bands
        (gathered.pointer + row * channels).update(
          from: x.pointer + place * channels, count: channels)
      }
      let target = y.rows(tile)
      if let widening {
        widening(gathered.rows(0..<tile.count), into: target)
        norm(target, into: target)
      } else {
        norm(gathered.rows(0..<tile.count), into: target)
      }
      let added = positions.pointer + tile.lowerBound * y.shape[1]
      for index in 0..<tile.count * y.shape[1] { target.pointer[index] += added[index] }
    }
    return Tokens(values: y, owed: nil)
  }

  /// The grid `[F, T, C]` of tokens, narrowed.
  func grid(_ x: Tokens, bands: Int, frames: Int, _ run: Run) -> Tensor {
    let channels = narrowing?.columns ?? x.channels
    let y = run.arena.tensor(bands, frames, channels)
    run.tiles(0..<x.count, of: Tokens.inTile) { tile, _ in
      var rows = x.settle(tile)
      defer { extendLifetime(rows) }
      if let narrowing {
        let narrow = run.arena.tensor(tile.count, channels).rows(0..<tile.count)
        narrowing(rows, into: narrow)
        rows = narrow
      }
      for (row, token) in tile.enumerated() {
        let place = token % bands * frames + token / bands
        (y.pointer + place * channels).update(
          from: rows.pointer + row * rows.stride, count: channels)
      }
    }
    return y
  }
}
