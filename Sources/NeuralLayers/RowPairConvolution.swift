// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// A convolution over a grid with kernels of three rows, two rows of the output at a time: four products
/// in place of six (Winograd, "Arithmetic Complexity of Computations", 1980; F(2, 3)).
///
/// With input rows d and the kernel's rows g, output rows 0 and 1 are m₁ + m₂ + m₀ and m₁ − m₂ + m₃ of the
/// convolutions along the frames
///
///     m₀ = (d₀ − d₂) ∗ g₀              m₁ = (d₁ + d₂) ∗ (g₀ + g₁ + g₂) / 2
///     m₃ = (d₃ − d₁) ∗ g₂              m₂ = (d₂ − d₁) ∗ (g₀ − g₁ + g₂) / 2
///
/// One row of zeros lies above and one below the input, and zeros at the ends of a row keep its length.
package struct RowPairConvolution: Sendable {
  /// m₀ to m₃.
  private let products: [PackedMatrix]
  private let inChannels: Int
  private let width: Int

  /// Packs the weights.
  ///
  /// - Parameters:
  ///   - weight: `[C out, C in, 3, frames]`, an odd number of frames.
  ///   - bias: `[C out]`.
  package init(weight: Tensor, bias: Tensor) {
    defer { extendLifetime(weight) }
    let shape = weight.shape
    precondition(shape.count == 4 && shape[2] == 3 && shape[3] % 2 == 1, "a weight \(shape)")
    (inChannels, width) = (shape[1], shape[3])
    let depth = width * inChannels
    let (inputs, taps) = (shape[1], shape[3])
    let source = weight.pointer
    products = (0..<4).map { product in
      let rows = [Float](unsafeUninitializedCapacity: shape[0] * depth) { buffer, count in
        for output in 0..<shape[0] {
          for input in 0..<inputs {
            for tap in 0..<taps {
              let g = source + ((output * inputs + input) * 3) * taps + tap
              let (top, middle, bottom) = (g[0], g[taps], g[2 * taps])
              buffer[output * depth + tap * inputs + input] =
                switch product {
                case 0: top
                case 1: (top + middle + bottom) / 2
                case 2: (top - middle + bottom) / 2
                default: bottom
                }
            }
          }
        }
        count = shape[0] * depth
      }
      return PackedMatrix(
        weights: rows, depth: depth, columns: shape[0], bias: product == 1 ? bias.elements : nil)
    }
  }

  /// Computes `frames` of the output's rows `row` and `row` + 1 from `x`, `[F, T, C in]`.
  ///
  /// - Returns: each row's `[frames.count, C out]`.
  package func callAsFunction(
    _ x: Tensor, row: Int, frames: Range<Int>, arena: Arena
  ) -> (Tensor, Tensor) {
    let heard = frames.lowerBound - width / 2..<frames.upperBound + width / 2
    let d = (row - 1..<row + 3).map { copied(x, row: $0, frames: heard, arena) }
    let count = d[0].count
    let t = arena.tensor(heard.count, inChannels)
    defer { extendLifetime((d, t)) }
    func product(_ index: Int) -> Tensor {
      let m = arena.tensor(frames.count, products[index].columns)
      products[index](
        t.windows(0..<frames.count, length: width, hop: 1), into: m.rows(0..<frames.count))
      return m
    }
    tessera_sum_of(d[1].pointer, d[2].pointer, count, t.pointer)
    let first = product(1)
    tessera_subtract(d[2].pointer, d[1].pointer, count, t.pointer)
    let second = product(2)
    tessera_subtract(d[0].pointer, d[2].pointer, count, t.pointer)
    let top = product(0)
    tessera_subtract(d[3].pointer, d[1].pointer, count, t.pointer)
    let bottom = product(3)
    defer { extendLifetime((top, bottom)) }
    tessera_recombine(first.pointer, second.pointer, top.pointer, bottom.pointer, first.count)
    return (first, second)
  }

  /// Frames of a row with the zeros around it.
  private func copied(_ x: Tensor, row: Int, frames: Range<Int>, _ arena: Arena) -> Tensor {
    defer { extendLifetime(x) }
    let y = arena.tensor(frames.count, inChannels)
    let real = frames.clamped(to: 0..<x.shape[1])
    guard 0..<x.shape[0] ~= row, !real.isEmpty else {
      y.pointer.update(repeating: 0, count: y.count)
      return y
    }
    let before = (real.lowerBound - frames.lowerBound) * inChannels
    let after = before + real.count * inChannels
    y.pointer.update(repeating: 0, count: before)
    (y.pointer + before).update(
      from: x.pointer + (row * x.shape[1] + real.lowerBound) * inChannels,
      count: real.count * inChannels)
    (y.pointer + after).update(repeating: 0, count: y.count - after)
    return y
  }
}
