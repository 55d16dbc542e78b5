// SPDX-License-Identifier: Apache-2.0
public import Tensors

/// A transposed convolution over time (as `torch.nn.ConvTranspose1d`), its bias and an activation.
///
/// Input `[T, C in]`, output `[T', C out]`, where
/// T' = (T - 1) · stride + kernel - cropped before - cropped after.
///
/// It runs as an ordinary convolution: output times t · stride + q for a fixed q, one *phase*, see
/// only the taps q, q + stride, q + 2 · stride…; a convolution with ⌈kernel / stride⌉ taps and
/// stride · C out channels computes all phases, and its output, channels-last, lies in memory as the
/// signal itself. Nothing is added up afterwards, and no multiplication is wasted where stride
/// divides kernel.
public struct TransposedConvolution1D: Sendable {
  /// What follows the convolution and its bias.
  public typealias Activation = Convolution2D.Activation

  private let packed: PackedConvolution
  private let outChannels: Int
  private let kernel: Int
  private let stride: Int
  private let cropBefore: Int
  private let cropAfter: Int

  /// Packs the weights.
  ///
  /// - Parameters:
  ///   - weight: `[C in, C out, kernel]`.
  ///   - bias: `[C out]`.
  ///   - cropBefore: how many of the first output times to leave out: PyTorch's `padding`.
  ///   - cropAfter: how many of the last: PyTorch's `padding` less its `output_padding`.
  public init(
    weight: Tensor, bias: Tensor? = nil, stride: Int, cropBefore: Int = 0, cropAfter: Int = 0,
    activation: Activation = .none
  ) {
    let shape = weight.shape
    precondition(shape.count == 3, "a weight [in, out, kernel], not \(shape)")
    precondition(stride > 0 && cropBefore >= 0 && cropAfter >= 0, "nothing to crop is 0")
    precondition(
      bias.map { $0.shape == [shape[1]] } ?? true, "a bias [\(shape[1])], not \(bias?.shape ?? [])")
    outChannels = shape[1]
    kernel = shape[2]
    self.stride = stride
    self.cropBefore = cropBefore
    self.cropAfter = cropAfter
    let taps = (kernel + stride - 1) / stride
    packed = PackedConvolution(
      weight: weight.phases(stride: stride, taps: taps),
      bias: bias.map { Tensor(shape: [stride * shape[1]], elements: $0.repeated(stride)) },
      inChannels: shape[0], outChannels: stride * shape[1], form: .signal,
      long: ConvolutionAxis(
        kernel: taps, stride: 1, dilation: 1, before: taps - 1, after: taps - 1),
      activation: activation)
  }

  /// Applies the layer to `[T, C in]`.
  public func callAsFunction(_ x: Tensor, arena: Arena, parallel: Parallel) -> Tensor {
    defer { extendLifetime(x) }
    precondition(
      x.shape.count == 2 && x.shape[1] == packed.inChannels,
      "an input [time, \(packed.inChannels)], not \(x.shape)")
    let length = x.shape[0] == 0 ? 0 : (x.shape[0] - 1) * stride + kernel
    let kept = cropBefore..<max(cropBefore, length - cropAfter)
    let y = arena.tensor(kept.count, outChannels)
    guard !kept.isEmpty else { return y }
    // A step is the `stride` output times that one input time begins. Steps that are kept whole go
    // straight to their place; one that is cut, at either end, goes there by way of `edge`.
    let steps = kept.lowerBound / stride..<(kept.upperBound + stride - 1) / stride
    let firstWhole = (kept.lowerBound + stride - 1) / stride
    let whole = firstWhole..<max(firstWhole, kept.upperBound / stride)
    packed.run(
      whole, source: x.pointer, longLength: x.shape[0],
      destination: y.pointer + (firstWhole * stride - kept.lowerBound) * outChannels,
      arena: arena, parallel: parallel)
    let cut = [steps.lowerBound..<whole.lowerBound, whole.upperBound..<steps.upperBound]
    for step in cut.joined() {
      let edge = arena.tensor(stride, outChannels)
      defer { extendLifetime(edge) }
      packed.run(
        step..<step + 1, source: x.pointer, longLength: x.shape[0], destination: edge.pointer,
        arena: arena, parallel: parallel)
      let times = (step * stride..<(step + 1) * stride).clamped(to: kept)
      (y.pointer + (times.lowerBound - kept.lowerBound) * outChannels).update(
        from: edge.pointer + (times.lowerBound - step * stride) * outChannels,
        count: times.count * outChannels)
    }
    return y
  }
}

extension Tensor {
  /// `[in, out, kernel]` as `[stride · out, in, taps]`: the taps of each phase, the newest input last.
  func phases(stride: Int, taps: Int) -> Tensor {
    let (input, output, kernel) = (shape[0], shape[1], shape[2])
    let source = elements
    var result = [Float](repeating: 0, count: stride * output * input * taps)
    for i in 0..<input {
      for o in 0..<output {
        for k in 0..<kernel {
          let row = (k % stride * output + o) * input + i
          result[row * taps + taps - 1 - k / stride] = source[(i * output + o) * kernel + k]
        }
      }
    }
    return Tensor(shape: [stride * output, input, taps], elements: result)
  }

  /// The elements so many times, one copy behind the other.
  func repeated(_ times: Int) -> [Float] {
    (0..<times).flatMap { _ in elements }
  }
}
