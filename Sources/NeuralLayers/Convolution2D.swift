// SPDX-License-Identifier: Apache-2.0
public import Tensors

/// A convolution over two axes (cross-correlation, as `torch.nn.Conv2d`), its bias, an activation and
/// a residual sum, in one pass over the memory.
///
/// Input `[H, W, C in]`, output `[H', W', C out]`, where
/// H' = (H + top + bottom - dilation · (kernel - 1) - 1) / stride + 1, rounded down, and W' likewise.
///
/// Output rows are cut into blocks that are shared out among the threads. Where the cuts are follows
/// from the sizes alone, so the result does not depend on the number of threads.
public struct Convolution2D: Sendable {
  /// What follows the convolution and its bias.
  public enum Activation: Sendable, Hashable {
    /// Nothing.
    case none
    /// max(x, 0).
    case relu
    /// x where x > 0, otherwise slope · x.
    case leakyReLU(slope: Float)
    /// x where x > 0, otherwise exp(x) - 1.
    case elu
    /// x · Φ(x), with the error function.
    case gelu
  }

  /// Where a second tensor, shaped like the output, is added.
  public enum Residual: Sendable, Hashable {
    /// Nowhere.
    case none
    /// activation(convolution + residual).
    case beforeActivation
    /// activation(convolution) + residual.
    case afterActivation
  }

  /// A number for each of the two axes.
  public struct Axes: Sendable, Hashable {
    /// Along H.
    public let height: Int
    /// Along W.
    public let width: Int

    /// One number an axis.
    public init(height: Int, width: Int) {
      self.height = height
      self.width = width
    }

    /// The same number for both axes.
    public init(_ both: Int) { self.init(height: both, width: both) }
  }

  /// Rows and columns of zeros outside the input.
  public struct Padding: Sendable, Hashable {
    let top, bottom, left, right: Int

    /// A number for each side.
    public init(top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0) {
      (self.top, self.bottom, self.left, self.right) = (top, bottom, left, right)
    }

    /// The same on opposite sides, as PyTorch has it.
    public init(_ axes: Axes) {
      self.init(top: axes.height, bottom: axes.height, left: axes.width, right: axes.width)
    }
  }

  private let packed: PackedConvolution

  /// Packs the weights.
  ///
  /// - Parameters:
  ///   - weight: `[C out, C in / groups, kernel height, kernel width]`.
  ///   - bias: `[C out]`.
  ///   - padding: at most dilation · (kernel - 1) on each side.
  ///   - residual: whether calls bring a tensor to add, and where it goes.
  public init(
    weight: Tensor, bias: Tensor? = nil, stride: Axes = Axes(1), dilation: Axes = Axes(1),
    padding: Padding = Padding(), groups: Int = 1, activation: Activation = .none,
    residual: Residual = .none
  ) {
    let shape = weight.shape
    precondition(shape.count == 4, "a weight [out, in / groups, height, width], not \(shape)")
    packed = PackedConvolution(
      weight: weight, bias: bias, inChannels: shape[1] * groups, outChannels: shape[0],
      groups: groups, form: .image,
      long: ConvolutionAxis(
        kernel: shape[2], stride: stride.height, dilation: dilation.height, before: padding.top,
        after: padding.bottom),
      across: ConvolutionAxis(
        kernel: shape[3], stride: stride.width, dilation: dilation.width, before: padding.left,
        after: padding.right),
      activation: activation, residual: residual)
  }

  /// Applies the layer to `[H, W, C in]`; `residual` is `[H', W', C out]`.
  public func callAsFunction(
    _ x: Tensor, adding residual: Tensor? = nil, arena: Arena, parallel: Parallel
  ) -> Tensor {
    defer { extendLifetime((x, residual)) }
    precondition(
      x.shape.count == 3 && x.shape[2] == packed.inChannels,
      "an input [height, width, \(packed.inChannels)], not \(x.shape)")
    let height = packed.long.outputLength(x.shape[0])
    let width = packed.across.outputLength(x.shape[1])
    let y = arena.tensor(height, width, packed.outChannels)
    precondition(
      residual.map { $0.shape == y.shape } ?? true,
      "a residual \(y.shape), not \(residual?.shape ?? [])")
    packed.run(
      0..<height, source: x.pointer, longLength: x.shape[0], acrossLength: x.shape[1],
      residual: residual.map { UnsafePointer($0.pointer) }, destination: y.pointer, arena: arena,
      parallel: parallel)
    return y
  }
}
