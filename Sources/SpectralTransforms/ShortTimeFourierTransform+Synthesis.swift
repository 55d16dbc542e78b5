// SPDX-License-Identifier: Apache-2.0

extension ShortTimeFourierTransform {
  /// The synthesis of one signal whose frames arrive in groups of any size.
  ///
  /// - Throws: `SpectralTransformError.windowsLeaveGaps`.
  public func makeSynthesis() throws(SpectralTransformError) -> Synthesis {
    guard coversEverySample else {
      throw .windowsLeaveGaps(
        windowLength: configuration.windowLength, hopLength: configuration.hopLength)
    }
    return Synthesis(self)
  }

  /// A signal's synthesis so far: a value that its holder may copy.
  ///
  /// A sample comes out as soon as the last frame that covers it is in. Memory does not grow with
  /// the signal.
  public struct Synthesis: Sendable {
    private let transform: ShortTimeFourierTransform
    /// Overlapped and added frames from the padded signal's sample `start` on.
    private var sum: [Scalar]
    /// Overlapped and added squared windows, likewise.
    private var envelope: [Scalar]
    private var start = 0
    private var frames = 0
    /// The padded signal's samples that belong to the signal.
    private var kept: Range<Int>

    init(_ transform: ShortTimeFourierTransform) {
      let configuration = transform.configuration
      let padding = configuration.paddingLength
      // Where the hop is longer than a frame without its padding, finished samples may turn out to
      // be padding, and have to wait for the next frame.
      let waiting = max(0, configuration.hopLength + padding - configuration.fftLength)
      self.transform = transform
      sum = [Scalar](repeating: 0, count: configuration.fftLength + waiting)
      envelope = sum
      kept = padding..<Int.max
    }

    /// Takes the next frames, `[frames, bins, 2]`; returns the samples they complete.
    public mutating func push(_ spectrogram: [Scalar]) -> [Scalar] {
      let width = 2 * transform.configuration.bins
      let count = rows(spectrogram.count, of: width)
      let scratch = FourierScratch<Scalar>(length: transform.configuration.fftLength)
      let ready = kept.clamped(to: start..<finished(frames: frames + count)).count
      return [Scalar](unsafeUninitializedCapacity: ready) { result, initialized in
        spectrogram.withUnsafeBufferPointer { spectrogram in
          guard let source = spectrogram.baseAddress else { return }
          for frame in 0..<count {
            add(source + frame * width, binStride: 2, scratch)
            initialized += takeFinished(
              into: result.baseAddress.map { $0 + initialized }, sampleStride: 1)
          }
        }
      }
    }

    /// Ends the signal; returns the remaining samples.
    ///
    /// The whole signal then has `length` samples, or `configuration.sampleCount(frames:)` where
    /// `length` is nil. Where more than that has come out before, nothing is left to return.
    public consuming func finish(length: Int? = nil) -> [Scalar] {
      let total = length ?? transform.configuration.sampleCount(frames: frames)
      limit(to: total)
      let returned = max(0, start - transform.configuration.paddingLength)
      var rest = [Scalar](repeating: 0, count: max(0, total - returned))
      rest.withUnsafeMutableBufferPointer { rest in
        _ = takeRest(into: rest.baseAddress, sampleStride: 1)
      }
      return rest
    }

    /// Drops everything after the signal's first `count` samples.
    mutating func limit(to count: Int) {
      let padding = transform.configuration.paddingLength
      kept = padding..<(padding + count)
    }

    /// Overlaps and adds one frame.
    mutating func add(
      _ spectrum: UnsafePointer<Scalar>, binStride: Int,
      _ scratch: borrowing FourierScratch<Scalar>
    ) {
      let configuration = transform.configuration
      loadSpectrum(
        spectrum, binStride: binStride, length: configuration.fftLength, into: scratch)
      transform.plan.inverse(scratch)
      let offset = frames * configuration.hopLength - start
      sum.withUnsafeMutableBufferPointer { sum in
        envelope.withUnsafeMutableBufferPointer { envelope in
          guard let sum = sum.baseAddress, let envelope = envelope.baseAddress else { return }
          overlapAdd(
            scratch.real, transform.synthesisWindow, transform.squaredWindow,
            count: configuration.fftLength, sum: sum + offset, envelope: envelope + offset)
        }
      }
      frames += 1
    }

    /// Writes the samples that no later frame changes; returns how many.
    mutating func takeFinished(into signal: UnsafeMutablePointer<Scalar>?, sampleStride: Int) -> Int
    {
      take(until: finished(frames: frames), into: signal, sampleStride: sampleStride)
    }

    /// Writes all samples that are left; returns how many.
    mutating func takeRest(into signal: UnsafeMutablePointer<Scalar>?, sampleStride: Int) -> Int {
      take(until: end(frames: frames), into: signal, sampleStride: sampleStride)
    }

    /// The padded signal's length.
    private func end(frames: Int) -> Int {
      let configuration = transform.configuration
      return frames == 0 ? 0 : configuration.fftLength + (frames - 1) * configuration.hopLength
    }

    /// The end of the samples that are final after `frames` frames and, should the signal end here,
    /// not padding.
    private func finished(frames: Int) -> Int {
      let configuration = transform.configuration
      return max(
        0, min(frames * configuration.hopLength, end(frames: frames) - configuration.paddingLength))
    }

    private mutating func take(
      until end: Int, into signal: UnsafeMutablePointer<Scalar>?, sampleStride: Int
    ) -> Int {
      let range = kept.clamped(to: start..<end)
      let first = range.lowerBound - start
      let distance = end - start
      sum.withUnsafeMutableBufferPointer { sums in
        envelope.withUnsafeMutableBufferPointer { envelopes in
          guard let sum = sums.baseAddress, let envelope = envelopes.baseAddress else { return }
          if let signal {
            divide(
              sum + first, by: envelope + first, count: range.count, into: signal,
              sampleStride: sampleStride)
          }
          shift(sum, by: distance, count: sums.count)
          shift(envelope, by: distance, count: sums.count)
        }
      }
      start = end
      return range.count
    }
  }
}

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func overlapAdd<Scalar: FourierScalar>(
  _ frame: UnsafePointer<Scalar>, _ window: UnsafePointer<Scalar>,
  _ squaredWindow: UnsafePointer<Scalar>, count: Int, sum: UnsafeMutablePointer<Scalar>,
  envelope: UnsafeMutablePointer<Scalar>
) {
  for index in 0..<count { sum[index] += frame[index] * window[index] }
  for index in 0..<count { envelope[index] += squaredWindow[index] }
}

/// At the ends of a signal without padding a window may leave almost nothing to divide by: there
/// the quotient stays finite, as in torchlibrosa; elsewhere the floor changes nothing.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func divide<Scalar: FourierScalar>(
  _ sum: UnsafePointer<Scalar>, by envelope: UnsafePointer<Scalar>, count: Int,
  into signal: UnsafeMutablePointer<Scalar>, sampleStride: Int
) {
  let floor = Scalar(envelopeFloor)
  for index in 0..<count {
    (signal + index * sampleStride).initialize(to: sum[index] / max(envelope[index], floor))
  }
}

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func shift<Scalar: FourierScalar>(
  _ elements: UnsafeMutablePointer<Scalar>, by distance: Int, count: Int
) {
  let remaining = max(0, count - distance)
  elements.update(from: elements + (count - remaining), count: remaining)
  (elements + remaining).update(repeating: 0, count: count - remaining)
}
