// SPDX-License-Identifier: Apache-2.0
internal import SpectralTransforms
internal import Testing

@Suite("Streams give the offline transform's bits")
struct StreamingTransformTests {
  typealias Configuration = ShortTimeFourierConfiguration

  static let configurations =
    ShortTimeFourierTransformTests.reconstructible
    + [Configuration(fftLength: 12, hopLength: 3, padding: .centered(.constant), normalized: true)]

  /// Cuts `count` into random pieces, some of them empty.
  private func pieces(_ count: Int, seed: UInt64) -> [Range<Int>] {
    var generator = SeededGenerator(seed)
    let largest = [1, 5, 40, 200].randomElement(using: &generator) ?? 1
    var result: [Range<Int>] = []
    var start = 0
    while start < count {
      let end = min(count, start + Int.random(in: 0...largest, using: &generator))
      result.append(start..<end)
      start = end
    }
    return result
  }

  @Test("in analysis, however the signal is cut", arguments: configurations)
  func analysis(_ configuration: Configuration) throws {
    let transform = try ShortTimeFourierTransform<Float>(configuration)
    for seed in 0..<UInt64(6) {
      let signal = noise(150 + 37 * Int(seed), seed: seed).floats
      var stream = transform.makeAnalysis()
      var frames: [Float] = []
      for piece in pieces(signal.count, seed: seed) { frames += stream.push(Array(signal[piece])) }
      frames += try stream.finish()
      #expect(frames == (try transform.forward(signal)))
    }
  }

  @Test("in synthesis, however the frames are grouped", arguments: configurations)
  func synthesis(_ configuration: Configuration) throws {
    let transform = try ShortTimeFourierTransform<Float>(configuration)
    let width = 2 * configuration.bins
    for seed in 0..<UInt64(6) {
      let frames = 1 + 9 * Int(seed)
      let spectrogram = noise(frames * width, seed: seed).floats
      var stream = try transform.makeSynthesis()
      var signal: [Float] = []
      for piece in pieces(frames, seed: seed) {
        signal += stream.push(
          Array(spectrogram[(piece.lowerBound * width)..<(piece.upperBound * width)]))
      }
      let returned = signal.count
      #expect(signal + stream.finish() == (try transform.inverse(spectrogram)))
      for length in [returned, returned + 5, returned + 100] {
        #expect(
          signal + stream.finish(length: length)
            == (try transform.inverse(spectrogram, length: length)))
      }
    }
  }

  @Test("and samples come out as soon as no later frame can change them")
  func latency() throws {
    let transform = try ShortTimeFourierTransform<Float>(
      Configuration(fftLength: 32, hopLength: 8))
    var analysis = transform.makeAnalysis()
    // Frame 0 reaches sample 15, and its reflection needs sample 16.
    #expect(analysis.push(noise(16).floats).isEmpty)
    #expect(analysis.push([0.5]).count == 34)
    var synthesis = try transform.makeSynthesis()
    #expect(synthesis.push([Float](repeating: 1, count: 2 * 34)).isEmpty)
    #expect(synthesis.push([Float](repeating: 1, count: 3 * 34)).count == 24)
  }
}
