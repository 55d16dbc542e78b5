// SPDX-License-Identifier: Apache-2.0

/// A convolution along one axis: what it needs of the input for which part of the output.
struct ConvolutionAxis: Sendable, Hashable {
  let kernel: Int
  let stride: Int
  let dilation: Int
  /// Zeros before the first and after the last element.
  let before: Int
  let after: Int

  /// The axis of a signal that oneDNN sees as an image of height 1.
  static let trivial = ConvolutionAxis(kernel: 1, stride: 1, dilation: 1, before: 0, after: 0)

  init(kernel: Int, stride: Int, dilation: Int, before: Int, after: Int) {
    precondition(kernel > 0 && stride > 0 && dilation > 0, "kernel, stride, dilation from 1 on")
    let reach = dilation * (kernel - 1)
    // Otherwise there would be outputs that see nothing but padding.
    precondition(
      0...reach ~= before && 0...reach ~= after,
      "padding of 0...\(reach) for a kernel of \(kernel), not \(before) and \(after)")
    self.kernel = kernel
    self.stride = stride
    self.dilation = dilation
    self.before = before
    self.after = after
  }

  /// From the first to the last tap.
  private var reach: Int { dilation * (kernel - 1) }

  /// How long the output is; 0 where the input is empty or shorter than the kernel.
  func outputLength(_ input: Int) -> Int {
    let room = input + before + after - reach - 1
    return input == 0 || room < 0 ? 0 : room / stride + 1
  }

  /// Part of an output, and what makes it: the same convolution of `input` with another padding.
  struct Piece {
    let input: Range<Int>
    let before: Int
    let after: Int
  }

  /// What the nonempty part `output` needs of an input of `length`.
  func piece(_ output: Range<Int>, of length: Int) -> Piece {
    let first = output.lowerBound * stride - before
    let end = (output.upperBound - 1) * stride - before + reach + 1
    return Piece(
      input: max(first, 0)..<min(end, length), before: max(-first, 0), after: max(end - length, 0))
  }
}
