// SPDX-License-Identifier: Apache-2.0
import Foundation
import SoundFiles
import TestSupport
import Testing

@Suite struct RoundTripTests {
  private static let encodings: [SoundFileEncoding] =
    [.wav, .aiff, .caf, .flac].flatMap { (container: SoundFileEncoding.Container) in
      let formats: [SoundFileEncoding.SampleFormat] =
        container == .flac ? [.int16, .int24] : [.int16, .int24, .float32]
      return formats.map { SoundFileEncoding(container: container, sampleFormat: $0) }
    }

  @Test("what is written is read back to half a step, in any container", arguments: encodings)
  func lossless(_ encoding: SoundFileEncoding) throws {
    let folder = try ScratchFolder()
    for (channels, rate, frames) in [
      (1, 44_100, 1), (2, 44_100, 20_000), (8, 48_000, 333), (1, 192_000, 77), (2, 8000, 0),
    ] {
      let path = folder.path("\(channels)-\(frames).\(encoding.container.fileExtension)")
      let samples = noise(frames * channels)
      try write(samples, path, channels: channels, sampleRate: rate, encoding)
      let reader = try SoundFileReader(path: path)
      #expect(reader.format == AudioFormat(sampleRate: rate, channels: channels))
      // FLAC's length 0 means that it isn't known.
      let isEmptyFLAC = encoding.container == .flac && frames == 0
      #expect(reader.frameCount == (isEmptyFLAC ? nil : frames))
      #expect(reader.truncation == nil)
      let found = try reader.readAll().samples
      switch encoding.sampleFormat {
      case .float32: #expect(found == samples)
      case .int16: #expect(Comparison(found, samples).maxAbsoluteError <= 0.5 / 32768)
      case .int24: #expect(Comparison(found, samples).maxAbsoluteError <= 0.51 / 8_388_608)
      }
      #expect(try reader.read(frames: 10) == nil)
      #expect(reader.truncation == nil)
      try reader.seek(toFrame: frames / 3)
      #expect(try reader.readAll().samples == Array(found.dropFirst(frames / 3 * channels)))
    }
  }

  @Test("Vorbis and MP3 keep a tone, its rate and its length")
  func lossy() throws {
    let folder = try ScratchFolder()
    let samples = tone(30_000, channels: 2)
    for container in [SoundFileEncoding.Container.ogg, .mp3] {
      let path = folder.path("a." + container.fileExtension)
      let encoding = SoundFileEncoding(container: container, sampleFormat: .float32)
      try write(samples, path, channels: 2, encoding)
      let reader = try SoundFileReader(path: path)
      #expect(reader.format == AudioFormat(sampleRate: 44_100, channels: 2))
      let found = try reader.readAll().samples
      let comparison = Comparison(Array(found.prefix(50_000)), Array(samples.prefix(50_000)))
      #expect(found.count == samples.count)
      #expect(comparison.signalToNoiseDecibels > 30, "\(container): \(comparison)")
      try reader.seek(toFrame: 12_345)
      let rest = try reader.readAll().samples
      let fromThere = Comparison(rest, Array(found.dropFirst(2 * 12_345)))
      #expect(fromThere.maxAbsoluteError < 1e-3, "\(container) after seeking: \(fromThere)")
      for frames in container == .ogg ? [0, 1] : [1] {
        try write(tone(frames), path, encoding, replacing: true)
        #expect(try SoundFileReader(path: path).readAll().frames == frames, "\(container)")
      }
    }
  }

  @Test("an MP3 file that doesn't state its length has none, rather than a guess")
  func unknownLength() throws {
    let folder = try ScratchFolder()
    try write(noise(50_000), folder.path("a"), .init(container: .mp3, sampleFormat: .int16))
    let bytes = try folder.bytes("a")
    // At 320 kbit/s and 44.1 kHz a frame has 1044 bytes, and the first one is the statement.
    let reader = try SoundFileReader(path: folder.write(Array(bytes.dropFirst(1044)), "b"))
    #expect(reader.frameCount == nil)
    #expect(try reader.readAll().frames > 50_000)
    #expect(reader.truncation == nil)
    let tag = Array("ID3".utf8) + [3, 0, 0, 0, 0, 1, 2] + [UInt8](repeating: 0, count: 130)
    #expect(try SoundFileReader(path: folder.write(tag + bytes, "c")).frameCount == 50_000)
  }

