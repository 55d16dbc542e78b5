// SPDX-License-Identifier: Apache-2.0
internal import CFFTW

/// The number types that FFTW transforms: `Float` for signals and models, `Double` for metrics.
public protocol FourierScalar: BinaryFloatingPoint & Sendable {
  /// The plan for real transforms of `length` points, made at the first call and then shared.
  static func fourierPlan(length: Int) -> FourierPlan<Self>
}

/// How to compute one real transform of a fixed length in both directions.
///
/// A plan is only ever made for single rows: a batch plan may order its additions differently, and
/// then a frame's numbers would depend on how many frames came with it.
///
/// SAFETY: the pointers are FFTW plans. They are made under the cache's lock, never changed or
/// destroyed afterwards, and executing a plan is thread-safe on arrays that the caller owns.
public final class FourierPlan<Scalar: FourierScalar>: Sendable {
  private let execute: Execute
  nonisolated(unsafe) private let forwardPlan: OpaquePointer
  nonisolated(unsafe) private let inversePlan: OpaquePointer

  /// The two new-array calls of one precision.
  fileprivate struct Execute: Sendable {
    let forward: @Sendable (OpaquePointer, UnsafeMutablePointer<Scalar>, Complex) -> Void
    let inverse: @Sendable (OpaquePointer, Complex, UnsafeMutablePointer<Scalar>) -> Void
  }

  fileprivate typealias Complex = UnsafeMutableRawPointer

  fileprivate init(
    length: Int, execute: Execute,
    make: (UnsafeMutablePointer<Scalar>, Complex) -> (
      forward: OpaquePointer?, inverse: OpaquePointer?
    )
  ) {
    let scratch = FourierScratch<Scalar>(length: length)
    let plans = make(scratch.real, Complex(scratch.spectrum))
    guard let forward = plans.forward, let inverse = plans.inverse else {
      fatalError("FFTW has no plan for a real transform of \(length) points")
    }
    self.execute = execute
    forwardPlan = forward
    inversePlan = inverse
  }

  /// Unscaled: `spectrum[k] = Σ real[n] exp(-j2πkn/length)`.
  func forward(_ scratch: borrowing FourierScratch<Scalar>) {
    execute.forward(forwardPlan, scratch.real, Complex(scratch.spectrum))
  }

  /// Unscaled, that is `length` times the inverse; overwrites the spectrum.
  ///
  /// The imaginary parts of bin 0 and, for even lengths, of the last bin must be zero.
  func inverse(_ scratch: borrowing FourierScratch<Scalar>) {
    execute.inverse(inversePlan, Complex(scratch.spectrum), scratch.real)
  }
}

/// One row's working memory, aligned as the plans expect so that FFTW may use SIMD.
struct FourierScratch<Scalar: FourierScalar>: ~Copyable {
  /// `length` samples.
  let real: UnsafeMutablePointer<Scalar>
  /// `length / 2 + 1` pairs (real, imaginary).
  let spectrum: UnsafeMutablePointer<Scalar>

  init(length: Int) {
    func allocate(_ count: Int) -> UnsafeMutablePointer<Scalar> {
      UnsafeMutableRawPointer.allocate(
        byteCount: count * MemoryLayout<Scalar>.stride, alignment: 64
      ).bindMemory(to: Scalar.self, capacity: count)
    }
    real = allocate(length)
    spectrum = allocate(2 * (length / 2 + 1))
  }

  deinit {
    UnsafeMutableRawPointer(real).deallocate()
    UnsafeMutableRawPointer(spectrum).deallocate()
  }
}

extension Float: FourierScalar {
  private static let cache = PlanCache<Float>()

  /// The single-precision plan.
  public static func fourierPlan(length: Int) -> FourierPlan<Float> {
    cache.plan(length) {
      FourierPlan(
        length: length,
        execute: .init(
          forward: {
            fftwf_execute_dft_r2c($0, $1, $2.assumingMemoryBound(to: fftwf_complex.self))
          },
          inverse: { fftwf_execute_dft_c2r($0, $1.assumingMemoryBound(to: fftwf_complex.self), $2) }
        )
      ) { real, spectrum in
        let complex = spectrum.assumingMemoryBound(to: fftwf_complex.self)
        return (
          fftwf_plan_dft_r2c_1d(Int32(length), real, complex, UInt32(FFTW_ESTIMATE)),
          fftwf_plan_dft_c2r_1d(Int32(length), complex, real, UInt32(FFTW_ESTIMATE))
        )
      }
    }
  }
}

extension Double: FourierScalar {
  private static let cache = PlanCache<Double>()

  /// The double-precision plan.
  public static func fourierPlan(length: Int) -> FourierPlan<Double> {
    cache.plan(length) {
      FourierPlan(
        length: length,
        execute: .init(
          forward: { fftw_execute_dft_r2c($0, $1, $2.assumingMemoryBound(to: fftw_complex.self)) },
          inverse: { fftw_execute_dft_c2r($0, $1.assumingMemoryBound(to: fftw_complex.self), $2) }
        )
      ) { real, spectrum in
        let complex = spectrum.assumingMemoryBound(to: fftw_complex.self)
        return (
          fftw_plan_dft_r2c_1d(Int32(length), real, complex, UInt32(FFTW_ESTIMATE)),
          fftw_plan_dft_c2r_1d(Int32(length), complex, real, UInt32(FFTW_ESTIMATE))
        )
      }
    }
  }
}
