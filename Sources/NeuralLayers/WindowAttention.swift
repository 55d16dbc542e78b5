// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// Softmax attention of several heads within a window of tokens, with something added to the scores: what the
/// places of query and key say (Liu and others, "Swin Transformer", 2021, equation 4), and a mask.
///
/// The scale 1 / √(channels of a head) is the queries' business: it belongs into the weights that made them.
package struct WindowAttention: Sendable {
  /// What each head adds to the scores of N queries and N keys.
  private let bias: Tensor  // [heads, N, N]

  /// How many heads there are.
  package var heads: Int { bias.shape[0] }

  /// Attention of as many heads over as many tokens as `bias`, `[heads, N, N]`, has.
  package init(bias: Tensor) {
    precondition(bias.shape.count == 3 && bias.shape[1] == bias.shape[2], "\(bias.shape)")
    self.bias = bias
  }

  /// What the window's queries make of its keys and values, rows `[N, 3 · C]` of all three: rows `[N, C]`.
  ///
  /// - Parameters:
  ///   - mask: Added to all heads' scores, `[N, N]`.
  ///   - weights: Receives what each query pays to each key, `[heads, N, N]`, for whoever looks on.
  package func callAsFunction(
    _ x: Rows, mask: Tensor?, into y: Rows, weights: Tensor? = nil, arena: Arena
  ) {
    let (count, channels) = (bias.shape[1], y.channels)
    precondition(
      x.count == count && y.count == count && x.channels == 3 * channels && channels % heads == 0,
      "\(x.count) tokens of \(x.channels) channels in \(heads) heads")
    let scores = arena.tensor(count, count)
    let scales = arena.tensor(count)
    defer { extendLifetime((scores, scales, y, weights)) }
    let all = scores.rows(0..<count)
    let added = bias.reshaped(heads * count, count)
    for head in 0..<heads {
      let part = head * channels / heads..<(head + 1) * channels / heads
      func columns(_ kind: Int) -> Rows {
        x.columns(kind * channels + part.lowerBound..<kind * channels + part.upperBound)
      }
      PackedMatrix(columns: columns(1), arena: arena)(columns(0), into: all)
      all.add(added.rows(head * count..<(head + 1) * count))
      if let mask { all.add(mask.rows(0..<count)) }
      tessera_softmax(count, count, scores.pointer, count, scales.pointer)
      let output = y.columns(part)
      PackedMatrix(rows: columns(2), arena: arena)(all, into: output)
      tessera_scale_rows(count, channels / heads, scales.pointer, output.pointer, output.stride)
      if let weights {
        tessera_scale_rows(count, count, scales.pointer, scores.pointer, count)
        all.copy(into: weights.reshaped(heads * count, count), row: head * count)
      }
    }
  }
}
