// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import SpectralTransforms
internal import TestSupport
internal import Testing

@Suite("Mel bands")
struct MelSpectrogramTests {
  static let bands = MelFilterbank.Configuration(
    sampleRate: 16000, fftLength: 64, bands: 10, lowHertz: 100, highHertz: 7000, scale: .slaney,
    normalization: .area)

  private func golden(_ name: String) throws -> [Float] {
    try Golden(
      contentsOf: Fixtures.packageRoot
        .appendingPathComponent("Tests/SpectralTransformsTests/Goldens/stft.safetensors")
    )(name).elements
  }

  private func spectrogram(_ compression: MelSpectrogram.Compression) throws -> MelSpectrogram {
    try MelSpectrogram(
      .init(
        transform: .init(fftLength: 64, hopLength: 16), filterbank: Self.bands, quantity: .power,
        compression: compression))
  }

  @Test("equal torchaudio's on both scales")
  func torchaudio() throws {
    var htk = Self.bands
    htk.scale = .htk
    htk.normalization = .peak
    // torchaudio computes its bands in single precision.
    let slaney = Comparison(
      try MelFilterbank(Self.bands).matrix, try golden("bands.slaney"))
    #expect(slaney.relativeToPeak < 1e-5, "\(slaney)")
    let peaks = Comparison(try MelFilterbank(htk).matrix, try golden("bands.htk"))
    #expect(peaks.relativeToPeak < 1e-5, "\(peaks)")
  }

  @Test("make torchaudio's spectrogram, as power and in decibels over a limited range")
  func front() throws {
    let power = Comparison(
      try spectrogram(.none)(golden("signal")), try golden("mel.power"))
    #expect(power.relativeToPeak < 1e-5, "\(power)")
    let decibels = Comparison(
      try spectrogram(.decibels(floor: 1e-10, reference: 0.01, range: 20))(golden("signal")),
      try golden("mel.decibels"))
    #expect(decibels.maxAbsoluteError < 1e-4, "\(decibels)")
  }

  @Test("of silence lie at the floor")
  func silence() throws {
    let silence = [Float](repeating: 0, count: 64)
    let natural = try spectrogram(.naturalLogarithm(floor: 1e-7))(silence)
    #expect(natural.allSatisfy { $0 == Float(log(Float(1e-7))) })
    let decibels = try spectrogram(.decibels(floor: 1e-10))(silence)
    #expect(decibels.allSatisfy { abs($0 + 100) < 1e-4 })
  }

  @Test("sum to one at every frequency between the first and last peak")
  func partition() throws {
    let configuration = MelFilterbank.Configuration(
      sampleRate: 24000, fftLength: 1024, bands: 20, scale: .htk, normalization: .peak)
    let matrix = try MelFilterbank(configuration).matrix
    // Mel 1/21 and 20/21 of 12 kHz, in bins of 23.4 Hz.
    for bin in 6..<442 {
      let sum = matrix[(bin * 20)..<(bin * 20 + 20)].reduce(0, +)
      #expect(abs(sum - 1) < 1e-5)
    }
  }

  @Test("of an area of one weigh all noise alike")
  func area() throws {
    let configuration = MelFilterbank.Configuration(
      sampleRate: 32000, fftLength: 1 << 15, bands: 12, scale: .slaney, normalization: .area)
    let filterbank = try MelFilterbank(configuration)
    let binHertz = 32000 / Float(1 << 15)
    let flat = [Float](repeating: binHertz, count: filterbank.bins)
    #expect(filterbank(flat).allSatisfy { abs($0 - 1) < 1e-3 })
  }

  @Test("of a checkpoint's matrix are the same bands")
  func matrix() throws {
    let made = try MelFilterbank(Self.bands)
    let read = MelFilterbank(matrix: made.matrix, bands: 10)
    let spectra = noise(33 * 4).map { Float(abs($0)) }
    #expect(read.bins == 33)
    #expect(read(spectra) == made(spectra))
  }

  @Test("refuse edges and sizes that cannot be")
  func errors() throws {
    var wide = Self.bands
    wide.highHertz = 8001
    #expect(
      throws: SpectralTransformError.bandEdges(
        lowHertz: 100, highHertz: 8001, sampleRate: 16000)
    ) { try MelFilterbank(wide) }
    var none = Self.bands
    none.bands = 0
    #expect(throws: SpectralTransformError.self) { try MelFilterbank(none) }
    var other = Self.bands
    other.fftLength = 128
    #expect(throws: SpectralTransformError.self) {
      try MelSpectrogram(
        .init(
          transform: .init(fftLength: 64, hopLength: 16), filterbank: other, quantity: .power,
          compression: .none))
    }
  }
}