  @Test("integers are rounded to the nearest, ties to even, and saturate")
  func rounding() throws {
    let folder = try ScratchFolder()
    let values: [Float] = [
      0.4, 0.5, 0.6, 1.5, 2.5, -0.5, -1.5, 32_766.6, 32_768, 99_999, -32_768, -99_999,
    ]
    let expected: [Float] = [0, 0, 1, 2, 2, 0, -2, 32_767, 32_767, 32_767, -32_768, -32_768]
    for container in [SoundFileEncoding.Container.wav, .flac, .aiff, .caf] {
      let path = folder.path("a." + container.fileExtension)
      try write(
        values.map { $0 / 32768 }, path,
        SoundFileEncoding(container: container, sampleFormat: .int16))
      let found = try SoundFileReader(path: path).readAll().samples.map { $0 * 32768 }
      #expect(found == expected, "\(container)")
    }
    try write(
      [-2, 0.999_999_9, 2], folder.path("b.wav"), .init(container: .wav, sampleFormat: .int24))
    let found = try SoundFileReader(path: folder.path("b.wav")).readAll().samples
    #expect(found == [-1, 8_388_607 / 8_388_608, 8_388_607 / 8_388_608])
  }

  @Test("dither is the same for the same seed, and centred")
  func dither() throws {
    let folder = try ScratchFolder()
    func bytes(_ name: String, _ seed: UInt64) throws -> [UInt8] {
      let writer = try SoundFileWriter(
        path: folder.path(name), format: AudioFormat(sampleRate: 8000, channels: 1),
        encoding: .init(container: .wav, sampleFormat: .int16), replacing: false,
        dither: Dither(seed: seed))
      try writer.write(
        AudioBlock(channels: 1, samples: [Float](repeating: 0.3 / 32768, count: 20_000)))
      try writer.finish()
      return try folder.bytes(name)
    }
    #expect(try bytes("a.wav", 1) == bytes("b.wav", 1))
    #expect(try bytes("c.wav", 2) != bytes("d.wav", 3))
    let samples = try SoundFileReader(path: folder.path("a.wav")).readAll().samples
    let mean = samples.reduce(0, +) / Float(samples.count) * 32768
    #expect(abs(mean - 0.3) < 0.02)
    #expect(samples.allSatisfy { abs($0 * 32768) <= 1 })
  }

  @Test("a WAV file is one to a reader that isn't ours")
  func independentReader() throws {
    let folder = try ScratchFolder()
    let samples = noise(600)
    for (channels, format) in [(1, SoundFileEncoding.SampleFormat.float32), (3, .float32)] {
      try write(
        samples, folder.path("\(channels).wav"), channels: channels,
        .init(container: .wav, sampleFormat: format))
      let file = try WaveFixture(contentsOf: URL(fileURLWithPath: folder.path("\(channels).wav")))
      #expect(file.channels == channels)
      #expect(file.sampleRate == 44_100)
      #expect(file.samples == samples)
    }
  }

  @Test("equal input gives equal files")
  func determinism() throws {
    let folder = try ScratchFolder()
    for container in [SoundFileEncoding.Container.wav, .flac, .aiff, .caf, .mp3] {
      let encoding = SoundFileEncoding(container: container, sampleFormat: .int24)
      try write(tone(5000), folder.path("a"), encoding, replacing: true)
      try write(tone(5000), folder.path("b"), encoding, replacing: true)
      #expect(try folder.bytes("a") == folder.bytes("b"), "\(container)")
    }
  }

  @Test("what a container can't hold is refused with what to choose")
  func refusals() throws {
    let folder = try ScratchFolder()
    func refused(_ container: SoundFileEncoding.Container, _ channels: Int, _ rate: Int) {
      #expect("\(container)") {
        _ = try SoundFileWriter(
          path: folder.path("a"), format: AudioFormat(sampleRate: rate, channels: channels),
          encoding: .init(container: container, sampleFormat: .float32), replacing: false)
      } throws: { error in
        guard case SoundFileError.unsupportedEncoding(let detail) = error else { return false }
        return detail.contains("choose") || detail.contains("expected")
      }
    }
    refused(.flac, 2, 44_100)
    refused(.mp3, 3, 44_100)
    refused(.mp3, 2, 96_000)
    refused(.wav, 65, 44_100)
    refused(.wav, 0, 44_100)
    #expect(folder.names == [])
    #expect(SoundFileEncoding.Container(name: "AIF") == .aiff)
    #expect(SoundFileEncoding.Container(name: "m4a") == nil)
  }

  @Test("file names need not be text")
  func namesOfBytes() throws {
    let folder = try ScratchFolder()
    let path = SoundFilePath(bytes: Array((folder.url.path + "/").utf8) + [0x66, 0xFC, 0xFF, 0x80])
    let writer = try SoundFileWriter(
      at: path, format: AudioFormat(sampleRate: 8000, channels: 1), encoding: wave, replacing: false
    )
    try writer.write(AudioBlock(channels: 1, samples: [0.5]))
    try writer.finish()
    #expect(try SoundFileReader(at: path).readAll().samples == [0.5])
    let long = folder.path(String(repeating: "n", count: 250) + ".wav")
    try write([0.25], long)
    #expect(try SoundFileReader(path: long).readAll().samples == [0.25])
  }
}
