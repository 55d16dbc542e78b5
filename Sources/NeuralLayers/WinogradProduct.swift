// SPDX-License-Identifier: Apache-2.0
internal import CKernels
internal import Tensors

/// A convolution with kernels of three frames and stride 1 that computes four frames from six products,
/// where windows would take twelve (Winograd's F(4, 3); Lavin & Gray 2015).
///
/// Groups of four frames begin at multiples of four, so that a frame has the same bits however the frames
/// are cut. Rounding errors are about three times those of the windows.
struct WinogradProduct: Sendable {
  /// What a kernel's taps contribute to each of the six products.
  private static let taps: [[Double]] = [
    [1.0 / 4, 0, 0], [-1.0 / 6, -1.0 / 6, -1.0 / 6], [-1.0 / 6, 1.0 / 6, -1.0 / 6],
    [1.0 / 24, 1.0 / 12, 1.0 / 6], [1.0 / 24, -1.0 / 12, 1.0 / 6], [0, 0, 1],
  ]

  private let points: [PackedMatrix]  // rows · C in → C out
  private let bias: Tensor?
  private let height: Int
  private let inChannels: Int

  /// Whether the detour pays: enough channels for the products to outweigh it, and weights, doubled by it,
  /// that the threads' last common cache can hold.
  static func pays(_ shape: [Int]) -> Bool {
    shape[3] == 3 && shape[1] >= 16 && shape[0] >= 32 && shape.reduce(2, *) <= 8 << 20
  }

  /// Packs `weight`, `[C out, C in, rows, 3]`.
  init(weight: Tensor, bias: Tensor?) {
    defer { extendLifetime(weight) }
    let (output, input, height) = (weight.shape[0], weight.shape[1], weight.shape[2])
    self.height = height
    self.bias = bias
    inChannels = input
    let source = weight.pointer
    points = Self.taps.map { factors in
      var rows = [Float](repeating: 0, count: output * height * input)
      for o in 0..<output {
        for i in 0..<input {
          for row in 0..<height {
            let kernel = source + ((o * input + i) * height + row) * 3
            let sum =
              factors[0] * Double(kernel[0]) + factors[1] * Double(kernel[1])
              + factors[2] * Double(kernel[2])
            rows[(o * height + row) * input + i] = Float(sum)
          }
        }
      }
      return PackedMatrix(weights: rows, depth: height * input, columns: output, bias: nil)
    }
  }

  /// Computes `frames` of an output row from the rows of `x`, `[F, T, C in]`, from `top` on; beyond the
  /// grid there is nothing but zeros.
  ///
  /// - Parameter left: Zeros in front of a row.
  func callAsFunction(
    _ x: Tensor, top: Int, left: Int, frames: Range<Int>, into y: Rows, slope: Float?, arena: Arena
  ) {
    defer { extendLifetime(y) }
    let groups = frames.lowerBound / 4..<(frames.upperBound + 3) / 4
    let (count, depth, output) = (groups.count, height * inChannels, points[0].columns)
    let v = arena.tensor(points.count * count, depth)
    for tap in 0..<height {
      let target = v.pointer + tap * inChannels
      if 0..<x.shape[0] ~= top + tap {
        let heard = heard(
          x, row: top + tap, from: 4 * groups.lowerBound - left, groups: count, arena)
        defer { extendLifetime(heard) }
        tessera_winograd_points(
          heard.pointer, count, inChannels, target, depth, count * depth)
      } else {
        for row in 0..<v.shape[0] {
          (target + row * depth).update(repeating: 0, count: inChannels)
        }
      }
    }
    let products = arena.tensor(points.count * count, output)
    defer { extendLifetime(products) }
    for (point, matrix) in points.enumerated() {
      let rows = point * count..<(point + 1) * count
      matrix(v.rows(rows), into: products.rows(rows))
    }
    tessera_winograd_frames(
      products.pointer, count, output, count * output, bias?.pointer, slope ?? 1,
      frames.lowerBound - 4 * groups.lowerBound, frames.count, y.pointer, y.stride)
  }

  /// The frames of a row that groups hear, the first from frame `start` on.
  private func heard(
    _ x: Tensor, row: Int, from start: Int, groups: Int, _ arena: Arena
  ) -> Rows {
    let width = x.shape[1]
    let end = start + 4 * groups + 2
    let flat = x.reshaped(x.shape[0] * width, inChannels)
    if start >= 0 && end <= width { return flat.rows(row * width + start..<row * width + end) }
    let padded = arena.tensor(end - start, inChannels)
    padded.pointer.update(repeating: 0, count: padded.count)
    let inside = max(0, start)..<max(max(0, start), min(width, end))
    flat.rows(row * width + inside.lowerBound..<row * width + inside.upperBound)
      .copy(into: padded, row: inside.lowerBound - start)
    return padded.rows(0..<end - start)
  }
}
