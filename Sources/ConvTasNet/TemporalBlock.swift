// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// The 1-D Conv block (figure 1C): widen, convolve each channel by itself, narrow into a residual
/// and a skip output.
///
///     x ─ 1×1 conv ─ PReLU ─ norm ─ D-conv ─ PReLU ─ norm ─┬─ 1×1 conv ─ + x → next block
///                                                           └─ 1×1 conv ─ + skips
///
/// A global norm waits for the whole signal, so a block runs in two passes over tiles of frames:
/// up to the first norm's statistics, and from there to the raw outputs and the second norm's.
struct TemporalBlock: Sendable {
  let widen: PackedMatrix  // B → H
  let firstSlope: Float
  let convolve: NormalizedDepthwiseConvolution  // norm, D-conv, PReLU
  let narrow: NormalizedPointwiseConvolution  // norm, H → B (residual) and Sc (skip), side by side
  let hasResidual: Bool

  /// Passes the stream's rows through the block.
  ///
  /// `hidden` holds the rows of the widened signal that exist before the stream's own (`history`),
  /// and has room for the stream's behind them.
  func callAsFunction(_ stream: inout ResidualStream, hidden: Tensor, history: Int, run: Run) {
    let frames = stream.frames
    let channels = widen.columns
    let tiles = Run.tileCount(frames)

    let firstSums = MomentSums(tiles: tiles)
    stream.settle(run) { tile, residual, index in
      let rows = hidden.rows(tile.shifted(by: history))
      widen(residual, into: rows, slope: firstSlope)
      convolve.prepare(rows)
      if convolve.needsMoments { firstSums.add(rows, tile: index) }
    }

    let convolution = convolve.prepared(firstSums.moments(count: frames * channels))
    let update = run.arena.tensor(frames, narrow.outputChannels)
    let secondSums = MomentSums(tiles: tiles)
    run.tiles(0..<frames) { tile, index in
      let convolved = run.arena.tensor(tile.count, channels).rows(0..<tile.count)
      convolution(
        hidden, valid: 0..<(history + frames), rows: tile.shifted(by: history), into: convolved,
        sums: secondSums, tile: index)
      narrow(convolved, into: update.rows(tile))
    }
    stream.owe(
      update, narrow.affine(secondSums.moments(count: frames * channels)),
      hasResidual: hasResidual)
  }
}

/// What flows along the blocks: the residual path, the sum of the skips, and what the layer before
/// still owes them: outputs whose affine was not known when they were computed, and which are added
/// when the next reader passes.
struct ResidualStream {
  private struct Debt {
    let update: Tensor  // [T, B, if the layer has a residual output, + Sc, if it has skips]
    let affine: DeferredAffine
    let residualChannels: Int
    var skipChannels: Int { update.shape[1] - residualChannels }
  }

  let frames: Int
  let residual: Tensor  // [T, B]
  let skips: Tensor?  // [T, Sc]
  private var residualIsSet = false
  private var skipsAreSet = false
  private var debt: Debt?

  init(frames: Int, bottleneckChannels: Int, skipChannels: Int, arena: Arena) {
    self.frames = frames
    residual = arena.tensor(frames, bottleneckChannels)
    skips = skipChannels > 0 ? arena.tensor(frames, skipChannels) : nil
  }

  /// Takes over what a layer owes; what was owed before must be settled.
  mutating func owe(_ update: Tensor, _ affine: DeferredAffine, hasResidual: Bool = true) {
    precondition(debt == nil)
    debt = Debt(
      update: update, affine: affine, residualChannels: hasResidual ? residual.shape[1] : 0)
  }

  /// Adds what is owed, and shows each tile of the residual path as soon as it is complete.
  mutating func settle(
    _ run: Run, _ body: (_ tile: Range<Int>, _ residual: Rows, _ index: Int) -> Void
  ) {
    do {
      let owing = self
      run.tiles(0..<frames) { tile, index in
        let rows = residual.rows(tile)
        owing.settleResidual(tile, into: rows)
        if let skips { owing.settleSkips(tile, into: skips.rows(tile)) }
        body(tile, rows, index)
      }
    }
    residualIsSet = residualIsSet || (debt?.residualChannels ?? 0) > 0
    skipsAreSet = skipsAreSet || (debt?.skipChannels ?? 0) > 0
    // Its memory is the next layer's.
    debt = nil
  }

  /// What the mask network reads: the skips where there are any, or the residual path.
  func maskInput(_ tile: Range<Int>, into rows: Rows) {
    if skips == nil { settleResidual(tile, into: rows) } else { settleSkips(tile, into: rows) }
  }

  /// Shows the residual path, or the sum of the skips where there are skips, as after all debts.
  func show(_ stage: String, to run: Run) {
    guard let trace = run.trace else { return }
    if let skips, debt.map({ $0.skipChannels > 0 }) ?? false {
      let shown = Tensor(uninitialized: skips.shape)
      settleSkips(0..<frames, into: shown.rows(0..<frames))
      trace(stage, shown)
    } else {
      let shown = Tensor(uninitialized: residual.shape)
      settleResidual(0..<frames, into: shown.rows(0..<frames))
      trace(stage, shown)
    }
  }

  private func settleResidual(_ tile: Range<Int>, into rows: Rows) {
    guard let debt, debt.residualChannels > 0 else { return }
    debt.affine.apply(
      debt.update.rows(tile).columns(0..<debt.residualChannels),
      addedTo: residualIsSet ? residual.rows(tile) : nil, into: rows)
  }

  private func settleSkips(_ tile: Range<Int>, into rows: Rows) {
    guard let debt, let skips, debt.skipChannels > 0 else { return }
    debt.affine.apply(
      debt.update.rows(tile).columns(debt.residualChannels..<debt.update.shape[1]),
      channel: debt.residualChannels, addedTo: skipsAreSet ? skips.rows(tile) : nil, into: rows)
  }
}

extension Range<Int> {
  func shifted(by offset: Int) -> Range<Int> { (lowerBound + offset)..<(upperBound + offset) }
}
