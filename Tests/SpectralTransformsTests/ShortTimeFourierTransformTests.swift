// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import SpectralTransforms
internal import TestSupport
internal import Testing

@Suite("The short-time Fourier transform")
struct ShortTimeFourierTransformTests {
  typealias Configuration = ShortTimeFourierConfiguration

  /// What `Tools/Goldens/stft.py` calls its cases.
  static let goldenCases: [String: Configuration] = [
    "reflect-normalized": Configuration(fftLength: 64, hopLength: 16, normalized: true),
    "constant-hamming": Configuration(
      fftLength: 48, hopLength: 12, windowLength: 30, window: .hamming,
      padding: .centered(.constant)),
    "odd-centered": Configuration(fftLength: 27, hopLength: 8),
    "odd-none": Configuration(fftLength: 27, hopLength: 8, window: .hamming, padding: .none),
    "prime": Configuration(fftLength: 31, hopLength: 5, windowLength: 20, normalized: true),
  ]

  /// Every pair has an inverse.
  static let reconstructible: [Configuration] =
    [Window.hann, .hamming, .rectangular, Window(.squareRootHann), Window(.hann, .symmetric)]
    .flatMap { window in
      [(32, 8), (32, 16), (31, 7), (30, 11), (24, 17)].flatMap { length, hop in
        [Configuration.Padding.centered(.reflect), .centered(.constant), .same].map {
          Configuration(fftLength: length, hopLength: hop, window: window, padding: $0)
        }
      }
    } + [
      Configuration(fftLength: 16, hopLength: 16, window: .rectangular),
      Configuration(fftLength: 40, hopLength: 9, windowLength: 22),
      Configuration(fftLength: 32, hopLength: 8, window: .hamming, padding: .none),
      Configuration(fftLength: 32, hopLength: 8, normalized: true),
      Configuration(fftLength: 1, hopLength: 1),
    ]

  private func golden() throws -> Golden {
    try Golden(
      contentsOf: Fixtures.packageRoot
        .appendingPathComponent("Tests/SpectralTransformsTests/Goldens/stft.safetensors"))
  }

  @Test("equals torch, forward and back", arguments: goldenCases.keys.sorted())
  func torch(_ name: String) throws {
    let golden = try golden()
    let configuration = try #require(Self.goldenCases[name])
    let transform = try ShortTimeFourierTransform<Float>(configuration)
    let spectrogram = try transform.forward(golden("signal").elements)
    let forward = Comparison(spectrogram, try golden("\(name).spectrogram").elements)
    #expect(forward.relativeToPeak < 1e-6, "\(forward)")
    let bins = configuration.bins
    let sloped = spectrogram.enumerated().map { index, value in
      value * (1 - 0.8 * Float(index / 2 % bins) / Float(bins - 1))
    }
    let inverse = Comparison(
      try transform.inverse(sloped), try golden("\(name).inverse").elements)
    #expect(inverse.relativeToPeak < 1e-6, "\(inverse)")
    let longer = Comparison(
      try transform.inverse(sloped, length: 235), try golden("\(name).inverse-longer").elements)
    #expect(longer.relativeToPeak < 1e-6, "\(longer)")
  }

  @Test("with Vocos' padding equals its definition")
  func vocos() throws {
    let golden = try golden()
    let transform = try ShortTimeFourierTransform<Float>(
      Configuration(fftLength: 64, hopLength: 16, padding: .same))
    let found = try transform.inverse(golden("same.spectrogram").elements)
    let comparison = Comparison(found, try golden("same.inverse").elements)
    #expect(comparison.relativeToPeak < 1e-6, "\(comparison)")
    #expect(found.count == 7 * 16)
  }

