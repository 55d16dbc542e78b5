// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// The decoder (Siuzdak, "Vocos", 2023, figure 2, with attention in front as in WavTokenizer, figure 1).
///
///     codes ─ conv ─ positional network ─ norm ─ ConvNeXt block × 12 ─ norm ─ [T, C]
///
/// Up to the positional network all frames depend on each other; from there on only neighbours, and the
/// frames pass in sections.
struct VocosBackbone: Sendable {
  let embedding: PackedMatrix  // 7 · D → C
  let positional: PositionalNetwork
  let norm: AdaptiveNormalization
  let blocks: [ConvNeXtBlock]
  let lastNorm: AdaptiveNormalization

  /// Each frame to mean 0 and variance 1, then a factor and a summand for each channel that depend on the
  /// bandwidth identifier.
  struct AdaptiveNormalization: Sendable {
    let scales: [Tensor]
    let shifts: [Tensor]

    func callAsFunction(_ x: Rows, identifier: Int) {
      x.normalized(
        scale: scales[identifier], shift: shifts[identifier], epsilon: epsilon, into: x)
    }
  }

  /// Frames that the positional network has passed, and the norm that they are still owed.
  struct Positioned {
    fileprivate let frames: FrameStore
    fileprivate let factors: TiledGroupNormalization.Factors
  }

  /// Frames on either side of a section that it depends on.
  var reach: Int { blocks.reduce(0) { $0 + $1.convolution.reach } }

  /// Everything that depends on all frames.
  func positioned(
    _ tokens: ArraySlice<Int32>, _ codebook: Codebook, _ pass: DecoderPass
  ) throws(WavTokenizerError) -> Positioned {
    let x = try pass.store(channels: embedding.columns)
    let factors = try pass.factors(of: positional.firstNorm) { tile, take in
      let codes = codes(tokens, around: tile, codebook, pass.arena)
      let windows = codes.windows(0..<tile.count, length: kernelSize(codebook), hop: 1)
      x.write(tile, pass.arena) { rows in
        embedding(windows, into: rows)
        take(rows)
      }
    }
    try x.check()
    pass.trace("embed", x)
    return Positioned(frames: x, factors: try positional(x, factors, pass))
  }

  /// A section's frames, `[section.count, C]`.
  func section(
    _ section: Range<Int>, of positioned: Positioned, identifier: Int, _ pass: DecoderPass
  ) throws(WavTokenizerError) -> Tensor {
    let run = pass.run
    var reach = reach
    var valid = section.widened(by: reach, within: pass.frames)
    let first = valid.lowerBound
    var x = run.arena.tensor(valid.count, embedding.columns)
    var y = run.arena.tensor(valid.count, embedding.columns)
    let tiles = FrameTiles(valid.count)
    run.parallel.forEach(tiles.count) { index, _ in
      let tile = tiles[index]
      let rows = x.rows(tile)
      positioned.factors.apply(
        positioned.frames.rows(first + tile.lowerBound..<first + tile.upperBound, run.arena),
        into: rows)
      norm(rows, identifier: identifier)
    }
    try positioned.frames.check()
    run.trace?("adanorm", x)
    for (index, block) in blocks.enumerated() {
      reach -= block.convolution.reach
      let wanted = section.widened(by: reach, within: pass.frames)
      block(
        x, valid: valid.moved(by: -first), rows: wanted.moved(by: -first), into: y,
        identifier: identifier, run)
      valid = wanted
      swap(&x, &y)
      run.trace?("convnext.\(index)", x)
    }
    let result = run.arena.tensor(section.count, embedding.columns)
    let last = FrameTiles(section.count)
    run.parallel.forEach(last.count) { index, _ in
      let rows = result.rows(last[index])
      x.rows(last[index].moved(by: section.lowerBound - first)).copy(into: rows)
      lastNorm(rows, identifier: 0)
    }
    run.trace?("final_layer_norm", result)
    return result
  }

  private func kernelSize(_ codebook: Codebook) -> Int {
    embedding.depth / codebook.table.shape[1]
  }

  /// The codes of some tokens and of their neighbours, zeros beyond the signal.
  private func codes(
    _ tokens: ArraySlice<Int32>, around tile: Range<Int>, _ codebook: Codebook, _ arena: Arena
  ) -> Tensor {
    let width = codebook.table.shape[1]
    let reach = kernelSize(codebook) / 2
    let codes = arena.tensor(tile.count + 2 * reach, width)
    for row in 0..<codes.shape[0] {
      let token = tile.lowerBound - reach + row
      let target = codes.pointer + row * width
      if (0..<tokens.count).contains(token) {
        let code = Int(tokens[tokens.startIndex + token])
        target.update(from: codebook.table.pointer + code * width, count: width)
      } else {
        target.update(repeating: 0, count: width)
      }
    }
    return codes
  }
}

/// What all norms of the decoder add to a variance.
private let epsilon: Float = 1e-6

extension Range<Int> {
  /// With so many more on either side, as far as there are any.
  fileprivate func widened(by reach: Int, within count: Int) -> Range<Int> {
    Swift.max(0, lowerBound - reach)..<Swift.min(count, upperBound + reach)
  }

  fileprivate func moved(by distance: Int) -> Range<Int> {
    lowerBound + distance..<upperBound + distance
  }
}
