// SPDX-License-Identifier: Apache-2.0
package import Tensors

/// A transposed convolution along one axis of a grid (as `torch.nn.ConvTranspose2d` with a kernel that is
/// one wide across that axis), and optionally GELU.
///
/// Input `[F, T, C in]`; of the output along the axis, (length − 1) · stride + kernel long, whoever calls
/// it says what to keep. It runs as `TransposedConvolution1D` does: a step is the `stride` rows or frames that
/// one of the input begins, and one product.
package struct TransposedGridConvolution: Sendable {
  /// Which axis is widened.
  package enum Axis: Sendable {
    case rows
    case frames
  }

  private let steps: GridConvolution
  /// Which axis is widened.
  package let axis: Axis
  private let kernel: Int
  private let stride: Int
  /// How many rows or frames of the input a step sees: its own and those in front of it.
  package let taps: Int
  /// Channels of the output.
  package let channels: Int

  /// Packs the weights.
  ///
  /// - Parameters:
  ///   - weight: `[C in, C out, kernel]`.
  ///   - bias: `[C out]`.
  package init(weight: Tensor, bias: Tensor, stride: Int, along axis: Axis) {
    (channels, kernel) = (weight.shape[1], weight.shape[2])
    (self.axis, self.stride) = (axis, stride)
    taps = (kernel + stride - 1) / stride
    let phases = weight.phases(stride: stride, taps: taps)
    let repeated = Tensor(shape: [stride * channels], elements: bias.repeated(stride))
    steps =
      switch axis {
      case .rows:
        GridConvolution(
          weight: phases.reshaped(stride * channels, weight.shape[0], taps, 1), bias: repeated,
          padding: .init(top: taps - 1, bottom: taps - 1))
      case .frames:
        GridConvolution(
          weight: phases, bias: repeated, padding: .init(left: taps - 1, right: taps - 1))
      }
  }

  /// How long the output of an input `[F, T, C in]` is along the axis.
  package func length(_ x: Tensor) -> Int {
    (x.shape[axis == .rows ? 0 : 1] - 1) * stride + kernel
  }

  /// Receives frames of a row of the output, `[frames.count, C out]`, on any thread.
  package typealias Emit = (_ row: Int, _ frames: Range<Int>, _ values: Rows) -> Void

  /// Applies the layer to `[F, T, C in]`, and delivers the output tile by tile.
  ///
  /// - Parameter kept: The rows or frames of the output that are wanted: `emit` counts from the first on.
  package func callAsFunction(
    _ x: Tensor, keeping kept: Range<Int>, gelu: Bool, _ run: Run, _ emit: Emit
  ) {
    precondition(kept.lowerBound >= 0 && kept.upperBound <= length(x), "\(kept) of \(length(x))")
    let wanted = steps(of: kept)
    let (rows, frames) =
      axis == .rows ? (wanted, 0..<x.shape[1]) : (0..<x.shape[0], wanted)
    run.grid(rows: rows, frames: frames) { row, tile in
      self(
        x, row: row, frames: tile, standingFor: (row, tile), keeping: kept, gelu: gelu, run.arena,
        emit)
    }
  }

  /// The steps that make up a part of the output.
  package func steps(of kept: Range<Int>) -> Range<Int> {
    kept.lowerBound / stride..<(kept.upperBound + stride - 1) / stride
  }

  /// Delivers a tile of the output, a row of steps or some steps of a row, from a part of the input.
  ///
  /// - Parameters:
  ///   - x: The part, of which `row` and `frames` are the last that the tile's steps see.
  ///   - place: Where row and frames lie in the whole input.
  package func callAsFunction(
    _ x: Tensor, row: Int, frames: Range<Int>, standingFor place: (row: Int, frames: Range<Int>),
    keeping kept: Range<Int>, gelu: Bool, _ arena: Arena, _ emit: Emit
  ) {
    let step = arena.tensor(frames.count, stride * channels)
    let rows = step.rows(0..<frames.count)
    steps(x, row: row, frames: frames, into: rows, arena: arena)
    if gelu { GaussianErrorLinearUnit()(rows) }
    switch axis {
    case .rows:
      for phase in 0..<stride where kept.contains(place.row * stride + phase) {
        emit(
          place.row * stride + phase - kept.lowerBound, place.frames,
          rows.columns(phase * channels..<(phase + 1) * channels))
      }
    case .frames:
      let first = place.frames.lowerBound * stride
      let times = (first..<place.frames.upperBound * stride).clamped(to: kept)
      guard !times.isEmpty else { return }
      let single = step.reshaped(frames.count * stride, channels)
      emit(
        place.row, times.lowerBound - kept.lowerBound..<times.upperBound - kept.lowerBound,
        single.rows(times.lowerBound - first..<times.upperBound - first))
    }
  }
}
