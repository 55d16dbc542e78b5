// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// A convolution over a grid `[F, T, C]`, a norm over all that comes out, and an activation.
///
/// Without a norm it works tile by tile, so that the twice as wide signal that the gated linear unit
/// halves never exists as a whole.
struct ConvolutionBlock: Sendable {
  enum Activation {
    case none, gelu, glu
  }

  let convolution: GridConvolution
  /// With the activation in it.
  let norm: GroupNormalization?
  let activation: Activation
  /// Whether an output frame depends on no input frame but its own.
  let isPointwise: Bool

  /// Channels that come out.
  var channels: Int { activation == .glu ? convolution.channels / 2 : convolution.channels }

  /// Applies the layer to `[F, T, C in]`.
  ///
  /// - Parameter injected: What is added to the convolution, `[F', T', C]`.
  func callAsFunction(_ x: Tensor, adding injected: Tensor? = nil, _ run: Run) -> Tensor {
    guard let norm else {
      let y = output(for: x, run)
      run.rows(y.shape[0]) { row, run in self(x, adding: injected, row: row, into: y, run) }
      return y
    }
    let (rows, frames) = (
      convolution.outputRows(x.shape[0]), convolution.outputFrames(x.shape[1])
    )
    let sum = run.arena.tensor(rows, frames, convolution.channels)
    run.grid(rows: 0..<rows, frames: 0..<frames) { row, tile in
      let target = sum.frames(tile, ofRow: row)
      convolution(x, row: row, frames: tile, into: target, arena: run.arena)
      if let injected { target.add(injected.frames(tile, ofRow: row)) }
    }
    return norm(sum, arena: run.arena, parallel: run.parallel)
  }

  /// Room for what the layer makes of `x`.
  func output(for x: Tensor, _ run: Run) -> Tensor {
    run.arena.tensor(
      convolution.outputRows(x.shape[0]), convolution.outputFrames(x.shape[1]), channels)
  }

  /// Computes a row of `y` from `x`, which may be `y` for a pointwise convolution; for layers without a
  /// norm.
  func callAsFunction(
    _ x: Tensor, adding injected: Tensor? = nil, row: Int, into y: Tensor, _ run: Run
  ) {
    run.tiles(0..<y.shape[1]) { tile, _ in
      self(
        x, adding: injected?.frames(tile, ofRow: row), row: row, frames: tile,
        into: y.frames(tile, ofRow: row), run)
    }
  }

  /// Computes some frames of a row.
  func callAsFunction(
    _ x: Tensor, adding injected: Rows? = nil, row: Int, frames: Range<Int>, into y: Rows,
    _ run: Run
  ) {
    let isGated = activation == .glu
    let sum =
      isGated ? run.arena.tensor(frames.count, convolution.channels).rows(0..<frames.count) : y
    convolution(x, row: row, frames: frames, into: sum, arena: run.arena)
    if let injected { sum.add(injected) }
    switch activation {
    case .none: break
    case .gelu: GaussianErrorLinearUnit()(sum)
    case .glu: GatedLinearUnit()(sum, into: y)
    }
  }
}

func shifted(_ range: Range<Int>, by offset: Int) -> Range<Int> {
  range.lowerBound + offset..<range.upperBound + offset
}

extension Run {
  /// Calls `body` for every row of a grid, with what it runs with: rows side by side, one thread each,
  /// where there are enough of them, else one after the other on all threads.
  ///
  /// A row that one thread takes through several layers stays in its core's cache.
  func rows(_ count: Int, _ body: (_ row: Int, _ run: Run) -> Void) {
    if parallel.threads > 1 && count >= 2 * parallel.threads {
      let alone = Run(threads: 1, arena: arena, trace: trace)
      parallel.forEach(count) { row, _ in body(row, alone) }
    } else {
      for row in 0..<count { body(row, self) }
    }
  }
}
