// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// What the decoder does first, over all frames at once: the reference's `pos_net`.
///
///     x ─ residual ─ residual ─ attention ─ residual ─ residual ─ group norm
///
/// A group norm is known only after the whole signal has passed. Each pass over the frames therefore reads
/// with the factors of the norm in front of it and takes the sums for the one behind it, tile by tile, so
/// that no more than two signals need exist; where these are is the stores' affair.
struct PositionalNetwork: Sendable {
  let before: [ResidualBlock]
  let attention: AttentionBlock
  let after: [ResidualBlock]
  let norm: TiledGroupNormalization

  /// x + conv(SiLU(norm(conv(SiLU(norm(x))))), both convolutions over 3 frames between zeros.
  struct ResidualBlock: Sendable {
    let firstNorm: TiledGroupNormalization
    let first: PackedMatrix
    let secondNorm: TiledGroupNormalization
    let second: PackedMatrix
  }

  /// x + projection(softmax(q · k) · v) of the normalised x; the scores' scale is in the queries' weights.
  struct AttentionBlock: Sendable {
    let norm: TiledGroupNormalization
    let queries: PackedMatrix
    let keys: PackedMatrix
    let values: PackedMatrix
    let projection: PackedMatrix
  }

  /// The norm that the frames' first pass has to take sums for.
  var firstNorm: TiledGroupNormalization { before[0].firstNorm }

  /// Passes the frames `x`, in place.
  ///
  /// - Parameter factors: Those of `firstNorm`.
  /// - Returns: The factors of the last norm, which is left to whoever reads the frames.
  func callAsFunction(
    _ x: FrameStore, _ factors: TiledGroupNormalization.Factors, _ pass: DecoderPass
  ) throws(WavTokenizerError) -> TiledGroupNormalization.Factors {
    var factors = factors
    let hidden = try pass.store(channels: attention.keys.columns)
    for (index, block) in before.enumerated() {
      let next = index + 1 < before.count ? before[index + 1].firstNorm : attention.norm
      factors = try block(x, hidden, factors, next: next, pass)
      pass.trace("pos_net.\(index)", x)
    }
    factors = try attention(x, factors, next: after[0].firstNorm, pass)
    pass.trace("pos_net.\(before.count)", x)
    for (index, block) in after.enumerated() {
      let next = index + 1 < after.count ? after[index + 1].firstNorm : norm
      factors = try block(x, hidden, factors, next: next, pass)
      pass.trace("pos_net.\(before.count + 1 + index)", x)
    }
    return factors
  }
}

extension PositionalNetwork.ResidualBlock {
  fileprivate func callAsFunction(
    _ x: FrameStore, _ hidden: FrameStore, _ factors: TiledGroupNormalization.Factors,
    next: TiledGroupNormalization, _ pass: DecoderPass
  ) throws(WavTokenizerError) -> TiledGroupNormalization.Factors {
    let between = try pass.factors(of: secondNorm) { tile, take in
      let windows = padded(x, factors, tile, pass).windows(0..<tile.count, length: 3, hop: 1)
      hidden.write(tile, pass.arena) { rows in
        first(windows, into: rows)
        take(rows)
      }
    }
    let result = try pass.factors(of: next) { tile, take in
      let windows = padded(hidden, between, tile, pass).windows(0..<tile.count, length: 3, hop: 1)
      let change = pass.arena.tensor(tile.count, second.columns).rows(0..<tile.count)
      second(windows, into: change)
      x.update(tile, pass.arena) { rows in
        rows.add(change)
        take(rows)
      }
    }
    try hidden.check()
    try x.check()
    return result
  }

  /// A tile's frames, normalised and activated, with one more frame on either side, zeros beyond the
  /// signal.
  private func padded(
    _ x: FrameStore, _ factors: TiledGroupNormalization.Factors, _ tile: Range<Int>,
    _ pass: DecoderPass
  ) -> Tensor {
    let real = max(0, tile.lowerBound - 1)..<min(pass.frames, tile.upperBound + 1)
    let y = pass.arena.tensor(tile.count + 2, first.columns)
    let place = real.lowerBound - (tile.lowerBound - 1)
    factors.applyWithSiLU(x.rows(real, pass.arena), into: y.rows(place..<place + real.count))
    if place > 0 { y.rows(0..<1).clear() }
    if real.upperBound == tile.upperBound { y.rows(tile.count + 1..<tile.count + 2).clear() }
    return y
  }
}

extension PositionalNetwork.AttentionBlock {
  /// Tiles of queries that look at a block of keys together, so that long signals' keys are read
  /// seldom.
  private static let tilesAtATime = 16

  fileprivate func callAsFunction(
    _ x: FrameStore, _ factors: TiledGroupNormalization.Factors, next: TiledGroupNormalization,
    _ pass: DecoderPass
  ) throws(WavTokenizerError) -> TiledGroupNormalization.Factors {
    let channels = keys.columns
    let attention = BlockedAttention(channels: channels)
    let blockCount = (pass.frames + attention.keysInBlock - 1) / attention.keysInBlock
    func keyRange(_ block: Int) -> Range<Int> {
      let start = block * attention.keysInBlock
      return start..<min(start + attention.keysInBlock, pass.frames)
    }
    func normalized(_ range: Range<Int>) -> Rows {
      let y = pass.arena.tensor(range.count, channels).rows(0..<range.count)
      factors.apply(x.rows(range, pass.arena), into: y)
      return y
    }

    let blocks = try pass.store(rows: blockCount, channels: attention.blockElements)
    pass.run.parallel.forEach(blockCount) { index, _ in
      let range = keyRange(index)
      let input = normalized(range)
      let key = pass.arena.tensor(range.count, channels).rows(0..<range.count)
      let value = pass.arena.tensor(range.count, channels).rows(0..<range.count)
      keys(input, into: key)
      values(input, into: value)
      blocks.write(index..<index + 1, pass.arena) { block in
        attention.pack(keys: key, values: value, into: block)
      }
    }

    let sums = next.makeSums(tiles: pass.tiles.count)
    for start in stride(from: 0, to: pass.tiles.count, by: Self.tilesAtATime) {
      let tiles = start..<min(start + Self.tilesAtATime, pass.tiles.count)
      let asked = tiles.map { pass.arena.tensor(pass.tiles[$0].count, channels) }
      let gathered = tiles.map { attention.begin(queries: pass.tiles[$0].count, arena: pass.arena) }
      pass.run.parallel.forEach(tiles.count) { index, _ in
        let tile = pass.tiles[start + index]
        queries(normalized(tile), into: asked[index].rows(0..<tile.count))
      }
      for index in 0..<blockCount {
        let block = blocks.rows(index..<index + 1, pass.arena)
        let count = keyRange(index).count
        pass.run.parallel.forEach(tiles.count) { tile, _ in
          attention.look(
            asked[tile].rows(0..<asked[tile].shape[0]), at: block, keys: count, gathered[tile],
            arena: pass.arena)
        }
      }
      pass.run.parallel.forEach(tiles.count) { index, _ in
        let tile = pass.tiles[start + index]
        let change = pass.arena.tensor(tile.count, channels).rows(0..<tile.count)
        projection(attention.finish(gathered[index]).rows(0..<tile.count), into: change)
        x.update(tile, pass.arena) { rows in
          rows.add(change)
          sums.take(rows, tile: start + index)
        }
      }
    }
    try blocks.check()
    try x.check()
    return next.factors(sums, rows: pass.frames)
  }
}
