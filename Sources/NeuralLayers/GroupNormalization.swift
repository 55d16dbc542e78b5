// SPDX-License-Identifier: Apache-2.0
internal import CKernels
public import Tensors

/// Normalises groups of channels to mean 0 and variance 1 over all other axes, then scales and shifts
/// each channel (as `torch.nn.GroupNorm`), and optionally activates the result.
///
/// Input `[…, C]`, output `[…, C]`, with `.glu` `[…, C / 2]`. The variance is the biased one. Sums are
/// taken in double; the input is read twice and the output written once.
public struct GroupNormalization: Sendable {
  /// What follows the normalisation, in the same pass.
  public enum Activation: Sendable, Hashable {
    /// Nothing.
    case none
    /// x · Φ(x), with the error function.
    case gelu
    /// The first half of the channels times the sigmoid of the second half.
    case glu
  }

  private let groups: Int
  private let weight: [Float]
  private let bias: [Float]
  private let epsilon: Double
  private let activation: Activation

  /// A layer for as many channels as `weight` and `bias` have, `[C]` each, in `groups` equal parts.
  ///
  /// - Parameter epsilon: added to the variance.
  public init(
    groups: Int, weight: Tensor, bias: Tensor, epsilon: Double = 1e-5,
    activation: Activation = .none
  ) {
    let channels = weight.count
    precondition(
      weight.shape == [channels] && bias.shape == [channels],
      "weight and bias of one length, not \(weight.shape) and \(bias.shape)")
    precondition(
      groups > 0 && channels % groups == 0, "\(channels) channels don't make \(groups) groups")
    precondition(activation != .glu || channels % 2 == 0, "\(channels) channels have no halves")
    self.groups = groups
    self.weight = weight.elements
    self.bias = bias.elements
    self.epsilon = epsilon
    self.activation = activation
  }

  /// Applies the layer to `[…, C]`.
  public func callAsFunction(_ x: Tensor, arena: Arena, parallel: Parallel) -> Tensor {
    let blocks = RowBlocks(x)
    let channels = weight.count
    precondition(
      blocks.channels == channels, "an input of \(channels) channels, not \(blocks.channels)")
    let factors = arena.tensor(2, channels)
    defer { extendLifetime((x, factors)) }
    setFactors(factors.pointer, sums: sums(x, blocks, parallel), rows: blocks.rows)
    let outChannels = activation == .glu ? channels / 2 : channels
    let y = arena.tensor(shape: x.shape.dropLast() + [outChannels])
    let kernel =
      switch activation {
      case .none: tessera_scale_shift
      case .gelu: tessera_scale_shift_gelu
      case .glu: tessera_scale_shift_glu
      }
    parallel.forEach(blocks.count) { index, _ in
      let rows = blocks[index]
      kernel(
        x.pointer + rows.lowerBound * channels, rows.count, channels, factors.pointer,
        factors.pointer + channels, y.pointer + rows.lowerBound * outChannels)
    }
    return y
  }

  /// Each group's sum and sum of squares, one after the other.
  private func sums(_ x: Tensor, _ blocks: RowBlocks, _ parallel: Parallel) -> [Double] {
    defer { extendLifetime(x) }
    let length = 2 * groups
    let partial = [Double](unsafeUninitializedCapacity: blocks.count * length) { buffer, count in
      // SAFETY: every block writes its own part of the buffer, and all have ended when forEach has.
      nonisolated(unsafe) let base = buffer.baseAddress
      parallel.forEach(blocks.count) { index, _ in
        let rows = blocks[index]
        tessera_group_sums(
          x.pointer + rows.lowerBound * blocks.channels, rows.count, blocks.channels, groups,
          base.map { $0 + index * length })
      }
      count = blocks.count * length
    }
    var result = [Double](repeating: 0, count: length)
    for index in partial.indices { result[index % length] += partial[index] }
    return result
  }

  /// Writes what each channel is multiplied by, then what is added to it.
  private func setFactors(_ factors: UnsafeMutablePointer<Float>, sums: [Double], rows: Int) {
    let channels = weight.count
    let size = Double(max(rows * (channels / groups), 1))
    for channel in 0..<channels {
      let group = channel / (channels / groups)
      let mean = sums[2 * group] / size
      let variance = max(sums[2 * group + 1] / size - mean * mean, 0)
      let scale = Double(weight[channel]) / (variance + epsilon).squareRoot()
      factors[channel] = Float(scale)
      factors[channels + channel] = Float(Double(bias[channel]) - mean * scale)
    }
  }
}
