// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// A stage of HTS-AT: blocks, and where another stage follows, 2×2 tokens that become one of twice the channels.
///
/// Tokens are a square grid, row by row, `[side², C]`.
struct SwinStage: Sendable {
  let blocks: [SwinBlock]
  let merging: TokenMerging?

  func callAsFunction(_ x: Tensor, name: String, _ run: Run) -> Tensor {
    var attention: [Tensor] = []
    for (index, block) in blocks.enumerated() {
      block(x, run) { attention.append($0) }
      run.trace?("\(name).blocks.\(index)", x)
    }
    if merging == nil, let trace = run.trace {
      trace("attn_last_layer_mean", Tensor.mean(of: attention))
    }
    return merging?(x, run) ?? x
  }
}

/// A block: attention in windows of tokens, then a feed-forward network, each behind a norm and added to what
/// went in (Swin Transformer, figure 3b).
struct SwinBlock: Sendable {
  let windows: TokenWindows
  let attentionNorm: LayerNormalization
  let projections: PackedMatrix  // C → 3 · C, the queries with attention's scale
  let attention: WindowAttention
  let output: PackedMatrix  // C → C
  let hiddenNorm: LayerNormalization
  let widening: PackedMatrix  // C → H
  let narrowing: PackedMatrix  // H → C

  /// Works in the memory of `x`; `observe` receives the one window's attention of a trace's last stage.
  func callAsFunction(_ x: Tensor, _ run: Run, observe: (Tensor) -> Void) {
    let (count, channels) = (x.shape[0], x.shape[1])
    let inWindow = windows.side * windows.side
    // Few tokens meet large matrices: small tiles give all threads a share.
    let tileSize = max(32, min(96, count / 8))
    let projected = run.arena.tensor(count, 3 * channels)
    run.tiles(0..<count, of: tileSize) { tile, _ in
      let rows = run.arena.tensor(tile.count, channels).rows(0..<tile.count)
      windows.gather(x, tile, into: rows)
      attentionNorm(rows, into: rows)
      projections(rows, into: projected.rows(tile))
    }
    let attended = run.arena.tensor(count, channels)
    let weights =
      run.trace != nil && count == inWindow
      ? run.arena.tensor(attention.heads, count, count) : nil
    run.parallel.forEach(count / inWindow) { window, _ in
      let range = window * inWindow..<(window + 1) * inWindow
      attention(
        projected.rows(range), mask: windows.mask(window), into: attended.rows(range),
        weights: weights, arena: run.arena)
    }
    if let weights { observe(weights) }
    run.tiles(0..<count, of: tileSize) { tile, _ in
      let all = 0..<tile.count
      let rows = run.arena.tensor(tile.count, channels).rows(all)
      let product = run.arena.tensor(tile.count, channels).rows(all)
      let hidden = run.arena.tensor(tile.count, widening.columns).rows(all)
      windows.gather(x, tile, into: rows)
      output(attended.rows(tile), into: product)
      rows.add(product)
      hiddenNorm(rows, into: product)
      widening(product, into: hidden)
      GaussianErrorLinearUnit()(hidden)
      narrowing(hidden, into: product)
      rows.add(product)
      windows.scatter(rows, tile, into: x)
    }
  }
}

/// A grid's tokens in the order of windows: a window's one behind the other, window by window.
struct TokenWindows: Sendable {
  /// Rows and columns of a window.
  let side: Int
  /// For each place in this order the token.
  private let tokens: [Int]
  /// For windows in which tokens meet that are no neighbours: what keeps them apart, `[N, N]`.
  private let masks: [Int: Tensor]

  /// - Parameters:
  ///   - gridSide: Rows and columns of the grid.
  ///   - shift: How far windows are moved down and to the right; beyond the grid's end it begins again.
  init(gridSide: Int, side: Int, shift: Int) {
    self.side = side
    let across = gridSide / side
    var tokens: [Int] = []
    var masks: [Int: Tensor] = [:]
    for window in 0..<across * across {
      let (top, left) = (window / across * side, window % across * side)
      // What lies behind the end of the grid is another region, and so is what lies beside it.
      var regions: [Int] = []
      for row in top..<top + side {
        for column in left..<left + side {
          tokens.append((row + shift) % gridSide * gridSide + (column + shift) % gridSide)
          let (below, behind) = (row + shift >= gridSide, column + shift >= gridSide)
          regions.append((below ? 2 : 0) + (behind ? 1 : 0))
        }
      }
      guard regions.contains(where: { $0 != regions[0] }) else { continue }
      let elements = regions.flatMap { query in
        regions.map { query == $0 ? 0 : Float(-100) }
      }
      masks[window] = Tensor(shape: [regions.count, regions.count], elements: elements)
    }
    self.tokens = tokens
    self.masks = masks
  }

  /// What is added to a window's scores.
  func mask(_ window: Int) -> Tensor? { masks[window] }

  /// Copies the tokens of some places.
  func gather(_ x: Tensor, _ places: Range<Int>, into rows: Rows) {
    defer { extendLifetime((x, rows)) }
    for (row, place) in places.enumerated() {
      (rows.pointer + row * rows.stride).update(
        from: x.pointer + tokens[place] * rows.channels, count: rows.channels)
    }
  }

  /// Copies the tokens of some places back.
  func scatter(_ rows: Rows, _ places: Range<Int>, into x: Tensor) {
    defer { extendLifetime((x, rows)) }
    for (row, place) in places.enumerated() {
      (x.pointer + tokens[place] * rows.channels).update(
        from: rows.pointer + row * rows.stride, count: rows.channels)
    }
  }
}

/// 2×2 tokens become one: their channels one behind the other, column by column, a norm, a product.
struct TokenMerging: Sendable {
  let gridSide: Int
  let norm: LayerNormalization
  let reduction: PackedMatrix  // 4 · C → 2 · C

  func callAsFunction(_ x: Tensor, _ run: Run) -> Tensor {
    defer { extendLifetime(x) }
    let (side, channels) = (gridSide / 2, x.shape[1])
    let y = run.arena.tensor(side * side, reduction.columns)
    run.tiles(0..<side * side, of: max(32, min(96, side * side / 8))) { tile, _ in
      let rows = run.arena.tensor(tile.count, 4 * channels).rows(0..<tile.count)
      for (index, token) in tile.enumerated() {
        let (row, column) = token.quotientAndRemainder(dividingBy: side)
        for part in 0..<4 {
          let source = (2 * row + part % 2) * gridSide + 2 * column + part / 2
          (rows.pointer + index * rows.stride + part * channels).update(
            from: x.pointer + source * channels, count: channels)
        }
      }
      norm(rows, into: rows)
      reduction(rows, into: y.rows(tile))
    }
    return y
  }
}

extension Tensor {
  /// The mean of tensors of one shape.
  fileprivate static func mean(of tensors: [Tensor]) -> Tensor {
    guard let first = tensors.first else { return Tensor(shape: [0], elements: []) }
    var sum = [Float](repeating: 0, count: first.count)
    for tensor in tensors {
      for (index, element) in tensor.elements.enumerated() { sum[index] += element }
    }
    return Tensor(shape: first.shape, elements: sum.map { $0 / Float(tensors.count) })
  }
}
