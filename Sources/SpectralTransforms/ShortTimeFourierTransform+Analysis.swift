// SPDX-License-Identifier: Apache-2.0

extension ShortTimeFourierTransform {
  /// The analysis of one signal that arrives in pieces of any size.
  public func makeAnalysis() -> Analysis { Analysis(self) }

  /// A signal's analysis so far: a value that its holder may copy.
  ///
  /// A frame comes out as soon as its last sample is in; frames that reach past the end come out
  /// when it is known. Memory does not grow with the signal.
  public struct Analysis: Sendable {
    private let transform: ShortTimeFourierTransform
    /// The padded signal from its sample `pendingStart` on.
    private var pending: [Scalar]
    private var pendingStart = 0
    private var received = 0
    private var nextFrame = 0
    /// Whether the reflection at the beginning still waits for its samples.
    private var lacksBeginning: Bool

    init(_ transform: ShortTimeFourierTransform) {
      let padding = transform.configuration.paddingLength
      self.transform = transform
      lacksBeginning = padding > 0 && transform.configuration.edge == .reflect
      pending = lacksBeginning ? [] : [Scalar](repeating: 0, count: padding)
    }

    /// Takes the next samples; returns the frames they complete, `[frames, bins, 2]`.
    public mutating func push(_ samples: [Scalar]) -> [Scalar] {
      append(samples)
      return takeReadyFrames()
    }

    /// Ends the signal; returns the remaining frames, `[frames, bins, 2]`.
    ///
    /// - Throws: `SpectralTransformError.tooShortForReflection`.
    public consuming func finish() throws(SpectralTransformError) -> [Scalar] {
      try close()
      return takeReadyFrames()
    }

    mutating func append(_ samples: [Scalar]) {
      samples.withUnsafeBufferPointer { samples in
        guard let base = samples.baseAddress else { return }
        append(base, count: samples.count, stride: 1)
      }
    }

    mutating func append(_ samples: UnsafePointer<Scalar>, count: Int, stride: Int) {
      appendStrided(samples, count: count, stride: stride, to: &pending)
      received += count
      let padding = transform.configuration.paddingLength
      guard lacksBeginning, received > padding else { return }
      pending.insert(contentsOf: pending[1...padding].reversed(), at: 0)
      lacksBeginning = false
    }

    /// Pads the end.
    mutating func close() throws(SpectralTransformError) {
      let padding = transform.configuration.paddingLength
      guard !lacksBeginning else {
        throw .tooShortForReflection(samples: received, needed: padding + 1)
      }
      switch transform.configuration.edge {
      case .reflect: pending += pending.suffix(padding + 1).prefix(padding).reversed()
      case .constant: pending += repeatElement(0, count: padding)
      }
    }

    var readyFrames: Int {
      let next = nextFrame * transform.configuration.hopLength - pendingStart
      let spare = pending.count - next - transform.configuration.fftLength
      return lacksBeginning || spare < 0 ? 0 : 1 + spare / transform.configuration.hopLength
    }

    mutating func takeReadyFrames() -> [Scalar] {
      let width = 2 * transform.configuration.bins
      let count = readyFrames * width
      return [Scalar](unsafeUninitializedCapacity: count) { result, initialized in
        if let base = result.baseAddress, count > 0 {
          takeReadyFrames(into: base, frameStride: width, binStride: 2)
        }
        initialized = count
      }
    }

    /// Writes all frames that are ready and forgets the samples that no later frame needs.
    mutating func takeReadyFrames(
      into spectrogram: UnsafeMutablePointer<Scalar>, frameStride: Int, binStride: Int
    ) {
      let configuration = transform.configuration
      let count = readyFrames
      guard count > 0 else { return }
      let first = nextFrame * configuration.hopLength - pendingStart
      let scratch = FourierScratch<Scalar>(length: configuration.fftLength)
      pending.withUnsafeBufferPointer { pending in
        guard let base = pending.baseAddress else { return }
        for frame in 0..<count {
          multiply(
            base + first + frame * configuration.hopLength, transform.analysisWindow,
            count: configuration.fftLength, into: scratch.real)
          transform.plan.forward(scratch)
          storeSpectrum(
            scratch, bins: configuration.bins, into: spectrogram + frame * frameStride,
            binStride: binStride)
        }
      }
      nextFrame += count
      // The reflection at the end will need one sample more than it adds.
      let needed = configuration.paddingLength + 1
      let unused = min(
        nextFrame * configuration.hopLength - pendingStart, pending.count - needed)
      if unused > 0 {
        pending.removeFirst(unused)
        pendingStart += unused
      }
    }
  }
}

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func appendStrided<Scalar: FourierScalar>(
  _ samples: UnsafePointer<Scalar>, count: Int, stride: Int, to pending: inout [Scalar]
) {
  if stride == 1 {
    pending.append(contentsOf: UnsafeBufferPointer(start: samples, count: count))
  } else {
    pending.reserveCapacity(pending.count + count)
    for index in 0..<count { pending.append(samples[index * stride]) }
  }
}

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func multiply<Scalar: FourierScalar>(
  _ samples: UnsafePointer<Scalar>, _ window: UnsafePointer<Scalar>, count: Int,
  into result: UnsafeMutablePointer<Scalar>
) {
  for index in 0..<count { result[index] = samples[index] * window[index] }
}

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func storeSpectrum<Scalar: FourierScalar>(
  _ scratch: borrowing FourierScratch<Scalar>, bins: Int,
  into spectrum: UnsafeMutablePointer<Scalar>, binStride: Int
) {
  let source = scratch.spectrum
  for bin in 0..<bins {
    (spectrum + bin * binStride).initialize(to: source[2 * bin])
    (spectrum + bin * binStride + 1).initialize(to: source[2 * bin + 1])
  }
}
