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

    /// The lowest band's lower edge, and the highest one's upper edge.
    var edges: (lowHertz: Double, highHertz: Double) {
      (min(50, Double(sampleRate) / 8), min(14000, Double(sampleRate) / 2))
    }
  }

  /// The sizes.
  let configuration: Configuration
  // Doubles: a band of silence beside loud ones would tell float32's rounding, at -98 dB.
  private let transform: ShortTimeFourierTransform<Double>
  private let filterbank: MelFilterbank
  private let scale: [Float]
  private let shift: [Float]

  /// Frames that a thread takes at a time.
  private static let framesInTile = 64

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
    guard configuration.fftLength > 1 else {
      throw .lengthOutOfRange(
        field: "fftLength", value: configuration.fftLength, allowed: 2...65536)
    }
    self.configuration = configuration
    (self.scale, self.shift) = (scale, shift)
    // Ends are mirrored here, so that tiles of frames can be computed side by side.
    transform = try ShortTimeFourierTransform(
      .init(
        fftLength: configuration.fftLength, hopLength: configuration.hopLength, padding: .none))
    let (low, high) = configuration.edges
    filterbank =
      if let matrix {
        MelFilterbank(matrix: matrix.elements, bands: configuration.bands)
      } else {
        try MelFilterbank(
          .init(
            sampleRate: configuration.sampleRate, fftLength: configuration.fftLength,
            bands: configuration.bands, lowHertz: low, highHertz: high, scale: .slaney,
            normalization: .area))
      }
  }

  /// The normalised bands of a signal, `[T, bands]`; there is one frame more than whole hops.
  ///
  /// - Throws: `TaggingError.tooShort` where there is too little sound to be mirrored at its ends.
  func callAsFunction(_ signal: [Float], _ run: Run) throws(TaggingError) -> Tensor {
    let reach = configuration.fftLength / 2
    guard signal.count > reach else {
      throw .tooShort(samples: signal.count, needed: reach + 1)
    }
    let mirrored =
      (1...reach).reversed().map { Double(signal[$0]) } + signal.map { Double($0) }
      + (1...reach).map { Double(signal[signal.count - 1 - $0]) }
    let frames = transform.configuration.frameCount(samples: mirrored.count)
    let bands = configuration.bands
    let decibels = run.arena.tensor(frames, bands)
    run.tiles(0..<frames, of: Self.framesInTile) { tile, _ in
      let first = tile.lowerBound * configuration.hopLength
      let count = (tile.count - 1) * configuration.hopLength + configuration.fftLength
      let powers = powers(of: Array(mirrored[first..<first + count]))
      var sums = filterbank(powers)
      MelSpectrogram.Compression.decibels(floor: 1e-10).apply(to: &sums)
      (decibels.pointer + tile.lowerBound * bands).update(from: sums, count: sums.count)
    }
    run.trace?("logmel", decibels)
    for frame in 0..<frames {
      for band in 0..<bands {
        let index = frame * bands + band
        decibels.pointer[index] = decibels.pointer[index] * scale[band] + shift[band]
      }
    }
    run.trace?("bn0", decibels)
    return decibels
  }

  /// Power spectra of all whole frames, `[T, bins]`.
  private func powers(of signal: [Double]) -> [Float] {
    guard let spectra = try? transform.forward(signal) else {
      preconditionFailure("frames without mirrored ends")
    }
    return (0..<spectra.count / 2).map { index in
      let (real, imaginary) = (spectra[2 * index], spectra[2 * index + 1])
      return Float(real * real + imaginary * imaginary)
    }
  }
}
