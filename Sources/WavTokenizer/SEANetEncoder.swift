// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// The encoder (Tagliasacchi et al., SEANet, as in Défossez et al., "High Fidelity Neural Audio Compression",
/// 2022, section 3.1): convolutions that take the signal down to one frame a token.
///
///     [L, 1] ─ conv ─ (residual block ─ ELU ─ strided conv) × 4 ─ LSTM + ─ ELU ─ conv ─ [T, D]
///
/// All convolutions mirror the signal's ends, each at its own length. Nothing looks back but the memory, so
/// that a signal passes in pieces, with the same bits as the whole.
struct SEANetEncoder: Sendable {
  let first: ReflectedConvolution1D
  let stages: [Stage]
  let memory: ForwardLongShortTermMemory
  let last: ReflectedConvolution1D

  /// A residual block and the strided convolution behind it.
  struct Stage: Sendable {
    let residual: ResidualBlock
    let downsampling: ReflectedConvolution1D
  }

  /// ELU ─ conv 3 to half the channels ─ ELU ─ 1×1 conv, plus a 1×1 convolution of the block's input.
  ///
  /// The two 1×1 convolutions are one product of their inputs side by side.
  struct ResidualBlock: Sendable {
    let convolution: ReflectedConvolution1D
    let output: PackedMatrix  // C / 2 + C → C
  }

  /// What is kept of a signal between two pieces.
  struct State: Sendable {
    fileprivate var first = ReflectedConvolution1D.State()
    fileprivate var residuals: [ReflectedConvolution1D.State]
    fileprivate var downsamplings: [ReflectedConvolution1D.State]
    fileprivate var memory: ForwardLongShortTermMemory.State
    fileprivate var last = ReflectedConvolution1D.State()
  }

  func makeState() -> State {
    State(
      residuals: stages.map { _ in ReflectedConvolution1D.State() },
      downsamplings: stages.map { _ in ReflectedConvolution1D.State() },
      memory: memory.makeState())
  }

  /// Takes the next samples; returns the frames they complete, `[n, D]`.
  func callAsFunction(
    _ samples: UnsafeBufferPointer<Float>, isLast: Bool, _ state: inout State, _ run: Run
  ) -> Tensor {
    let arena = run.arena
    var piece = first.piece(of: samples.count, isLast: isLast, &state.first, arena: arena)
    if let base = samples.baseAddress {
      (piece.frames.pointer + piece.new.lowerBound).update(from: base, count: samples.count)
    }
    first.close(piece, &state.first)
    var convolution = first
    for (index, stage) in stages.enumerated() {
      let input = stage.residual.convolution.piece(
        of: piece.outputs, isLast: isLast, &state.residuals[index], arena: arena)
      run.shares(piece.outputs) { tile in
        convolution(piece, tile, into: input.frames.rows(input.new.shifted(tile)))
      }
      run.trace?("encoder.\(3 * index)", input.frames.part(input.new))
      stage.residual.convolution.close(input, &state.residuals[index])

      let activated = stage.downsampling.piece(
        of: input.outputs, isLast: isLast, &state.downsamplings[index], arena: arena)
      run.shares(input.outputs) { tile in
        stage.residual(
          input, tile, into: activated.frames.rows(activated.new.shifted(tile)), arena)
      }
      run.trace?("encoder.\(3 * index + 1).elu", activated.frames.part(activated.new))
      stage.downsampling.close(activated, &state.downsamplings[index])
      (piece, convolution) = (activated, stage.downsampling)
    }
    let deepest = arena.tensor(piece.outputs, convolution.matrix.columns)
    run.shares(piece.outputs) { tile in convolution(piece, tile, into: deepest.rows(tile)) }
    run.trace?("encoder.\(3 * stages.count)", deepest)
    return remembered(deepest, isLast: isLast, &state, run)
  }

  /// The memory with its skip, and the last convolution.
  private func remembered(
    _ x: Tensor, isLast: Bool, _ state: inout State, _ run: Run
  ) -> Tensor {
    let frames = x.shape[0]
    let sum = memory(x, &state.memory, arena: run.arena, parallel: run.parallel)
    sum.rows(0..<frames).add(x.rows(0..<frames))
    run.trace?("encoder.\(3 * stages.count + 1)", sum)
    let piece = last.piece(of: frames, isLast: isLast, &state.last, arena: run.arena)
    sum.rows(0..<frames).elu(into: piece.frames.rows(piece.new))
    last.close(piece, &state.last)
    let y = run.arena.tensor(piece.outputs, last.matrix.columns)
    run.shares(piece.outputs) { tile in last(piece, tile, into: y.rows(tile)) }
    return y
  }
}

extension SEANetEncoder.ResidualBlock {
  /// Some of a piece's frames, with the ELU that follows the block.
  fileprivate func callAsFunction(
    _ piece: ReflectedConvolution1D.Piece, _ tile: Range<Int>, into y: Rows, _ arena: Arena
  ) {
    let span = piece.span(tile, of: convolution)
    let input = piece.frames.rows(span)
    let activated = arena.tensor(span.count, input.channels)
    input.elu(into: activated.rows(0..<span.count))
    let both = arena.tensor(tile.count, output.depth)
    let hidden = both.rows(0..<tile.count).columns(0..<convolution.matrix.columns)
    convolution.matrix(
      activated.windows(0..<tile.count, length: convolution.kernelSize, hop: 1), into: hidden)
    hidden.elu(into: hidden)
    let shortcut = span.lowerBound + convolution.before
    piece.frames.rows(shortcut..<shortcut + tile.count).copy(
      into: both.rows(0..<tile.count).columns(convolution.matrix.columns..<output.depth))
    output(both.rows(0..<tile.count), into: y)
    y.elu(into: y)
  }
}

extension Run {
  /// Calls `body` for tiles that cover `0..<count`, at least one for each thread where there is enough to do.
  ///
  /// For layers whose results don't depend on the tiles.
  fileprivate func shares(_ count: Int, _ body: (_ tile: Range<Int>) -> Void) {
    guard count > 0 else { return }
    let fewest = (count + Run.tileRows - 1) / Run.tileRows
    let tiles = min(
      (fewest + parallel.threads - 1) / parallel.threads * parallel.threads, (count + 11) / 12)
    parallel.forEach(tiles) { index, _ in
      body(count * index / tiles..<count * (index + 1) / tiles)
    }
  }
}

extension Range<Int> {
  /// A part of the range that is counted from its beginning.
  fileprivate func shifted(_ part: Range<Int>) -> Range<Int> {
    lowerBound + part.lowerBound..<lowerBound + part.upperBound
  }
}

extension Tensor {
  /// A copy of some rows.
  fileprivate func part(_ range: Range<Int>) -> Tensor {
    defer { extendLifetime(self) }
    return Tensor(
      shape: [range.count, shape[1]],
      elements: Array(
        UnsafeBufferPointer(
          start: pointer + range.lowerBound * shape[1], count: range.count * shape[1])))
  }
}
