// SPDX-License-Identifier: Apache-2.0
internal import CKernels
internal import Foundation
package import Tensors

/// Attention over all times that a query may keep near its own (Défossez, "Hybrid Spectral and Waveform
/// Source Separation", 2021, section 3.2: local attention), with its residual sum.
///
/// For each head, with d channels, the weight of time t for the query at time s is
///
///     softmax over t of key(t) · query(s) / √d − |t − s| · Σ over n of n · sigmoid(decay(s, n)) / (2 · √N)
///
/// n from 1 to N, and −100 before the softmax where t = s. The weights are worked out for a block of
/// queries at a time and never exist as a whole.
package struct LocalAttention: Sendable {
  /// A 1×1 convolution's `weight`, `[C out, C in, 1]`, and `bias`, `[C out]`.
  package struct Parameters {
    package let weight, bias: Tensor

    package init(weight: Tensor, bias: Tensor) { (self.weight, self.bias) = (weight, bias) }
  }

  /// Queries of a block: a multiple of the matrix kernel's rows.
  private static let queriesInBlock = 96

  private let channels: Int
  private let heads: Int
  private let decays: Int
  /// Queries, keys, contents and decays side by side.
  private let inputs: PackedMatrix
  private let output: PackedMatrix

  /// Packs the weights.
  ///
  /// - Parameters:
  ///   - decay: `[heads · N, C, 1]`, a head's together.
  ///   - output: What brings all heads' results together.
  package init(
    query: Parameters, key: Parameters, content: Parameters, decay: Parameters, output: Parameters,
    heads: Int
  ) {
    channels = query.weight.shape[0]
    precondition(
      channels % heads == 0 && decay.weight.shape[0] % heads == 0,
      "\(channels) channels, \(decay.weight.shape[0]) decays in \(heads) heads")
    self.heads = heads
    decays = decay.weight.shape[0] / heads
    let all = [query, key, content, decay]
    inputs = PackedMatrix(
      weights: all.flatMap(\.weight.elements), depth: channels,
      columns: all.reduce(0) { $0 + $1.bias.count }, bias: all.flatMap(\.bias.elements))
    self.output = PackedMatrix(
      weights: output.weight.elements, depth: channels, columns: channels,
      bias: output.bias.elements)
  }

  /// Adds what is attended to to `x`, `[T, C]`.
  package func callAsFunction(_ x: Tensor, _ run: Run) {
    let (frames, arena) = (x.shape[0], run.arena)
    let projected = arena.tensor(frames, inputs.columns)
    run.tiles(0..<frames) { tile, _ in inputs(x.rows(tile), into: projected.rows(tile)) }
    let width = channels / heads
    let all = projected.rows(0..<frames)
    func part(_ index: Int, _ head: Int) -> Rows {
      all.columns(index * channels + head * width..<index * channels + (head + 1) * width)
    }
    let keys = (0..<heads).map { PackedMatrix(columns: part(1, $0), arena: arena) }
    let contents = (0..<heads).map { PackedMatrix(rows: part(2, $0), arena: arena) }
    let attended = arena.tensor(frames, channels)
    let blocks = (frames + Self.queriesInBlock - 1) / Self.queriesInBlock
    run.parallel.forEach(heads * blocks) { index, _ in
      let (head, block) = index.quotientAndRemainder(dividingBy: blocks)
      let first = block * Self.queriesInBlock
      let queries = first..<min(first + Self.queriesInBlock, frames)
      let weights = arena.tensor(queries.count, frames)
      keys[head](part(0, head).rows(queries), into: weights.rows(0..<queries.count))
      tessera_local_attention(
        queries.count, frames, first, 1 / Float(width).squareRoot(),
        slopes(all.rows(queries), head), weights.pointer, frames)
      contents[head](
        weights.rows(0..<queries.count),
        into: attended.rows(queries).columns(head * width..<(head + 1) * width))
    }
    run.tiles(0..<frames) { tile, _ in
      let sum = arena.tensor(tile.count, channels)
      output(attended.rows(tile), into: sum.rows(0..<tile.count))
      x.rows(tile).add(sum.rows(0..<tile.count))
    }
  }

  /// How much a weight's exponent falls for each frame of distance, for each query.
  private func slopes(_ projected: Rows, _ head: Int) -> [Float] {
    defer { extendLifetime(projected) }
    let first = 3 * channels + head * decays
    let divisor = 2 * Float(decays).squareRoot()
    return (0..<projected.count).map { query in
      let row = projected.pointer + query * projected.stride + first
      var slope: Float = 0
      for decay in 0..<decays { slope += Float(decay + 1) / (divisor * (1 + exp(-row[decay]))) }
      return slope
    }
  }
}
