// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// Scaled dot-product attention of several heads side by side (Vaswani et al., "Attention Is All You Need",
/// 2017, figure 2), every query to every key: softmax(Q · Kᵀ) · V, head by head.
///
/// The scale 1 / √(channels of a head) is the queries' business: it belongs into the weights that made
/// them. Scores exist for some queries of a head at a time, never all; the cuts follow from the sizes
/// alone, so that the result has the same bits for any number of threads.
package struct MultiheadAttention: Sendable {
  /// Queries that a thread takes at a time: their scores stay in a core's second cache.
  private static let queriesInTile = 48

  private let heads: Int

  /// Attention of `heads` heads, which have equal shares of the channels.
  package init(heads: Int) {
    precondition(heads > 0)
    self.heads = heads
  }

  /// What each query, `[N, C]`, makes of the keys and the values, `[M, C]` each and M at least 1:
  /// `[N, C]`.
  package func callAsFunction(queries: Rows, keys: Rows, values: Rows, _ run: Run) -> Tensor {
    let channels = queries.channels
    let width = channels / heads
    precondition(
      channels % heads == 0 && keys.channels == channels && values.channels == channels
        && keys.count == values.count && keys.count > 0,
      "queries, keys and values of equal channels, in \(heads) heads")
    func part(_ head: Int) -> Range<Int> { head * width..<(head + 1) * width }
    let packed = run.parallel.map(2 * heads) { index in
      index < heads
        ? PackedMatrix(columns: keys.columns(part(index)), arena: run.arena)
        : PackedMatrix(rows: values.columns(part(index - heads)), arena: run.arena)
    }
    let y = run.arena.tensor(queries.count, channels)
    let tiles = Run.tileCount(queries.count, of: Self.queriesInTile)
    // Head by head: a thread keeps a head's keys and values in its cache.
    run.parallel.forEach(heads * tiles) { index, _ in
      let (head, tile) = index.quotientAndRemainder(dividingBy: tiles)
      let first = tile * Self.queriesInTile
      let range = first..<min(first + Self.queriesInTile, queries.count)
      let scores = run.arena.tensor(range.count, keys.count).rows(0..<range.count)
      let scales = run.arena.tensor(range.count)
      let output = y.rows(range).columns(part(head))
      defer { extendLifetime((scores, scales, output)) }
      packed[head](queries.rows(range).columns(part(head)), into: scores)
      tessera_softmax(scores.count, scores.channels, scores.pointer, scores.stride, scales.pointer)
      packed[heads + head](scores, into: output)
      tessera_scale_rows(
        output.count, output.channels, scales.pointer, output.pointer, output.stride)
    }
    return y
  }
}
