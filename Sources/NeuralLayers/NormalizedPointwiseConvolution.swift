// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// A norm and the 1×1 convolution behind it, as one product.
///
/// What the norm multiplies goes into the weights: W·((x − μ)/σ·γ + β) + b = (1/σ)·(W γ)x + (W β + b
/// − (μ/σ)·W γ 1). A global norm's μ and σ are known only after the whole signal has passed, so the
/// product is delivered raw, together with the affine that is still to come.
package struct NormalizedPointwiseConvolution: Sendable {
  private let norm: Normalization
  private let matrix: PackedMatrix
  // W β + b and W γ 1 for a global norm; the bias, complete, for the others.
  private let offset: [Float]
  private let weightSums: [Float]

  /// Elements of an output row.
  package var outputChannels: Int { matrix.columns }

  /// Whether the affine depends on the moments of the whole input.
  package var needsMoments: Bool { norm.isGlobal }

  /// Joins a norm and a convolution with `weights`, `[output, input]` row-major.
  package init(_ norm: Normalization, weights: [Float], inputChannels: Int, bias: [Float]?) {
    let outputChannels = weights.count / inputChannels
    var folded = weights
    var offset = (bias ?? [Float](repeating: 0, count: outputChannels)).map(Double.init)
    var sums = [Double](repeating: 0, count: outputChannels)
    func fold(scale: [Float], shift: [Float]) {
      for output in 0..<outputChannels {
        for input in 0..<inputChannels {
          let index = output * inputChannels + input
          offset[output] += Double(weights[index]) * Double(shift[input])
          folded[index] = weights[index] * scale[input]
          sums[output] += Double(folded[index])
        }
      }
    }
    switch norm {
    case .global(let gamma, let beta, _): fold(scale: gamma, shift: beta)
    case .affine(let scale, let shift): fold(scale: scale, shift: shift)
    case .channelwise: break
    }
    self.norm = norm
    matrix = PackedMatrix(weights: folded, depth: inputChannels, columns: outputChannels, bias: nil)
    self.offset = offset.map { Float($0) }
    weightSums = sums.map { Float($0) }
  }

  /// The product without its affine.
  ///
  /// Overwrites `x` where the norm works within rows.
  package func callAsFunction(_ x: Rows, into y: Rows) {
    norm.applyWithinRows(x)
    matrix(x, into: y)
  }

  /// What turns the product into the layer's output.
  package func affine(_ moments: Moments?) -> DeferredAffine {
    guard case .global(_, _, let epsilon) = norm else {
      return DeferredAffine(scale: 1, shift: offset)
    }
    guard let moments else { preconditionFailure("a global norm needs the signal's moments") }
    let scale = 1 / (moments.variance + Double(epsilon)).squareRoot()
    let shift = zip(offset, weightSums).map { offset, sum in
      Float(Double(offset) - scale * moments.mean * Double(sum))
    }
    return DeferredAffine(scale: Float(scale), shift: shift)
  }
}

/// y = scale · x + shift, one shift a channel: what a layer owes to its raw output.
package struct DeferredAffine: Sendable {
  package let scale: Float
  package let shift: [Float]

  /// The affine of these numbers, `shift` `[C]`.
  package init(scale: Float, shift: [Float]) {
    self.scale = scale
    self.shift = shift
  }

  /// target = base + scale · x + shift for the channels from `channel` on; no base is zero.
  package func apply(_ x: Rows, channel: Int = 0, addedTo base: Rows?, into target: Rows) {
    defer { extendLifetime((x, base, target)) }
    shift.withUnsafeBufferPointer { shift in
      guard let start = shift.baseAddress else { return }
      tessera_add_scaled(
        x.count, x.channels, base?.pointer, base?.stride ?? 0, x.pointer, x.stride, scale,
        start + channel, target.pointer, target.stride)
    }
  }
}
