// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// Triangular bands, evenly spaced on a mel scale, that sum a spectrum's bins.
public struct MelFilterbank: Sendable {
  /// What a filterbank is made from.
  public struct Configuration: Codable, Sendable, Hashable {
    /// How hertz become mels.
    public enum Scale: String, Codable, Sendable, CaseIterable {
      /// Linear below 1 kHz, logarithmic above: librosa's default.
      case slaney
      /// `2595 log10(1 + f / 700)`: torchaudio's default.
      case htk
    }

    /// How tall a band is.
    public enum Normalization: String, Codable, Sendable, CaseIterable {
      /// Each band's peak is 1.
      case peak
      /// Each band's area over the frequencies in hertz is 1: `norm="slaney"`.
      case area
    }

    /// Samples a second.
    public var sampleRate: Int
    /// Points of the transform whose bins are summed.
    public var fftLength: Int
    /// How many bands there are.
    public var bands: Int
    /// The lowest band's lower edge.
    public var lowHertz: Double
    /// The highest band's upper edge.
    public var highHertz: Double
    /// How hertz become mels.
    public var scale: Scale
    /// How tall a band is.
    public var normalization: Normalization

    /// Makes a description; `MelFilterbank` checks it.
    ///
    /// The bands end at half the sample rate unless `highHertz` says otherwise.
    public init(
      sampleRate: Int, fftLength: Int, bands: Int, lowHertz: Double = 0, highHertz: Double? = nil,
      scale: Scale, normalization: Normalization
    ) {
      self.sampleRate = sampleRate
      self.fftLength = fftLength
      self.bands = bands
      self.lowHertz = lowHertz
      self.highHertz = highHertz ?? Double(sampleRate) / 2
      self.scale = scale
      self.normalization = normalization
    }
  }

  /// The bins of one band: those from `firstBin` on, with their weights.
  private struct Band: Sendable {
    let firstBin: Int
    let weights: [Float]
  }

  /// How many bins a spectrum has.
  public let bins: Int
  private let filters: [Band]

  /// How many bands there are.
  public var bands: Int { filters.count }

  /// The bands that `configuration` describes.
  ///
  /// - Throws: `SpectralTransformError.lengthOutOfRange` or `.bandEdges`.
  public init(_ configuration: Configuration) throws(SpectralTransformError) {
    let length = configuration.fftLength
    try SpectralTransformError.check("sampleRate", configuration.sampleRate, in: 1...Int.max)
    try SpectralTransformError.check("fftLength", length, in: 1...longestTransform)
    try SpectralTransformError.check("bands", configuration.bands, in: 1...longestTransform)
    let rate = Double(configuration.sampleRate)
    let low = configuration.lowHertz
    let high = configuration.highHertz
    guard low >= 0, low < high, high <= rate / 2 else {
      throw .bandEdges(lowHertz: low, highHertz: high, sampleRate: configuration.sampleRate)
    }
    let scale = configuration.scale
    let lowMel = scale.mel(hertz: low)
    let step = (scale.mel(hertz: high) - lowMel) / Double(configuration.bands + 1)
    let edges = (0..<(configuration.bands + 2)).map { scale.hertz(mel: lowMel + Double($0) * step) }
    self.init(bins: length / 2 + 1, bands: configuration.bands) { bin, band in
      let frequency = Double(bin) * rate / Double(length)
      let rising = (frequency - edges[band]) / (edges[band + 1] - edges[band])
      let falling = (edges[band + 2] - frequency) / (edges[band + 2] - edges[band + 1])
      let height =
        configuration.normalization == .area ? 2 / (edges[band + 2] - edges[band]) : 1
      return Float(max(0, min(rising, falling)) * height)
    }
  }

  /// The bands of a checkpoint, whose `matrix` is `[bins, bands]`.
  public init(matrix: [Float], bands: Int) {
    self.init(bins: rows(matrix.count, of: bands), bands: bands) { bin, band in
      matrix[bin * bands + band]
    }
  }

  private init(bins: Int, bands: Int, weight: (_ bin: Int, _ band: Int) -> Float) {
    self.bins = bins
    filters = (0..<bands).map { band in
      let weights = (0..<bins).map { weight($0, band) }
      guard let first = weights.firstIndex(where: { $0 != 0 }),
        let last = weights.lastIndex(where: { $0 != 0 })
      else { return Band(firstBin: 0, weights: []) }
      return Band(firstBin: first, weights: Array(weights[first...last]))
    }
  }

  /// All weights, `[bins, bands]`.
  public var matrix: [Float] {
    var result = [Float](repeating: 0, count: bins * bands)
    for (band, filter) in filters.enumerated() {
      for (offset, weight) in filter.weights.enumerated() {
        result[(filter.firstBin + offset) * bands + band] = weight
      }
    }
    return result
  }

  /// The bands of spectra of magnitudes or powers, `[frames, bins]` to `[frames, bands]`.
  public func callAsFunction(_ spectra: [Float]) -> [Float] {
    let frames = rows(spectra.count, of: bins)
    var result: [Float] = []
    result.reserveCapacity(frames * bands)
    spectra.withUnsafeBufferPointer { spectra in
      for frame in 0..<frames {
        for filter in filters {
          let first = frame * bins + filter.firstBin
          var sum: Float = 0
          for (offset, weight) in filter.weights.enumerated() {
            sum += weight * spectra[first + offset]
          }
          result.append(sum)
        }
      }
    }
    return result
  }
}

extension MelFilterbank.Configuration.Scale {
  // Slaney's Auditory Toolbox: 200/3 Hz a mel up to 1 kHz, then 27 mels for each factor of 6.4.
  private static let linearHertz = 200.0 / 3
  private static let breakHertz = 1000.0
  private static let breakMel = breakHertz / linearHertz
  private static let logarithmicStep = log(6.4) / 27

  func mel(hertz: Double) -> Double {
    switch self {
    case .htk: 2595 * log10(1 + hertz / 700)
    case .slaney:
      hertz < Self.breakHertz
        ? hertz / Self.linearHertz
        : Self.breakMel + log(hertz / Self.breakHertz) / Self.logarithmicStep
    }
  }

  func hertz(mel: Double) -> Double {
    switch self {
    case .htk: 700 * (pow(10, mel / 2595) - 1)
    case .slaney:
      mel < Self.breakMel
        ? mel * Self.linearHertz
        : Self.breakHertz * exp(Self.logarithmicStep * (mel - Self.breakMel))
    }
  }
}
