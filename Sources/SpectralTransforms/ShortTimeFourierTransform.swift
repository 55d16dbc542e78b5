// SPDX-License-Identifier: Apache-2.0

/// Signals to spectrograms and back.
///
/// Spectrograms are `[frames, bins, 2]`, (real, imaginary) innermost, with
/// `X[t, k] = Σ w[n] x[t·hop + n - padding] exp(-j2πkn/fftLength)`. The inverse overlaps and adds
/// windowed frames and divides by the overlapped and added squared window.
///
/// One value may be used from several threads at once. The streaming forms, `makeAnalysis` and
/// `makeSynthesis`, give the same bits as the offline ones however a signal is cut. Frames are
/// computed one after the other: channels are what callers run side by side.
public struct ShortTimeFourierTransform<Scalar: FourierScalar>: Sendable {
  /// The conventions.
  public typealias Configuration = ShortTimeFourierConfiguration

  /// The conventions.
  public let configuration: Configuration
  let plan: FourierPlan<Scalar>
  /// The window with the normalization in it.
  let analysisWindow: [Scalar]
  /// The window with the normalization and the plan's missing 1/length in it.
  let synthesisWindow: [Scalar]
  let squaredWindow: [Scalar]
  /// Whether shifted windows leave no gaps, so that there is an inverse.
  let coversEverySample: Bool

  /// A transform as `configuration` describes it.
  ///
  /// - Throws: `SpectralTransformError.lengthOutOfRange`.
  public init(_ configuration: Configuration) throws(SpectralTransformError) {
    try configuration.check()
    self.configuration = configuration
    let length = configuration.fftLength
    plan = Scalar.fourierPlan(length: length)
    let window = configuration.window.samples(configuration.windowLength, centeredIn: length)
    let scale = configuration.normalized ? 1 / Double(length).squareRoot() : 1
    analysisWindow = window.map { Scalar($0 * scale) }
    synthesisWindow = window.map { Scalar($0 / (scale * Double(length))) }
    squaredWindow = window.map { Scalar($0 * $0) }
    coversEverySample = (0..<configuration.hopLength).allSatisfy { start in
      stride(from: start, to: length, by: configuration.hopLength)
        .reduce(0) { $0 + window[$1] * window[$1] } > envelopeFloor
    }
  }

  /// The spectrogram of `signal`, `[frames, bins, 2]`.
  ///
  /// - Throws: `SpectralTransformError.tooShortForReflection`.
  public func forward(_ signal: [Scalar]) throws(SpectralTransformError) -> [Scalar] {
    var analysis = makeAnalysis()
    analysis.append(signal)
    try analysis.close()
    return analysis.takeReadyFrames()
  }

  /// The spectrogram of a strided signal, written with strides, all in scalars.
  ///
  /// Bin k of frame t has its real part at `t · frameStride + k · binStride` and its imaginary part
  /// one further: one channel of an interleaved signal goes straight to its place in a
  /// channels-last tensor.
  /// There must be room for `configuration.frameCount(samples: count)` frames.
  package func forward(
    _ signal: UnsafePointer<Scalar>, count: Int, sampleStride: Int = 1,
    into spectrogram: UnsafeMutablePointer<Scalar>, frameStride: Int, binStride: Int
  ) throws(SpectralTransformError) {
    var analysis = makeAnalysis()
    analysis.append(signal, count: count, stride: sampleStride)
    try analysis.close()
    analysis.takeReadyFrames(into: spectrogram, frameStride: frameStride, binStride: binStride)
  }

  /// The signal of `spectrogram`, `[frames, bins, 2]`.
  ///
  /// Without a `length` there are `configuration.sampleCount(frames:)` samples. With one, samples
  /// after the padding's beginning are real where frames cover them, and zero after that. Imaginary
  /// parts that a real signal cannot have (bin 0; the last bin of even lengths) are ignored.
  ///
  /// - Throws: `SpectralTransformError.windowsLeaveGaps`.
  public func inverse(
    _ spectrogram: [Scalar], length: Int? = nil
  ) throws(SpectralTransformError) -> [Scalar] {
    let width = 2 * configuration.bins
    let frames = rows(spectrogram.count, of: width)
    var signal = [Scalar](
      repeating: 0, count: length ?? configuration.sampleCount(frames: frames))
    let count = signal.count
    try spectrogram.withUnsafeBufferPointer { source throws(SpectralTransformError) in
      try signal.withUnsafeMutableBufferPointer { target throws(SpectralTransformError) in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        try inverse(
          source, frames: frames, frameStride: width, binStride: 2, into: target, count: count)
      }
    }
    return signal
  }

  /// The signal of a strided spectrogram (see `forward`), `count` samples written `sampleStride`
  /// apart; samples that no frame covers are zero.
  package func inverse(
    _ spectrogram: UnsafePointer<Scalar>, frames: Int, frameStride: Int, binStride: Int,
    into signal: UnsafeMutablePointer<Scalar>, count: Int, sampleStride: Int = 1
  ) throws(SpectralTransformError) {
    var synthesis = try makeSynthesis()
    synthesis.limit(to: count)
    let scratch = FourierScratch<Scalar>(length: configuration.fftLength)
    var written = 0
    for frame in 0..<frames {
      synthesis.add(spectrogram + frame * frameStride, binStride: binStride, scratch)
      written += synthesis.takeFinished(
        into: signal + written * sampleStride, sampleStride: sampleStride)
    }
    written += synthesis.takeRest(into: signal + written * sampleStride, sampleStride: sampleStride)
    for index in written..<count { signal[index * sampleStride] = 0 }
  }
}

/// The least overlapped and added squared window that a sample is divided by.
let envelopeFloor = 1e-11
