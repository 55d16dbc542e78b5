// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// What the encoders of hybrid networks are made of.
///
/// Grids are `[F, T, C]`: F frequencies, T frames; a
/// waveform is a grid with one frequency.
protocol GridEncoder: Sendable {
  /// - Parameter injected: What the other branch brings, shaped as the layer's convolution.
  func callAsFunction(_ x: Tensor, adding injected: Tensor?, _ run: Run) -> Tensor
}

/// What the decoders of hybrid networks are made of.
protocol GridDecoder: Sendable {
  /// Whether some frames of the output can be had without all the others.
  var isLocal: Bool { get }

  /// Delivers the output tile by tile.
  ///
  /// - Parameters:
  ///   - x: The sum with the skip.
  ///   - frames: What of the output is wanted, for local layers that widen along frequency.
  ///   - length: Frames of the output, for layers that widen along time.
  ///   - emit: Receives frames of a row, on any thread.
  func callAsFunction(
    _ x: Tensor, frames: Range<Int>?, length: Int, _ run: Run,
    _ emit: TransposedGridConvolution.Emit)
}

/// A layer of an encoder (Défossez 2021, figure 3).
///
///     x ─ strided conv ─ (+ injected) ─ (norm) ─ GELU ─ residual branch ─ 1×1 conv ─ (norm) ─ GLU ─
struct GridEncoderLayer: GridEncoder {
  let convolution: ConvolutionBlock
  let residual: ResidualBranch?
  let rewriting: ConvolutionBlock?

  func callAsFunction(_ x: Tensor, adding injected: Tensor?, _ run: Run) -> Tensor {
    guard convolution.norm == nil else {
      let y = convolution(x, adding: injected, run)
      residual?(y, run)
      return rewriting.map { $0(y, run) } ?? y
    }
    // Without norms a row goes through the layer as a whole, in place.
    let y = convolution.output(for: x, run)
    let inPlace = rewriting.flatMap { $0.isPointwise && $0.norm == nil ? $0 : nil }
    run.rows(y.shape[0]) { row, run in
      convolution(x, adding: injected, row: row, into: y, run)
      residual?(y, row: row, run)
      inPlace?(y, row: row, into: y, run)
    }
    guard let rewriting, inPlace == nil else { return y }
    return rewriting(y, run)
  }
}

/// A layer of a decoder.
///
///     x ─ conv ─ (norm) ─ GLU ─ (residual branch) ─ transposed conv ─ (norm) ─ (GELU) ─
struct GridDecoderLayer: GridDecoder {
  let rewriting: ConvolutionBlock?
  let residual: ResidualBranch?
  let widening: Widening

  var isLocal: Bool {
    rewriting != nil && rewriting?.norm == nil && residual == nil && widening.norm == nil
  }

  func callAsFunction(
    _ x: Tensor, frames: Range<Int>?, length: Int, _ run: Run,
    _ emit: TransposedGridConvolution.Emit
  ) {
    guard let rewriting, isLocal else {
      return widening(narrow(x, run), length: length, run, emit)
    }
    let kept = widening.kept(x, length: length)
    switch widening.convolution.axis {
    case .rows:
      byRows(x, rewriting, frames: frames ?? 0..<x.shape[1], keeping: kept, run, emit)
    case .frames: byFrames(x, rewriting, keeping: kept, run, emit)
    }
  }

  /// What comes in front of the transposed convolution.
  func narrow(_ x: Tensor, _ run: Run) -> Tensor {
    let y = rewriting.map { $0(x, run) } ?? x
    residual?(y, run)
    return y
  }

  /// Rows that a thread takes at a time, and rows that it has in front of the transposed convolution
  /// at a time.
  private static let (rowsInBand, rowsInBlock) = (64, 8)

  /// Takes each tile of frames up through the rows, of which only a few are there at a time.
  private func byRows(
    _ x: Tensor, _ rewriting: ConvolutionBlock, frames: Range<Int>, keeping kept: Range<Int>,
    _ run: Run, _ emit: TransposedGridConvolution.Emit
  ) {
    let history = widening.convolution.taps - 1
    let steps = widening.convolution.steps(of: kept)
    let bands = (steps.count + Self.rowsInBand - 1) / Self.rowsInBand
    run.grid(rows: 0..<bands, frames: frames) { band, tile in
      let first = steps.lowerBound + band * Self.rowsInBand
      let end = min(steps.upperBound, first + Self.rowsInBand)
      let block = run.arena.tensor(history + Self.rowsInBlock, tile.count, rewriting.channels)
      defer { extendLifetime(block) }
      let size = tile.count * rewriting.channels
      // Computes rows, and puts the first into a slot and the others behind it; rows outside are zeros.
      func fill(_ slot: Int, with rows: Range<Int>) {
        (block.pointer + slot * size).update(repeating: 0, count: rows.count * size)
        rewriting(
          x, rows: rows.clamped(to: 0..<x.shape[0]), frames: tile,
          into: { block.frames(0..<tile.count, ofRow: slot + $0 - rows.lowerBound) }, run)
      }
      fill(0, with: first - history..<first)
      for start in stride(from: first, to: end, by: Self.rowsInBlock) {
        let count = min(Self.rowsInBlock, end - start)
        fill(history, with: start..<start + count)
        for index in 0..<count {
          widening.convolution(
            block, row: history + index, frames: 0..<tile.count,
            standingFor: (start + index, tile), keeping: kept, gelu: widening.hasActivation,
            run.arena, emit)
        }
        block.pointer.update(from: block.pointer + count * size, count: history * size)
      }
    }
  }