  @Test("reconstructs what its frames cover, for every window and hop", arguments: reconstructible)
  func reconstruction(_ configuration: Configuration) throws {
    let signal = noise(300)
    let transform = try ShortTimeFourierTransform<Double>(configuration)
    let spectrogram = try transform.forward(signal)
    #expect(
      spectrogram.count == configuration.frameCount(samples: 300) * 2 * configuration.bins)
    let found = try transform.inverse(spectrogram)
    #expect(
      found.count
        == configuration.sampleCount(frames: configuration.frameCount(samples: 300)))
    #expect(largestDifference(found, Array(signal.prefix(found.count))) < 1e-10)
  }

  @Test("is linear")
  func linearity() throws {
    let transform = try ShortTimeFourierTransform<Double>(
      Configuration(fftLength: 36, hopLength: 10))
    let (a, b) = (noise(200, seed: 1), noise(200, seed: 2))
    let mixed = try transform.forward(zip(a, b).map { 2 * $0 - 3 * $1 })
    let separate = zip(try transform.forward(a), try transform.forward(b)).map { 2 * $0 - 3 * $1 }
    #expect(largestDifference(mixed, separate) < 1e-12)
  }

  @Test("shows a sine of a bin's frequency as half the window's sum in that bin")
  func sine() throws {
    let transform = try ShortTimeFourierTransform<Double>(
      Configuration(fftLength: 64, hopLength: 16, padding: .none))
    let signal = (0..<64).map { cos(2 * Double.pi * 9 * Double($0) / 64) }
    let spectrum = try transform.forward(signal)
    for bin in 0...32 {
      // A Hann window's spectrum has three lines: 1/2 in the middle, -1/4 on both sides.
      let expected = bin == 9 ? 16.0 : abs(bin - 9) == 1 ? -8.0 : 0
      #expect(abs(spectrum[2 * bin] - expected) < 1e-12)
      #expect(abs(spectrum[2 * bin + 1]) < 1e-12)
    }
  }

  @Test("gives one frame for one sample between zeros, and comes back")
  func oneSample() throws {
    let transform = try ShortTimeFourierTransform<Double>(
      Configuration(fftLength: 8, hopLength: 2, padding: .centered(.constant)))
    let spectrogram = try transform.forward([0.5])
    #expect(spectrogram.count == 2 * 5)
    // The window is 1 in its middle: an impulse there alternates in sign from bin to bin.
    for bin in 0...4 { #expect(abs(spectrogram[2 * bin] - (bin % 2 == 0 ? 0.5 : -0.5)) < 1e-15) }
    #expect(largestDifference(try transform.inverse(spectrogram, length: 1), [0.5]) < 1e-15)
  }

  @Test("needs one sample more than reflection adds")
  func tooShort() throws {
    let transform = try ShortTimeFourierTransform<Float>(
      Configuration(fftLength: 16, hopLength: 4))
    let error = SpectralTransformError.tooShortForReflection(samples: 8, needed: 9)
    #expect(throws: error) { try transform.forward([Float](repeating: 1, count: 8)) }
    #expect(throws: SpectralTransformError.self) { try transform.forward([]) }
    #expect(try transform.forward([Float](repeating: 1, count: 9)).count == 3 * 18)
    var stream = transform.makeAnalysis()
    #expect(stream.push([Float](repeating: 1, count: 8)).isEmpty)
    #expect(throws: error) { try stream.finish() }
  }

  @Test("has no frames where nothing is padded and the signal is shorter than a frame")
  func noFrames() throws {
    let transform = try ShortTimeFourierTransform<Float>(
      Configuration(fftLength: 16, hopLength: 4, padding: .none))
    #expect(try transform.forward([Float](repeating: 1, count: 15)).isEmpty)
    #expect(try transform.inverse([], length: 3) == [0, 0, 0])
  }

  @Test("refuses descriptions that cannot be")
  func badConfigurations() throws {
    for configuration in [
      Configuration(fftLength: 0, hopLength: 4), Configuration(fftLength: 16, hopLength: 0),
      Configuration(fftLength: 16, hopLength: 4, windowLength: 17),
      Configuration(fftLength: 16, hopLength: 4, windowLength: 0),
    ] {
      #expect(throws: SpectralTransformError.self) {
        try ShortTimeFourierTransform<Float>(configuration)
      }
    }
    let sparse = try ShortTimeFourierTransform<Float>(Configuration(fftLength: 16, hopLength: 16))
    #expect(throws: SpectralTransformError.windowsLeaveGaps(windowLength: 16, hopLength: 16)) {
      try sparse.makeSynthesis()
    }
  }

  /// Demucs pads the wave itself, drops the two frames at either end that see the transform's own
  /// padding, and puts two zero frames back there before the inverse.
  @Test("serves spectrograms without their edges, as hybrid separators make them")
  func droppedEdges() throws {
    let (length, hop, count) = (32, 8, 72)
    let frames = count / hop
    let outer = 3 * hop / 2
    let signal = noise(count + 2 * outer)
    let centered = try ShortTimeFourierTransform<Double>(
      Configuration(fftLength: length, hopLength: hop, normalized: true))
    let plain = try ShortTimeFourierTransform<Double>(
      Configuration(fftLength: length, hopLength: hop, padding: .none, normalized: true))
    let width = 2 * centered.configuration.bins
    let whole = try centered.forward(signal)
    let kept = Array(whole[(2 * width)..<((2 + frames) * width)])
    #expect(whole.count == (frames + 4) * width)
    #expect(try plain.forward(signal) == kept)
    let zeros = [Double](repeating: 0, count: 2 * width)
    let back = try centered.inverse(zeros + kept + zeros, length: count + 2 * outer)
    // Where four frames overlap, they reconstruct; towards the ends the zero frames take their part.
    let sure = (outer + length / 2)..<(count + outer - length / 2)
    #expect(largestDifference(Array(back[sure]), Array(signal[sure])) < 1e-12)
    let window = Window.hann.samples(length)
    let second = (hop..<(2 * hop)).map { index in
      signal[index] * (pow(window[index], 2) + pow(window[index - hop], 2)) / 1.5
    }
    #expect(largestDifference(Array(back[hop..<(2 * hop)]), second) < 1e-12)
  }

  @Test("survives being written and read as JSON", arguments: goldenCases.values)
  func coding(_ configuration: Configuration) throws {
    let data = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(Configuration.self, from: data) == configuration)
  }

  @Test("reads and writes one channel of channels-last data in place")
  func strides() throws {
    let configuration = Configuration(fftLength: 20, hopLength: 6, normalized: true)
    let transform = try ShortTimeFourierTransform<Float>(configuration)
    let channels = [noise(90, seed: 1).floats, noise(90, seed: 2).floats]
    let interleaved = (0..<180).map { channels[$0 % 2][$0 / 2] }
    let frames = configuration.frameCount(samples: 90)
    let bins = configuration.bins
    // [bins, frames, channel and part]
    var spectrogram = [Float](repeating: 0, count: bins * frames * 4)
    var back = [Float](repeating: 0, count: 180)
    for channel in 0..<2 {
      try spectrogram.withUnsafeMutableBufferPointer { target in
        try interleaved.withUnsafeBufferPointer { source in
          try transform.forward(
            try #require(source.baseAddress) + channel, count: 90, sampleStride: 2,
            into: try #require(target.baseAddress) + 2 * channel, frameStride: 4,
            binStride: 4 * frames)
        }
      }
      let plain = try transform.forward(channels[channel])
      for frame in 0..<frames {
        for index in 0..<(2 * bins) {
          let place = index / 2 * 4 * frames + frame * 4 + 2 * channel + index % 2
          #expect(spectrogram[place] == plain[frame * 2 * bins + index])
        }
      }
      try back.withUnsafeMutableBufferPointer { target in
        try spectrogram.withUnsafeBufferPointer { source in
          try transform.inverse(
            try #require(source.baseAddress) + 2 * channel, frames: frames, frameStride: 4,
            binStride: 4 * frames, into: try #require(target.baseAddress) + channel, count: 90,
            sampleStride: 2)
        }
      }
      let inverse = try transform.inverse(plain, length: 90)
      #expect((0..<90).allSatisfy { back[2 * $0 + channel] == inverse[$0] })
    }
  }
}
