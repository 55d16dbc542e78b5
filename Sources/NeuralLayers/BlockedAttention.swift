// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// Softmax attention of one head over any number of keys, which come block by block: the whole matrix of
/// scores never exists, and the result is exact.
///
/// A block holds keys and values in the form that the matrix kernel multiplies by. Scores are plain
/// products; their scale belongs into the queries. A query's result depends on the keys alone, bit for bit.
package struct BlockedAttention: Sendable {
  /// Channels of queries, keys and values.
  package let channels: Int
  /// Keys in a block; the last block may have fewer.
  package let keysInBlock: Int

  /// A head of so many channels.
  package init(channels: Int, keysInBlock: Int = 192) {
    self.channels = channels
    self.keysInBlock = keysInBlock
  }

  /// Elements of a block.
  package var blockElements: Int {
    keyElements + tessera_matmul_packed_count(keysInBlock, channels)
  }

  private var keyElements: Int { tessera_matmul_packed_count(channels, keysInBlock) }

  /// Packs a block's keys and values, `[N, C]` each, into its elements.
  package func pack(keys: Rows, values: Rows, into block: Rows) {
    defer { extendLifetime((keys, values, block)) }
    precondition(
      keys.count == values.count && keys.count <= keysInBlock && block.channels == blockElements)
    tessera_matmul_pack(channels, keys.count, keys.pointer, keys.stride, 1, block.pointer)
    tessera_matmul_pack(
      values.count, channels, values.pointer, 1, values.stride, block.pointer + keyElements)
  }

  /// What some queries have gathered so far.
  package struct Gathered {
    fileprivate let totals: Tensor  // [N, C]
    fileprivate let largest: Tensor  // [N]
    fileprivate let sums: Tensor  // [N]
  }

  /// Nothing gathered yet, for as many queries.
  package func begin(queries: Int, arena: Arena) -> Gathered {
    let gathered = Gathered(
      totals: arena.tensor(queries, channels), largest: arena.tensor(queries),
      sums: arena.tensor(queries))
    gathered.totals.pointer.update(repeating: 0, count: queries * channels)
    gathered.largest.pointer.update(repeating: -.infinity, count: queries)
    gathered.sums.pointer.update(repeating: 0, count: queries)
    return gathered
  }

  /// Lets queries look at a block of `keys` keys.
  package func look(
    _ queries: Rows, at block: Rows, keys: Int, _ gathered: Gathered, arena: Arena
  ) {
    defer { extendLifetime((queries, block, gathered)) }
    precondition(queries.channels == channels && queries.count == gathered.sums.count)
    let scores = arena.tensor(queries.count, keys)
    defer { extendLifetime(scores) }
    var product = tessera_matmul_layer(
      depth: channels, columns: keys, packed: block.pointer, bias: nil, slope: 1,
      rowsAreFew: 0)
    tessera_matmul(&product, queries.count, queries.pointer, queries.stride, scores.pointer, keys)
    let factors = arena.tensor(queries.count)
    defer { extendLifetime(factors) }
    tessera_softmax_block(
      queries.count, keys, scores.pointer, keys, gathered.largest.pointer, gathered.sums.pointer,
      factors.pointer)
    let weighted = arena.tensor(queries.count, channels)
    defer { extendLifetime(weighted) }
    product = tessera_matmul_layer(
      depth: keys, columns: channels, packed: block.pointer + keyElements, bias: nil, slope: 1,
      rowsAreFew: 0)
    tessera_matmul(&product, queries.count, scores.pointer, keys, weighted.pointer, channels)
    tessera_rescale_add(
      queries.count, channels, factors.pointer, weighted.pointer, gathered.totals.pointer)
  }

  /// The queries' results, `[N, C]`.
  package func finish(_ gathered: Gathered) -> Tensor {
    defer { extendLifetime(gathered) }
    tessera_divide_rows(
      gathered.sums.count, channels, gathered.sums.pointer, gathered.totals.pointer)
    return gathered.totals
  }
}
