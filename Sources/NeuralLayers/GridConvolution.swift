// SPDX-License-Identifier: Apache-2.0
package import Tensors

/// A convolution over a grid (cross-correlation, as `torch.nn.Conv2d`) that is computed row by row.
///
/// Input `[F, T, C in]`; a row of the output is `[T', C out]`, where
/// T' = (T + left + right − dilation · (kernel − 1) − 1) / stride + 1, rounded down, and there are as many
/// rows as the same formula gives for F. A signal `[T, C]` is a grid of one row.
///
/// Windows are read where they lie (`tessera_matmul_tapped`): nothing is copied but at the ends of a row.
/// Where it pays, kernels of three frames take half the products (`WinogradProduct`).
/// Whoever calls it for some frames of a row at a time has the next layer's input still in the
/// core's cache. Each output frame has the same bits however they are cut.
package struct GridConvolution: Sendable {
  /// A number for the rows' axis (height), and one for the frames' (width).
  package typealias Axes = Convolution2D.Axes
  /// Rows of zeros (top, bottom) and frames of zeros (left, right) outside the input.
  package typealias Padding = Convolution2D.Padding

  /// Channels of the output.
  package let channels: Int

  private let product: Product
  private let inChannels: Int
  private let kernel: Axes
  private let stride: Axes
  private let dilation: Int
  private let padding: Padding

  /// How windows become frames.
  private enum Product {
    case windows(PackedMatrix)
    case winograd(WinogradProduct)
  }

  /// Packs the weights.
  ///
  /// - Parameters:
  ///   - weight: `[C out, C in, rows, frames]`, or `[C out, C in, frames]`.
  ///   - bias: `[C out]`.
  ///   - dilation: Along the frames, for kernels of one row.
  package init(
    weight: Tensor, bias: Tensor?, stride: Axes = Axes(1), dilation: Int = 1,
    padding: Padding = Padding()
  ) {
    let shape =
      weight.shape.count == 3 ? weight.shape[..<2] + [1, weight.shape[2]] : weight.shape[...]
    precondition(shape.count == 4, "a weight [out, in, rows, frames], not \(weight.shape)")
    precondition(dilation == 1 || shape[2] == 1, "dilation in a kernel of \(shape[2]) rows")
    precondition(padding.top < max(shape[2], 1) && padding.bottom < max(shape[2], 1), "padding")
    (kernel, inChannels) = (Axes(height: shape[2], width: shape[3]), shape[1])
    (self.stride, self.dilation, self.padding) = (stride, dilation, padding)
    channels = shape[0]
    if stride == Axes(1) && dilation == 1 && WinogradProduct.pays(Array(shape)) {
      product = .winograd(
        WinogradProduct(weight: Tensor(shape: Array(shape), storage: weight.storage), bias: bias))
      return
    }
    let depth = weight.count / shape[0]
    let source = weight.pointer
    defer { extendLifetime(weight) }
    // A window's frames lie one behind the other, its rows apart.
    let (taps, inputs) = (shape[2] * shape[3], shape[1])
    let rows = [Float](unsafeUninitializedCapacity: weight.count) { buffer, count in
      for output in 0..<shape[0] {
        for tap in 0..<taps {
          for input in 0..<inputs {
            buffer[output * depth + tap * inputs + input] =
              source[output * depth + input * taps + tap]
          }
        }
      }
      count = weight.count
    }
    product = .windows(
      PackedMatrix(weights: rows, depth: depth, columns: shape[0], bias: bias?.elements))
  }

  /// How many rows come out for so many that go in.
  package func outputRows(_ rows: Int) -> Int {
    max(0, rows + padding.top + padding.bottom - kernel.height + stride.height) / stride.height
  }

  /// How many frames come out for so many that go in.
  package func outputFrames(_ frames: Int) -> Int {
    let reach = dilation * (kernel.width - 1) + 1
    return max(0, frames + padding.left + padding.right - reach + stride.width) / stride.width
  }

  /// Computes `frames` of the output's row `row` from `x`, `[F, T, C in]`, and with a slope PReLU.
  ///
  /// - Parameter y: `[frames.count, C out]`.
  package func callAsFunction(
    _ x: Tensor, row: Int, frames: Range<Int>, into y: Rows, slope: Float? = nil, arena: Arena
  ) {
    let (height, width) = (x.shape[0], x.shape[1])
    precondition(x.shape[2] == inChannels && y.count == frames.count, "\(x.shape)")
    precondition(
      0..<outputRows(height) ~= row && frames.upperBound <= outputFrames(width), "outside")
    let top = row * stride.height - padding.top
    let matrix: PackedMatrix
    switch product {
    case .windows(let packed): matrix = packed
    case .winograd(let winograd):
      winograd(
        x, top: top, left: padding.left, frames: frames, into: y, slope: slope, arena: arena)
      return
    }
    let inside = inside(frames, width: width)
    let rows = max(0, top)..<min(height, top + kernel.height)
    if !inside.isEmpty {
      let start = inside.lowerBound * stride.width - padding.left
      let windows = TappedRows(
        x, first: (rows.lowerBound * width + start) * inChannels, count: inside.count,
        stride: stride.width * inChannels,
        taps: dilation == 1
          ? .init(
            count: kernel.height, used: rows.lowerBound - top..<rows.upperBound - top,
            length: kernel.width * inChannels, stride: width * inChannels)
          : .init(
            count: kernel.width, used: 0..<kernel.width, length: inChannels,
            stride: dilation * inChannels))
      matrix(
        windows, into: y.rows(shifted(inside, by: -frames.lowerBound)), slope: slope)
    }
    for edge in [frames.lowerBound..<inside.lowerBound, inside.upperBound..<frames.upperBound]
    where !edge.isEmpty {
      let windows = gathered(x, top: top, frames: edge, arena)
      matrix(
        windows.rows(0..<edge.count), into: y.rows(shifted(edge, by: -frames.lowerBound)),
        slope: slope)
    }
  }

  /// Those of `frames` whose windows lie inside a row of `width` frames.
  private func inside(_ frames: Range<Int>, width: Int) -> Range<Int> {
    let first = (padding.left + stride.width - 1) / stride.width
    let room = width + padding.left - dilation * (kernel.width - 1) - 1
    let end = min(frames.upperBound, room < 0 ? 0 : room / stride.width + 1)
    let start = min(max(frames.lowerBound, first), frames.upperBound)
    return start..<max(start, end)
  }

  /// Windows that reach beyond the row's ends, each as one row.
  private func gathered(_ x: Tensor, top: Int, frames: Range<Int>, _ arena: Arena) -> Tensor {
    defer { extendLifetime(x) }
    let (height, width) = (x.shape[0], x.shape[1])
    let depth = kernel.height * kernel.width * inChannels
    let windows = arena.tensor(frames.count, depth)
    windows.pointer.update(repeating: 0, count: windows.count)
    for (index, frame) in frames.enumerated() {
      for (tap, row) in (top..<top + kernel.height).enumerated() where 0..<height ~= row {
        for k in 0..<kernel.width {
          let time = frame * stride.width - padding.left + k * dilation
          guard 0..<width ~= time else { continue }
          (windows.pointer + index * depth + (tap * kernel.width + k) * inChannels)
            .update(from: x.pointer + (row * width + time) * inChannels, count: inChannels)
        }
      }
    }
    return windows
  }
}

private func shifted(_ range: Range<Int>, by offset: Int) -> Range<Int> {
  range.lowerBound + offset..<range.upperBound + offset
}
