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
  /// - Parameters:
  ///   - x: The sum with the skip.
  ///   - length: Frames of the output, for layers that widen along time.
  /// - Returns: the output, and what was in front of the transposed convolution.
  func callAsFunction(_ x: Tensor, length: Int, _ run: Run) -> (output: Tensor, before: Tensor)
}

/// A layer of an encoder (Défossez 2021, figure 3).
///
///     x ─ strided conv ─ (+ injected) ─ (norm) ─ GELU ─ residual branch ─ 1×1 conv ─ (norm) ─ GLU ─
struct GridEncoderLayer: GridEncoder {
  let convolution: ConvolutionBlock
  let residual: ResidualBranch?
  let rewriting: ConvolutionBlock?

  func callAsFunction(_ x: Tensor, adding injected: Tensor?, _ run: Run) -> Tensor {
    let y = convolution(x, adding: injected, run)
    residual?(y, run)
    return rewriting.map { $0(y, run) } ?? y
  }
}

/// A layer of a decoder.
///
///     x ─ conv ─ (norm) ─ GLU ─ (residual branch) ─ transposed conv ─ (norm) ─ (GELU) ─
struct GridDecoderLayer: GridDecoder {
  let rewriting: ConvolutionBlock?
  let residual: ResidualBranch?
  let widening: Widening

  func callAsFunction(_ x: Tensor, length: Int, _ run: Run) -> (output: Tensor, before: Tensor) {
    let y = rewriting.map { $0(x, run) } ?? x
    residual?(y, run)
    return (widening(y, length: length, run), y)
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

  /// - Parameter length: How many frames are kept, where it is time that is widened.
  func callAsFunction(_ x: Tensor, length: Int, _ run: Run) -> Tensor {
    let whole = convolution.length(x)
    let kept =
      switch convolution.axis {
      case .rows: crop..<whole - crop
      case .frames: crop..<crop + length
      }
    guard let norm else { return convolution(x, keeping: kept, gelu: hasActivation, run) }
    let y = convolution(x, keeping: 0..<whole, gelu: false, run)
    return norm(y, arena: run.arena, parallel: run.parallel)
      .sliced(kept, along: convolution.axis, run.arena)
  }
}

extension Tensor {
  /// Some rows, or some frames of each row, of a grid.
  func sliced(
    _ range: Range<Int>, along axis: TransposedGridConvolution.Axis, _ arena: Arena
  ) -> Tensor {
    let channels = shape[2]
    let (rows, frames) = axis == .rows ? (range, 0..<shape[1]) : (0..<shape[0], range)
    let result = arena.tensor(rows.count, frames.count, channels)
    for (index, row) in rows.enumerated() {
      (result.pointer + index * frames.count * channels).update(
        from: pointer + (row * shape[1] + frames.lowerBound) * channels,
        count: frames.count * channels)
    }
    return result
  }

  /// Adds a grid of the same shape.
  func add(_ other: Tensor, _ run: Run) {
    precondition(other.shape == shape, "\(other.shape) onto \(shape)")
    let (a, b) = (flattened, other.flattened)
    run.tiles(0..<a.shape[0]) { tile, _ in a.rows(tile).add(b.rows(tile)) }
  }

  /// Adds `[F, C]` to every frame of `[F, T, C]`.
  func add(toEveryFrame other: Tensor, _ run: Run) {
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
