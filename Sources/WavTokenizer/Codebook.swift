// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// The table of codes that tokens stand for.
struct Codebook: Sendable {
  let table: Tensor  // [N, D]
  private let nearest: NearestRows?

  /// - Parameter isSearched: Whether nearest codes will be asked for.
  init(table: Tensor, isSearched: Bool) {
    self.table = table
    nearest = isSearched ? NearestRows(table: table) : nil
  }

  /// The tokens of frames `[T, D]`.
  func tokens(_ frames: Tensor, _ run: Run) -> [WavTokenizer.EncodedToken] {
    defer { extendLifetime(frames) }
    guard let nearest else { preconditionFailure("the encoder is not loaded") }
    let count = frames.shape[0]
    guard count > 0 else { return [] }
    let tile = 48
    let tiles = (count + tile - 1) / tile
    let none = WavTokenizer.EncodedToken(id: 0, margin: 0)
    var tokens = [WavTokenizer.EncodedToken](repeating: none, count: count)
    tokens.withUnsafeMutableBufferPointer { buffer in
      // SAFETY: tiles write their own elements, and all have ended when forEach has.
      nonisolated(unsafe) let buffer = buffer
      run.parallel.forEach(tiles) { index, _ in
        let range = index * tile..<min((index + 1) * tile, count)
        for (row, match) in zip(range, nearest(frames.rows(range), arena: run.arena)) {
          buffer[row] = WavTokenizer.EncodedToken(
            id: Int32(match.row), margin: margin(frames.pointer + row * table.shape[1], match))
        }
      }
    }
    return tokens
  }

  /// |v − second|² − |v − best|², without the cancellation that the search's distances suffer.
  private func margin(_ vector: UnsafePointer<Float>, _ match: NearestRows.Match) -> Float {
    let width = table.shape[1]
    let (best, second) = (table.pointer + match.row * width, table.pointer + match.second * width)
    let sum = (0..<width).reduce(0.0) { sum, index in
      let (a, b) = (Double(best[index]), Double(second[index]))
      return sum + (2 * Double(vector[index]) - a - b) * (a - b)
    }
    return max(0, Float(sum))
  }
}
