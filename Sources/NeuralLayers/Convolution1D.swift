// SPDX-License-Identifier: Apache-2.0
public import Tensors

/// A convolution over time (cross-correlation, as `torch.nn.Conv1d`), its bias, an activation and a
/// residual sum, in one pass over the memory.
///
/// Input `[T, C in]`, output `[T', C out]`, where
/// T' = (T + before + after - dilation · (kernel - 1) - 1) / stride + 1, rounded down.
///
/// The result does not depend on the number of threads.
public struct Convolution1D: Sendable {
  /// What follows the convolution and its bias.
  public typealias Activation = Convolution2D.Activation
  /// Where a second tensor, shaped like the output, is added.
  public typealias Residual = Convolution2D.Residual

  /// Zeros outside the signal.
  public struct Padding: Sendable, Hashable {
    let before, after: Int

    /// A number for each end.
    public init(before: Int, after: Int) {
      self.before = before
      self.after = after
    }

    /// The same on both ends, as PyTorch has it.
    public init(_ both: Int) { self.init(before: both, after: both) }
  }

  private let packed: PackedConvolution

  /// Packs the weights.
  ///
  /// - Parameters:
  ///   - weight: `[C out, C in / groups, kernel]`.
  ///   - bias: `[C out]`.
  ///   - padding: at most dilation · (kernel - 1) on each end.
  ///   - residual: whether calls bring a tensor to add, and where it goes.
  public init(
    weight: Tensor, bias: Tensor? = nil, stride: Int = 1, dilation: Int = 1,
    padding: Padding = Padding(0), groups: Int = 1, activation: Activation = .none,
    residual: Residual = .none
  ) {
    let shape = weight.shape
    precondition(shape.count == 3, "a weight [out, in / groups, kernel], not \(shape)")
    packed = PackedConvolution(
      weight: weight, bias: bias, inChannels: shape[1] * groups, outChannels: shape[0],
      groups: groups, form: .signal,
      long: ConvolutionAxis(
        kernel: shape[2], stride: stride, dilation: dilation, before: padding.before,
        after: padding.after),
      activation: activation, residual: residual)
  }

  /// Applies the layer to `[T, C in]`; `residual` is `[T', C out]`.
  public func callAsFunction(
    _ x: Tensor, adding residual: Tensor? = nil, arena: Arena, parallel: Parallel
  ) -> Tensor {
    defer { extendLifetime((x, residual)) }
    precondition(
      x.shape.count == 2 && x.shape[1] == packed.inChannels,
      "an input [time, \(packed.inChannels)], not \(x.shape)")
    let y = arena.tensor(packed.long.outputLength(x.shape[0]), packed.outChannels)
    precondition(
      residual.map { $0.shape == y.shape } ?? true,
      "a residual \(y.shape), not \(residual?.shape ?? [])")
    packed.run(
      0..<y.shape[0], source: x.pointer, longLength: x.shape[0],
      residual: residual.map { UnsafePointer($0.pointer) }, destination: y.pointer, arena: arena,
      parallel: parallel)
    return y
  }
}
