// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// The front end of taggers and of mel distances: signal, spectrogram, mel bands, logarithm.
public struct MelSpectrogram: Sendable {
  /// What is summed in each band.
  public enum Quantity: String, Codable, Sendable, CaseIterable {
    /// `|X|`
    case magnitude
    /// `|X|²`
    case power
  }

  /// What becomes of each band's sum.
  public enum Compression: Codable, Sendable, Hashable {
    /// Nothing.
    case none
    /// `ln(max(m, floor))`
    case naturalLogarithm(floor: Float)
    /// `10 log10(max(m, floor) / reference)`, and where there is a `range` at least the clip's
    /// maximum less `range`, as in torchlibrosa (`amin`, `ref`, `top_db`).
    case decibels(floor: Float, reference: Float = 1, range: Float? = nil)
  }

  /// What a front end is made from.
  public struct Configuration: Codable, Sendable, Hashable {
    /// The spectrogram.
    public var transform: ShortTimeFourierConfiguration
    /// The bands, of the transform's `fftLength`.
    public var filterbank: MelFilterbank.Configuration
    /// What is summed in each band.
    public var quantity: Quantity
    /// What becomes of the sums.
    public var compression: Compression

    /// Makes a description; `MelSpectrogram` checks it.
    public init(
      transform: ShortTimeFourierConfiguration, filterbank: MelFilterbank.Configuration,
      quantity: Quantity, compression: Compression
    ) {
      self.transform = transform
      self.filterbank = filterbank
      self.quantity = quantity
      self.compression = compression
    }
  }

  /// The spectrogram's part.
  public let transform: ShortTimeFourierTransform<Float>
  /// The bands.
  public let filterbank: MelFilterbank
  private let quantity: Quantity
  private let compression: Compression

  /// A front end as `configuration` describes it.
  ///
  /// - Throws: what `ShortTimeFourierTransform` and `MelFilterbank` throw.
  public init(_ configuration: Configuration) throws(SpectralTransformError) {
    try self.init(
      transform: configuration.transform, filterbank: MelFilterbank(configuration.filterbank),
      quantity: configuration.quantity, compression: configuration.compression)
  }

  /// A front end over bands that were made elsewhere, such as a checkpoint's.
  ///
  /// - Throws: `SpectralTransformError.lengthOutOfRange` where the bands are not for spectra of this
  ///   transform, or what `ShortTimeFourierTransform` throws.
  public init(
    transform: ShortTimeFourierConfiguration, filterbank: MelFilterbank, quantity: Quantity,
    compression: Compression
  ) throws(SpectralTransformError) {
    try SpectralTransformError.check(
      "the mel filterbank's bins", filterbank.bins, in: transform.bins...transform.bins)
    self.transform = try ShortTimeFourierTransform(transform)
    self.filterbank = filterbank
    self.quantity = quantity
    self.compression = compression
  }

  /// The mel spectrogram of `signal`, `[frames, bands]`.
  ///
  /// - Throws: `SpectralTransformError.tooShortForReflection`.
  public func callAsFunction(_ signal: [Float]) throws(SpectralTransformError) -> [Float] {
    let spectrogram = try transform.forward(signal)
    var sums = filterbank(quantity.of(spectrogram))
    compression.apply(to: &sums)
    return sums
  }
}

extension MelSpectrogram.Quantity {
  /// The quantity of each complex element, `[…, 2]` to `[…]`.
  public func of(_ spectra: [Float]) -> [Float] {
    (0..<(spectra.count / 2)).map { index in
      let real = spectra[2 * index]
      let imaginary = spectra[2 * index + 1]
      let power = real * real + imaginary * imaginary
      return self == .power ? power : power.squareRoot()
    }
  }
}

extension MelSpectrogram.Compression {
  /// Compresses a clip's sums.
  package func apply(to sums: inout [Float]) {
    switch self {
    case .none: break
    case .naturalLogarithm(let floor):
      for index in sums.indices { sums[index] = log(max(sums[index], floor)) }
    case .decibels(let floor, let reference, let range):
      let offset = 10 * log10(max(reference, floor))
      for index in sums.indices { sums[index] = 10 * log10(max(sums[index], floor)) - offset }
      guard let range, let loudest = sums.max() else { return }
      for index in sums.indices { sums[index] = max(sums[index], loudest - range) }
    }
  }
}
