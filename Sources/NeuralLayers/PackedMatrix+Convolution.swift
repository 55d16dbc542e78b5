// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

extension PackedMatrix {
  /// A convolution over time without padding or dilation, `weight` `[C out, C in, kernel]`: its rows are
  /// windows of `kernel` frames of a `[T, C in]` signal (`Tensor.windows`), a stride apart.
  package init(convolution weight: Tensor, bias: Tensor) {
    defer { extendLifetime(weight) }
    let (output, input, kernel) = (weight.shape[0], weight.shape[1], weight.shape[2])
    self.init(depth: kernel * input, columns: output, bias: bias) { packed in
      tessera_matmul_pack_convolution(input, kernel, output, weight.pointer, packed)
    }
  }

  /// A transposed convolution over time, `weight` `[C in, C out, kernel]`: its rows are windows of
  /// `taps` = ⌈kernel / stride⌉ frames, one frame apart, of a signal with `taps` − 1 frames of zeros on
  /// both sides; a row that comes out is the `stride` output frames that the window's last frame begins.
  package init(transposedConvolution weight: Tensor, bias: Tensor, stride: Int) {
    let (input, output, kernel) = (weight.shape[0], weight.shape[1], weight.shape[2])
    let taps = (kernel + stride - 1) / stride
    let source = weight.elements
    var rows = [Float](repeating: 0, count: stride * output * taps * input)
    for i in 0..<input {
      for o in 0..<output {
        for k in 0..<kernel {
          let row = k % stride * output + o
          rows[(row * taps + taps - 1 - k / stride) * input + i] =
            source[
              (i * output + o) * kernel + k]
        }
      }
    }
    self.init(
      weights: rows, depth: taps * input, columns: stride * output,
      bias: (0..<stride).flatMap { _ in bias.elements })
  }
}
