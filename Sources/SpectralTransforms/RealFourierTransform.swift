// SPDX-License-Identifier: Apache-2.0

/// The discrete Fourier transform of real rows of one length, any length.
///
/// Spectra are one-sided and interleaved, `[rows, bins, 2]` with (real, imaginary) innermost and
/// `bins = length / 2 + 1`; the sign convention is `X[k] = Σ x[n] exp(-j2πkn/length)`. One value may
/// be used from several threads at once. A row's numbers do not depend on the rows beside it.
public struct RealFourierTransform<Scalar: FourierScalar>: Sendable {
  /// How many samples a row has.
  public let length: Int
  private let plan: FourierPlan<Scalar>

  /// A transform of `length` points, at least 1.
  public init(length: Int) {
    precondition((1...longestTransform).contains(length), "a transform of \(length) points")
    self.length = length
    plan = Scalar.fourierPlan(length: length)
  }

  /// How many bins a row's spectrum has.
  public var bins: Int { length / 2 + 1 }

  /// The spectra of `samples`, `[rows, length]` to `[rows, bins, 2]`, unscaled.
  public func forward(_ samples: [Scalar]) -> [Scalar] {
    let count = rows(samples.count, of: length)
    let width = 2 * bins
    return [Scalar](unsafeUninitializedCapacity: count * width) { result, initialized in
      let scratch = FourierScratch<Scalar>(length: length)
      samples.withUnsafeBufferPointer { samples in
        guard let source = samples.baseAddress, let target = result.baseAddress else { return }
        for row in 0..<count {
          scratch.real.update(from: source + row * length, count: length)
          plan.forward(scratch)
          (target + row * width).initialize(from: scratch.spectrum, count: width)
        }
      }
      initialized = count * width
    }
  }

  /// The rows of `spectra`, `[rows, bins, 2]` to `[rows, length]`, scaled by 1/length.
  ///
  /// It is the inverse of `forward`. The imaginary parts of bin 0 and, for even lengths, of the last
  /// bin are ignored.
  public func inverse(_ spectra: [Scalar]) -> [Scalar] {
    let width = 2 * bins
    let count = rows(spectra.count, of: width)
    let scale = 1 / Scalar(length)
    return [Scalar](unsafeUninitializedCapacity: count * length) { result, initialized in
      let scratch = FourierScratch<Scalar>(length: length)
      spectra.withUnsafeBufferPointer { spectra in
        guard let source = spectra.baseAddress, let target = result.baseAddress else { return }
        for row in 0..<count {
          loadSpectrum(source + row * width, binStride: 2, length: length, into: scratch)
          plan.inverse(scratch)
          storeScaled(scratch.real, by: scale, count: length, into: target + row * length)
        }
      }
      initialized = count * length
    }
  }
}

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func storeScaled<Scalar: FourierScalar>(
  _ source: UnsafePointer<Scalar>, by scale: Scalar, count: Int,
  into target: UnsafeMutablePointer<Scalar>
) {
  for index in 0..<count { (target + index).initialize(to: source[index] * scale) }
}

/// Gathers one spectrum, whose bins lie `binStride` scalars apart, without the imaginary parts that
/// a real signal cannot have (networks do predict them).
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func loadSpectrum<Scalar: FourierScalar>(
  _ spectrum: UnsafePointer<Scalar>, binStride: Int, length: Int,
  into scratch: borrowing FourierScratch<Scalar>
) {
  let target = scratch.spectrum
  let last = length / 2
  for bin in 0...last {
    target[2 * bin] = spectrum[bin * binStride]
    target[2 * bin + 1] = spectrum[bin * binStride + 1]
  }
  target[1] = 0
  if length % 2 == 0 { target[2 * last + 1] = 0 }
}
