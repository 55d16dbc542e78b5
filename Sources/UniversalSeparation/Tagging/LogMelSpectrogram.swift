// SPDX-License-Identifier: Apache-2.0
internal import SpectralTransforms
internal import Tensors

/// What PANNs' taggers and HTS-AT hear: power spectra in mel bands, in decibels, each band brought to mean 0
/// and deviation 1 of the training's recordings.
struct LogMelSpectrogram: Sendable {
  /// The sizes; only the bands and the transform's length can be told from a checkpoint.
  struct Configuration: Codable, Sendable, Hashable {
    /// Samples a second.
    var sampleRate: Int
    /// Points of the Fourier transform, and samples of its window.
    var fftLength: Int
    /// Samples from one frame to the next.
    var hopLength: Int
    /// Mel bands.
    var bands: Int

    /// The front end whose transform has so many points: publishers keep window, hop and rate in proportion
    /// (1024, 320 and 32 kHz; 512, 160 and 16 kHz; 256, 80 and 8 kHz).
    init(fftLength: Int, bands: Int) {
      self.fftLength = fftLength
      self.bands = bands
      sampleRate = fftLength * 125 / 4
      hopLength = max(1, fftLength * 5 / 16)
    }

    /// Frames of a signal.
    func frameCount(samples: Int) -> Int { 1 + samples / hopLength }

    /// The lowest band's lower edge, and the highest one's upper edge.
    var edges: (lowHertz: Double, highHertz: Double) {
      (min(50, Double(sampleRate) / 8), min(14000, Double(sampleRate) / 2))
    }
  }

  /// The sizes.
  let configuration: Configuration
  private let spectrogram: MelSpectrogram
  private let scale: [Float]
  private let shift: [Float]

  /// A front end.
  ///
  /// - Parameters:
  ///   - bands: The checkpoint's matrix, `[bins, bands]`; `nil`: the bands it was made from.
  ///   - scale: Each band's factor behind the logarithm, `[bands]`.
  ///   - shift: And its summand.
  /// - Throws: `SpectralTransformError` for sizes that make no front end.
  init(
    _ configuration: Configuration, bands matrix: Tensor?, scale: [Float], shift: [Float]
  ) throws(SpectralTransformError) {
    self.configuration = configuration
    (self.scale, self.shift) = (scale, shift)
    let (low, high) = configuration.edges
    let filterbank =
      if let matrix {
        MelFilterbank(matrix: matrix.elements, bands: configuration.bands)
      } else {
        try MelFilterbank(
          .init(
            sampleRate: configuration.sampleRate, fftLength: configuration.fftLength,
            bands: configuration.bands, lowHertz: low, highHertz: high, scale: .slaney,
            normalization: .area))
      }
    spectrogram = try MelSpectrogram(
      transform: .init(fftLength: configuration.fftLength, hopLength: configuration.hopLength),
      filterbank: filterbank, quantity: .power, compression: .decibels(floor: 1e-10))
  }

  /// The normalised bands of a signal, `[T, bands]`; there is one frame more than whole hops.
  ///
  /// - Throws: `TaggingError.tooShort` where there is too little sound to be mirrored at its ends.
  func callAsFunction(_ signal: [Float], _ run: Run) throws(TaggingError) -> Tensor {
    let decibels: [Float]
    do {
      decibels = try spectrogram(signal)
    } catch {
      throw .tooShort(samples: signal.count, needed: configuration.fftLength / 2 + 1)
    }
    let bands = configuration.bands
    let frames = decibels.count / bands
    let y = Tensor(shape: [frames, bands], elements: decibels)
    run.trace?("logmel", y)
    let normal = run.arena.tensor(frames, bands)
    defer { extendLifetime(normal) }
    let target = normal.pointer
    for frame in 0..<frames {
      for band in 0..<bands {
        let index = frame * bands + band
        target[index] = decibels[index] * scale[band] + shift[band]
      }
    }
    run.trace?("bn0", normal)
    return normal
  }
}
