// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import SpectralTransforms
internal import Tensors

/// What is around the U-Net: spectra of a signal, the magnitudes that the network hears, and masks of
/// magnitude and phase back to samples.
struct MaskedSpectrum: Sendable {
  private let transform: ShortTimeFourierTransform<Float>
  /// The norm over each bin's magnitudes.
  private let scale: [Float]
  private let shift: [Float]

  init(
    _ configuration: ResUNet30Configuration, scale: [Float], shift: [Float]
  ) throws(SpectralTransformError) {
    transform = try ShortTimeFourierTransform(
      .init(fftLength: configuration.fftLength, hopLength: configuration.hopLength))
    (self.scale, self.shift) = (scale, shift)
  }

  private var bins: Int { transform.configuration.bins }

  /// The spectra, `[frames, bins, 2]`.
  ///
  /// - Throws: `SpectralTransformError.tooShortForReflection` for half a transform and less.
  func analysis(_ signal: [Float], _ run: Run) throws(SpectralTransformError) -> Tensor {
    let frames = transform.configuration.frameCount(samples: signal.count)
    let spectra = run.arena.tensor(frames, bins, 2)
    defer { extendLifetime(spectra) }
    try signal.withUnsafeBufferPointer { signal throws(SpectralTransformError) in
      guard let base = signal.baseAddress else { return }
      try transform.forward(
        base, count: signal.count, into: spectra.pointer, frameStride: 2 * bins, binStride: 2)
    }
    return spectra
  }

  /// Normalised magnitudes, `[frames, bins - 1, 1]` without the last bin, followed by frames of zeros up to
  /// a multiple of what the network halves.
  func magnitudes(_ spectra: Tensor, _ run: Run) -> Tensor {
    defer { extendLifetime(spectra) }
    let frames = spectra.shape[0]
    let multiple = ResUNet30Configuration.frameMultiple
    let padded = (frames + multiple - 1) / multiple * multiple
    let width = bins - 1
    let result = run.arena.tensor(padded, width, 1)
    run.tiles(0..<padded, of: 16) { tile, _ in
      for frame in tile {
        let target = result.pointer + frame * width
        if frame < frames {
          SpectralMask.magnitudes(
            spectra.pointer + frame * 2 * bins, bins: width, scale: scale, shift: shift,
            into: target)
        } else {
          target.update(repeating: 0, count: width)
        }
      }
    }
    return result
  }

  /// The signal that is left of spectra behind a mask.
  ///
  /// - Parameter logits: `[frames or more, bins - 1, 3]`: magnitude, and the phase's two parts. The last bin
  ///   is silenced.
  func masked(_ spectra: Tensor, by logits: Tensor, samples: Int, _ run: Run) -> [Float] {
    defer { extendLifetime((spectra, logits)) }
    let (frames, width) = (spectra.shape[0], bins - 1)
    let result = run.arena.tensor(frames, bins, 2)
    defer { extendLifetime(result) }
    run.tiles(0..<frames, of: 16) { tile, _ in
      for frame in tile {
        let target = result.pointer + frame * 2 * bins
        SpectralMask.apply(
          logits.pointer + frame * 3 * width, to: spectra.pointer + frame * 2 * bins, bins: width,
          into: target)
        (target[2 * width], target[2 * width + 1]) = (0, 0)
      }
    }
    return [Float](unsafeUninitializedCapacity: samples) { buffer, count in
      count = samples
      guard let target = buffer.baseAddress else { return }
      do {
        try transform.inverse(
          result.pointer, frames: frames, frameStride: 2 * bins, binStride: 2, into: target,
          count: samples)
      } catch {
        preconditionFailure("a transform whose windows overlap: \(error)")
      }
    }
  }
}
