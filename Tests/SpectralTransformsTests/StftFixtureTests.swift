// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import SpectralTransforms
internal import TestSupport
internal import Testing

/// Every tensor of the parity fixture `stft`, whose values come from torch, torchaudio,
/// torchlibrosa and Vocos.
@Suite("Spectra equal the reference packages'", .enabled(if: Fixtures.areAvailable))
struct StftFixtureTests {
  typealias Transform = ShortTimeFourierTransform<Float>
  typealias Configuration = ShortTimeFourierConfiguration

  static let names: [String] = {
    let description = try? Fixtures.description("stft")
    return (description?["tensors"] as? [String: Any])?.keys.sorted() ?? []
  }()

  /// A tensor that this suite does not know how to compute.
  struct Unknown: Error { let name: String }

  let expected: Golden
  let tensors: [String: Any]

  init() throws {
    expected = try Golden(contentsOf: Fixtures.shared("stft", "expected.safetensors"))
    tensors = try #require(Fixtures.description("stft")["tensors"] as? [String: Any])
  }

  @Test("each stored tensor", arguments: names)
  func tensor(_ name: String) throws {
    let found = try compute(name)
    let stored = try expected(name)
    #expect(found.count == stored.elements.count)
    let entry = try #require(tensors[name] as? [String: Any])
    let comparison = Comparison(found, stored.elements)
    let noise = entry["f32_vs_f64_max_abs"] as? Double ?? 0
    let peak = entry["max_abs"] as? Double ?? 0
    // Filterbanks and windows have no stated noise: torchaudio computes them in single precision.
    let allowed = max(10 * noise, (entry["f32_vs_f64_max_abs"] == nil ? 1e-5 : 1e-6) * peak)
    #expect(comparison.maxAbsoluteError <= allowed, "\(name): \(comparison)")
  }

  private func compute(_ name: String) throws -> [Float] {
    let part = String(name.split(separator: ".").last ?? "")
    switch name.prefix(while: { $0 != "_" && $0 != "." }) {
    case "tl": return try torchlibrosa(name, part)
    case "torch": return try torch(name, part)
    case "vocos": return try name.contains("mel") ? vocosMel(name) : vocos(name, part)
    case "mel", "cnn14", "logmel", "torchaudio": return try mel(name)
    case "window": return try window(part)
    default: throw Unknown(name: name)
    }
  }

  private func input(_ file: String, channel: Int = 0) throws -> [Float] {
    try WaveFixture(contentsOf: Fixtures.shared("stft", file)).channel(channel)
  }

  // MARK: torchlibrosa

  private func torchlibrosa(_ name: String, _ part: String) throws -> [Float] {
    let configuration: Configuration
    var every = 5
    var signal = try input("input_32k.wav")
    switch name.split(separator: ".")[0] {
    case "tl_2048_320":
      configuration = Configuration(fftLength: 2048, hopLength: 320)
      every = 7
    case "tl_1024_320_constantpad":
      configuration = Configuration(
        fftLength: 1024, hopLength: 320, padding: .centered(.constant))
    case "tl_512_160_win400_nocenter":
      configuration = Configuration(
        fftLength: 512, hopLength: 160, windowLength: 400, padding: .none)
    case "tl_impulse":
      configuration = Configuration(fftLength: 2048, hopLength: 320)
      signal = [Float](repeating: 0, count: 4000)
      signal[1500] = 1
      every = 1
    default: throw Unknown(name: name)
    }
    let transform = try Transform(configuration)
    let spectrogram = try transform.forward(signal)
    let bins = configuration.bins
    let frames = spectrogram.count / (2 * bins)
    func component(_ offset: Int) -> [Float] {
      let binStep = name.hasPrefix("tl_impulse") ? 8 : 1
      return stride(from: 0, to: frames, by: every).flatMap { frame in
        stride(from: 0, to: bins, by: binStep).map {
          spectrogram[(frame * bins + $0) * 2 + offset]
        }
      }
    }
    var modified: [Float] {
      (0..<spectrogram.count).map { index in
        let share = Float(index / 2 % bins) / Float(bins - 1)
        return spectrogram[index] * (index % 2 == 0 ? share : 1 - share)
      }
    }
    let count = signal.count
    return switch part {
    case "real": component(0)
    case "imag": component(1)
    case "frames": [Float(frames)]
    case "istft_roundtrip": try transform.inverse(spectrogram, length: count).suffix(6000)
    case "istft_modified": try transform.inverse(modified, length: count)
    case "istft_modified_shorter":
      try transform.inverse(modified, length: count - 777).suffix(1200)
    case "istft_modified_longer":
      // The stored layer's output ends with its last frame; ours goes on with zeros.
      try transform.inverse(modified, length: count + 1500)
        .prefix(configuration.sampleCount(frames: frames) + 1024).suffix(2400)
    default: throw Unknown(name: name)
    }
  }

  // MARK: torch