  /// Computes tiles of steps with the frames in front of them.
  private func byFrames(
    _ x: Tensor, _ rewriting: ConvolutionBlock, keeping kept: Range<Int>, _ run: Run,
    _ emit: TransposedGridConvolution.Emit
  ) {
    let history = widening.convolution.taps - 1
    run.grid(rows: 0..<x.shape[0], frames: widening.convolution.steps(of: kept)) { row, tile in
      let block = run.arena.tensor(1, history + tile.count, rewriting.channels)
      block.pointer.update(repeating: 0, count: block.count)
      let first = tile.lowerBound - history
      let real = max(0, first)..<min(x.shape[1], tile.upperBound)
      rewriting(
        x, row: row, frames: real, into: block.flattened.rows(shifted(real, by: -first)), run)
      widening.convolution(
        block, row: 0, frames: history..<history + tile.count, standingFor: (row, tile),
        keeping: kept, gelu: widening.hasActivation, run.arena, emit)
    }
  }
}

/// The end of a decoder layer: a transposed convolution along one axis, a norm over all that comes out,
/// and GELU but in the outermost layer.
struct Widening: Sendable {
  let convolution: TransposedGridConvolution
  /// With the activation in it.
  let norm: GroupNormalization?
  let hasActivation: Bool
  /// How many of the first rows or frames that come out are left out, and of the last rows.
  let crop: Int

  /// What is wanted of all that comes out of `x`.
  ///
  /// - Parameter length: How many frames, where it is time that is widened.
  func kept(_ x: Tensor, length: Int) -> Range<Int> {
    switch convolution.axis {
    case .rows: crop..<convolution.length(x) - crop
    case .frames: crop..<crop + length
    }
  }

  func callAsFunction(
    _ x: Tensor, length: Int, _ run: Run, _ emit: TransposedGridConvolution.Emit
  ) {
    let kept = kept(x, length: length)
    guard let norm else {
      return convolution(x, keeping: kept, gelu: hasActivation, run, emit)
    }
    let count = convolution.length(x)
    let whole =
      convolution.axis == .rows
      ? run.arena.tensor(count, x.shape[1], convolution.channels)
      : run.arena.tensor(x.shape[0], count, convolution.channels)
    convolution(x, keeping: 0..<count, gelu: false, run) { whole.set(row: $0, frames: $1, $2) }
    let y = norm(whole, arena: run.arena, parallel: run.parallel)
    let (rows, frames) =
      convolution.axis == .rows ? (kept, 0..<x.shape[1]) : (0..<x.shape[0], kept)
    run.grid(rows: rows, frames: frames) { row, tile in
      emit(
        row - rows.lowerBound, shifted(tile, by: -frames.lowerBound),
        y.frames(tile, ofRow: row))
    }
  }
}

extension Tensor {
  /// Some frames of a row of a grid.
  func frames(_ frames: Range<Int>, ofRow row: Int) -> Rows {
    flattened.rows(shifted(frames, by: row * shape[1]))
  }

  /// Sets some frames of a row of a grid.
  func set(row: Int, frames: Range<Int>, _ values: Rows) {
    values.copy(into: flattened, row: row * shape[1] + frames.lowerBound)
  }

  /// Adds a grid of the same shape.
  func add(_ other: Tensor, _ run: Run) {
    precondition(other.shape == shape, "\(other.shape) onto \(shape)")
    let (a, b) = (flattened, other.flattened)
    run.tiles(0..<a.shape[0]) { tile, _ in a.rows(tile).add(b.rows(tile)) }
  }

  /// Adds `[F, C]` to every frame of `[F, T, C]`.
  func add(toEveryFrame other: Tensor, _ run: Run) {
    defer { extendLifetime((self, other)) }
    let (frames, channels) = (shape[1], shape[2])
    precondition(other.shape == [shape[0], channels], "\(other.shape) onto \(shape)")
    run.parallel.forEach(shape[0]) { row, _ in
      let source = other.pointer + row * channels
      for frame in row * frames..<(row + 1) * frames {
        let target = pointer + frame * channels
        for channel in 0..<channels { target[channel] += source[channel] }
      }
    }
  }

  /// All rows of a grid behind each other, `[F · T, C]`.
  var flattened: Tensor { reshaped(shape[0] * shape[1], shape[2]) }
}
