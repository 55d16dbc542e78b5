// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// A convolution over a grid `[F, T, C]`, what comes before its norm, the norm, and an activation.
///
/// Without a norm it works tile by tile, so that the twice as wide signal that the gated linear unit
/// halves never exists as a whole.
struct ConvolutionBlock: Sendable {
  enum Activation {
    case none, gelu, glu
  }

  let convolution: GridConvolution
  /// With the activation in it.
  let norm: GroupNormalization?
  let activation: Activation

  /// Applies the layer to `[F, T, C in]`.
  ///
  /// - Parameter injected: What is added to the convolution, `[F', T', C]`.
  func callAsFunction(_ x: Tensor, adding injected: Tensor? = nil, _ run: Run) -> Tensor {
    let rows = convolution.outputRows(x.shape[0])
    let frames = convolution.outputFrames(x.shape[1])
    let isHalved = norm == nil && activation == .glu
    let channels = convolution.channels
    let y = run.arena.tensor(rows, frames, isHalved ? channels / 2 : channels)
    let flat = y.reshaped(rows * frames, y.shape[2])
    run.grid(rows: 0..<rows, frames: 0..<frames) { row, tile in
      let place = row * frames + tile.lowerBound..<row * frames + tile.upperBound
      let target = flat.rows(place)
      let sum = isHalved ? run.arena.tensor(tile.count, channels).rows(0..<tile.count) : target
      convolution(x, row: row, frames: tile, into: sum, arena: run.arena)
      if let injected {
        sum.add(injected.reshaped(rows * frames, channels).rows(place))
      }
      guard norm == nil else { return }
      switch activation {
      case .none: break
      case .gelu: GaussianErrorLinearUnit()(sum)
      case .glu: GatedLinearUnit()(sum, into: target)
      }
    }
    return norm.map { $0(y, arena: run.arena, parallel: run.parallel) } ?? y
  }
}