  private func torch(_ name: String, _ part: String) throws -> [Float] {
    let configuration: Configuration
    var every = 8
    var signals = [try input("input_24k.wav")]
    switch name.split(separator: ".")[0] {
    case "torch_4096_1024_normalized":
      configuration = Configuration(fftLength: 4096, hopLength: 1024, normalized: true)
      signals = try [0, 1].map { try input("input_44k_stereo.wav", channel: $0) }
    case "torch_512_128_win400":
      configuration = Configuration(fftLength: 512, hopLength: 128, windowLength: 400)
    case "torch_512_128_symmetric_constant":
      configuration = Configuration(
        fftLength: 512, hopLength: 128, window: Window(.hann, .symmetric),
        padding: .centered(.constant))
      every = 16
    case "torch_400_160_nocenter":
      configuration = Configuration(fftLength: 400, hopLength: 160, padding: .none)
    case "torch_2048_short":
      configuration = Configuration(fftLength: 2048, hopLength: 512)
      signals = [Array(signals[0].prefix(1025))]
      every = 1
    default: throw Unknown(name: name)
    }
    let transform = try Transform(configuration)
    let bins = configuration.bins
    return try signals.flatMap { signal -> [Float] in
      let spectrogram = try transform.forward(signal)
      let frames = spectrogram.count / (2 * bins)
      guard part.hasPrefix("istft") else {
        return (0..<bins).flatMap { bin in
          stride(from: 0, to: frames, by: every).flatMap { frame in
            (0..<2).map { spectrogram[(frame * bins + bin) * 2 + $0] }
          }
        }
      }
      let sloped = spectrogram.enumerated().map { index, value in
        value * (1 - 0.8 * Float(index / 2 % bins) / Float(bins - 1))
      }
      let length = part.split(separator: "n").last.flatMap { Int($0) }
      return try transform.inverse(sloped, length: length).suffix(9000)
    }
  }

  // MARK: Vocos

  private func vocos(_ name: String, _ part: String) throws -> [Float] {
    let parts = name.split(separator: ".")[0].split(separator: "_").compactMap { Int($0) }
    let stored = try expected("vocos_\(parts[0])_\(parts[1]).spec")
    if part == "spec" { return stored.elements }
    let (bins, frames) = (stored.shape[0], stored.shape[1])
    let spectrogram = (0..<(bins * frames * 2)).map { index in
      let (frame, bin) = (index / 2 / bins, index / 2 % bins)
      return stored.elements[(bin * frames + frame) * 2 + index % 2]
    }
    let padding: Configuration.Padding = part == "istft_same" ? .same : .centered(.reflect)
    let transform = try Transform(
      Configuration(fftLength: parts[0], hopLength: parts[1], padding: padding))
    return try transform.inverse(spectrogram)
  }

  private func vocosMel(_ name: String) throws -> [Float] {
    let spectrogram = try MelSpectrogram(
      .init(
        transform: Configuration(
          fftLength: 1024, hopLength: 256,
          padding: name.hasSuffix("same") ? .same : .centered(.reflect)),
        filterbank: .init(
          sampleRate: 24000, fftLength: 1024, bands: 100, scale: .htk, normalization: .peak),
        quantity: .magnitude, compression: .naturalLogarithm(floor: 1e-7)))
    let found = try spectrogram(input("input_24k.wav"))
    return transposed(found, rows: found.count / 100, columns: 100)
  }

  // MARK: mel bands

  private func mel(_ name: String) throws -> [Float] {
    let tagger = MelFilterbank.Configuration(
      sampleRate: 32000, fftLength: 1024, bands: 64, lowHertz: 50, highHertz: 14000,
      scale: .slaney, normalization: .area)
    let speech = MelFilterbank.Configuration(
      sampleRate: 16000, fftLength: 512, bands: 80, lowHertz: 20, highHertz: 7600,
      scale: .slaney, normalization: .area)
    let decibels: (Float?) throws -> [Float] = { range in
      try MelSpectrogram(
        .init(
          transform: Configuration(fftLength: 1024, hopLength: 320), filterbank: tagger,
          quantity: .power, compression: .decibels(floor: 1e-10, range: range)))(
          input("input_32k.wav"))
    }
    switch name {
    case "cnn14_melW": return try MelFilterbank(tagger).matrix
    case "mel_fb_slaney_16k_257x80": return try MelFilterbank(speech).matrix
    case "mel_fb_htk_24k_513x100":
      return try MelFilterbank(
        .init(sampleRate: 24000, fftLength: 1024, bands: 100, scale: .htk, normalization: .peak)
      ).matrix
    case "cnn14_logmel_32k": return try decibels(nil)
    case "logmel_top_db80_32k":
      let all = try decibels(80)
      return stride(from: 0, to: all.count / 64, by: 4).flatMap { all[($0 * 64)..<($0 * 64 + 64)] }
    case "torchaudio_mel_slaney_16k":
      let spectrogram = try MelSpectrogram(
        .init(
          transform: Configuration(fftLength: 512, hopLength: 160, windowLength: 400),
          filterbank: speech, quantity: .power, compression: .none))
      let found = try spectrogram(input("input_24k.wav"))
      return transposed(found, rows: found.count / 80, columns: 80)
    default: throw Unknown(name: name)
    }
  }

  // MARK: windows

  private func window(_ part: String) throws -> [Float] {
    let words = part.split(separator: "_")
    let count = try #require(Int(words.last ?? ""))
    let window =
      switch words.dropLast().joined(separator: "_") {
      case "hann_periodic": Window.hann
      case "hann_symmetric": Window(.hann, .symmetric)
      case "hamming_periodic": Window.hamming
      case "sqrt_hann": Window(.squareRootHann)
      default: throw Unknown(name: part)
      }
    return window.samples(count).map(Float.init)
  }
}
