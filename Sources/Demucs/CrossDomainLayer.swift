// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// A layer of one branch of the cross-domain Transformer (figure 1b and c): attention to the branch's own
/// tokens or to the other's, then a feed-forward network, each behind a norm and added to what went
/// in; at the end a norm over all tokens.
///
///     x ─┬─ norm 1 ─ queries ─ attention ─ project ─ γ₁ ─ + ─┬─ norm ─ widen ─ GELU ─ narrow ─ γ₂ ─ + ─ norm
///        └──────────────────────── ↑ ─────────────────────┘  └─────────────────────────────────┘
///     x or the other branch ─ norm ─ keys, values
struct CrossDomainLayer: Sendable {
  let queryNorm: LayerNormalization
  /// The other branch's norm in front of keys and values; `nil` for a layer that attends to its own
  /// branch, behind the one norm.
  let contextNorm: LayerNormalization?
  let queries: PackedMatrix  // D → D, with attention's scale
  let keysAndValues: PackedMatrix  // D → 2 · D
  let attention: MultiheadAttention
  let projection: AddedProduct  // D → D, with γ₁
  let hiddenNorm: LayerNormalization
  let widening: PackedMatrix  // D → H
  let narrowing: AddedProduct  // H → D, with γ₂
  let outputNorm: Normalization

  /// Whether keys and values are the other branch's.
  var isCrossing: Bool { contextNorm != nil }

  /// What attention reads of a branch: the queries of the branch's own layer, `[N, D]`, and keys and values,
  /// `[N, 2 · D]`, for the layer that attends to it, itself or the other branch's.
  func projections(
    of x: Tokens, readBy reader: CrossDomainLayer, _ run: Run
  ) -> (queries: Tensor, context: Tensor) {
    let asked = run.arena.tensor(x.count, x.channels)
    let context = run.arena.tensor(x.count, 2 * x.channels)
    run.tiles(0..<x.count, of: Tokens.inTile) { tile, _ in
      let rows = x.settle(tile)
      let normal = run.arena.tensor(tile.count, x.channels).rows(0..<tile.count)
      queryNorm(rows, into: normal)
      queries(normal, into: asked.rows(tile))
      reader.contextNorm?(rows, into: normal)
      reader.keysAndValues(normal, into: context.rows(tile))
    }
    return (asked, context)
  }

  /// The layer's output, in the memory of `x`, which must have been projected.
  func callAsFunction(_ x: Tokens, queries: Tensor, context: Tensor, _ run: Run) -> Tokens {
    let channels = x.channels
    let heard = context.rows(0..<context.shape[0])
    let attended = attention(
      queries: queries.rows(0..<x.count), keys: heard.columns(0..<channels),
      values: heard.columns(channels..<2 * channels), run)
    let sums = MomentSums(tiles: Run.tileCount(x.count, of: Tokens.inTile))
    run.tiles(0..<x.count, of: Tokens.inTile) { tile, index in
      let rows = x.values.rows(tile)
      let product = run.arena.tensor(tile.count, channels).rows(0..<tile.count)
      projection(attended.rows(tile), addedTo: rows, by: product)
      let hidden = run.arena.tensor(tile.count, widening.columns).rows(0..<tile.count)
      hiddenNorm(rows, into: product)
      widening(product, into: hidden)
      GaussianErrorLinearUnit()(hidden)
      narrowing(hidden, addedTo: rows, by: product)
      sums.add(rows, tile: index)
    }
    return Tokens(
      values: x.values, owed: ChannelAffine(outputNorm, sums.moments(count: x.values.count)))
  }
}

/// A linear layer whose output is added to a signal.
struct AddedProduct: Sendable {
  private let matrix: PackedMatrix
  private let bias: DeferredAffine

  /// The layer `weight`, `[output, input]`, and `bias`, each output channel scaled.
  init(weight: Tensor, bias: Tensor, scale: Tensor) {
    let depth = weight.shape[1]
    let factors = scale.elements
    var rows = weight.elements
    for index in rows.indices { rows[index] *= factors[index / depth] }
    matrix = PackedMatrix(weights: rows, depth: depth, columns: weight.shape[0], bias: nil)
    self.bias = DeferredAffine(scale: 1, shift: zip(bias.elements, factors).map { $0 * $1 })
  }

  /// target += x · W + b, by way of `product`, which has the target's size.
  func callAsFunction(_ x: Rows, addedTo target: Rows, by product: Rows) {
    matrix(x, into: product)
    bias.apply(product, addedTo: target, into: target)
  }
}
