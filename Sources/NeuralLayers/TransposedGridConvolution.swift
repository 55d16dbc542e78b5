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
  private let taps: Int
  private let channels: Int

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

  /// Applies the layer to `[F, T, C in]`.
  ///
  /// - Parameter kept: The rows or frames of the output that are wanted.
  package func callAsFunction(_ x: Tensor, keeping kept: Range<Int>, gelu: Bool, _ run: Run)
    -> Tensor
  {
    precondition(kept.lowerBound >= 0 && kept.upperBound <= length(x), "\(kept) of \(length(x))")
    let isRows = axis == .rows
    let y = run.arena.tensor(
      isRows ? kept.count : x.shape[0], isRows ? x.shape[1] : kept.count, channels)
    let wanted = kept.lowerBound / stride..<(kept.upperBound + stride - 1) / stride
    run.grid(
      rows: isRows ? wanted : 0..<x.shape[0], frames: isRows ? 0..<x.shape[1] : wanted
    ) { row, tile in
      let step = run.arena.tensor(tile.count, stride * channels)
      let rows = step.rows(0..<tile.count)
      steps(x, row: row, frames: tile, into: rows, arena: run.arena)
      if gelu { GaussianErrorLinearUnit()(rows) }
      if isRows {
        for phase in 0..<stride where kept.contains(row * stride + phase) {
          rows.columns(phase * channels..<(phase + 1) * channels)
            .copy(
              into: y, row: (row * stride + phase - kept.lowerBound) * x.shape[1] + tile.lowerBound)
        }
      } else {
        let frames = (tile.lowerBound * stride..<tile.upperBound * stride).clamped(to: kept)
        let first = frames.lowerBound - tile.lowerBound * stride
        (y.pointer + (row * kept.count + frames.lowerBound - kept.lowerBound) * channels).update(
          from: step.pointer + first * channels, count: frames.count * channels)
      }
    }
    return y
  }
}
