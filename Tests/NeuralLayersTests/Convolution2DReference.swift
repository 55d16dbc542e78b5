// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import NeuralLayers
internal import Tensors

/// The definition of a convolution, summed in Double: what the fast ones are compared with.
struct ReferenceConvolution {
  /// `[out, in / groups, height, width]`.
  var weight: Tensor
  var bias: Tensor?
  var stride = Convolution2D.Axes(1)
  var dilation = Convolution2D.Axes(1)
  /// Top, bottom, left, right.
  var padding = [0, 0, 0, 0]
  var groups = 1

  /// From `[H, W, C in]` to `[H', W', C out]`.
  func callAsFunction(_ x: Tensor) -> Tensor {
    let (height, width, inputs) = (x.shape[0], x.shape[1], x.shape[2])
    let (outputs, groupInputs) = (weight.shape[0], weight.shape[1])
    let (kernelHeight, kernelWidth) = (weight.shape[2], weight.shape[3])
    func length(_ input: Int, _ pad: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) -> Int {
      let room = input + pad - dilation * (kernel - 1) - 1
      return room < 0 ? 0 : room / stride + 1
    }
    let outHeight = length(
      height, padding[0] + padding[1], kernelHeight, stride.height, dilation.height)
    let outWidth = length(
      width, padding[2] + padding[3], kernelWidth, stride.width, dilation.width)
    let (source, taps, offsets) = (x.elements, weight.elements, bias?.elements)
    var result: [Float] = []
    for row in 0..<outHeight {
      for column in 0..<outWidth {
        for output in 0..<outputs {
          let firstInput = output / (outputs / groups) * groupInputs
          var sum = Double(offsets?[output] ?? 0)
          for i in 0..<kernelHeight {
            let y = row * stride.height - padding[0] + i * dilation.height
            guard 0..<height ~= y else { continue }
            for j in 0..<kernelWidth {
              let x = column * stride.width - padding[2] + j * dilation.width
              guard 0..<width ~= x else { continue }
              for input in 0..<groupInputs {
                let tap = ((output * groupInputs + input) * kernelHeight + i) * kernelWidth + j
                sum +=
                  Double(taps[tap]) * Double(source[(y * width + x) * inputs + firstInput + input])
              }
            }
          }
          result.append(Float(sum))
        }
      }
    }
    return Tensor(shape: [outHeight, outWidth, outputs], elements: result)
  }
}

extension Tensor {
  /// The first `count` parts along the first axis.
  func prefix(_ count: Int) -> Tensor {
    let part = self.count / shape[0]
    return Tensor(
      shape: [count] + shape.dropFirst(), elements: Array(elements.prefix(count * part)))
  }
}

extension [Float] {
  /// The first `count` of each row's `channels`.
  func channels(_ count: Int, of channels: Int) -> [Float] {
    indices.filter { $0 % channels < count }.map { self[$0] }
  }
}

/// Repeatable random tensors: SplitMix64, uniform in -1..<1.
struct Noise {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func tensor(_ shape: Int...) -> Tensor {
    let elements = (0..<shape.reduce(1, *)).map { _ in
      Float(Double(next() >> 40) / Double(1 << 23) - 1)
    }
    return Tensor(shape: shape, elements: elements)
  }

  mutating func integer(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.count))
  }
}

/// An activation's definition, in Double.
func reference(_ activation: Convolution2D.Activation, _ x: Float) -> Float {
  let x = Double(x)
  switch activation {
  case .none: return Float(x)
  case .relu: return Float(max(x, 0))
  case .leakyReLU(let slope): return Float(x > 0 ? x : Double(slope) * x)
  case .elu: return Float(x > 0 ? x : expm1(x))
  case .gelu: return Float(x * 0.5 * (1 + erf(x / 2.0.squareRoot())))
  }
}
