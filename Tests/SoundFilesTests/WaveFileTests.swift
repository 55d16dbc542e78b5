// SPDX-License-Identifier: Apache-2.0
import Foundation
import SoundFiles
import TestSupport
import Testing

@Suite struct WaveFileTests {
  private func read(_ bytes: [UInt8]) throws -> (SoundFileReader, [Float]) {
    let folder = try ScratchFolder()
    let reader = try SoundFileReader(path: try folder.write(bytes, "a.wav"))
    return (reader, try reader.readAll().samples)
  }

  @Test("every sample type is scaled so that full scale is 1")
  func sampleTypes() throws {
    #expect(try read(WaveBytes(bits: 8, data: [0, 128, 192]).bytes).1 == [-1, 0, 0.5])
    #expect(try read(WaveBytes(data: shorts([-32768, 0, 16384])).bytes).1 == [-1, 0, 0.5])
    let data24 = number(-8_388_608, 3) + number(4_194_304, 3) + number(-1, 3)
    #expect(try read(WaveBytes(bits: 24, data: data24).bytes).1 == [-1, 0.5, -1 / 8_388_608])
    let data32 = number(-2_147_483_648, 4) + number(1_073_741_824, 4)
    #expect(try read(WaveBytes(bits: 32, data: data32).bytes).1 == [-1, 0.5])
    let floats = number(Int((0.3 as Float).bitPattern), 4)
    #expect(try read(WaveBytes(tag: 3, bits: 32, data: floats).bytes).1 == [0.3])
    let doubles = number(Int(bitPattern: UInt(0.7.bitPattern)), 8)
    #expect(try read(WaveBytes(tag: 3, bits: 64, data: doubles).bytes).1 == [Float(0.7)])
    // µ-law goes through libsndfile: 0xFF is 0, 0x80 the largest value.
    let law = try read(WaveBytes(tag: 7, bits: 8, data: [0xFF, 0x80, 0x00]).bytes).1
    #expect(law == [0, 32_124 / 32_768, -32_124 / 32_768])
  }

  @Test("a length that the writer couldn't know means up to the end")
  func unknownLengths() throws {
    let data = shorts([1, 2, 3, 4])
    for (riff, size) in [
      (0xFFFF_FFFF, 0xFFFF_FFFF), (0, 0), (0x7FFF_F024, 0x7FFF_F000), (36, 0), (8, 0),
    ] {
      let (reader, samples) = try read(WaveBytes(riffSize: riff, dataSize: size, data: data).bytes)
      #expect(samples.count == 4 && reader.frameCount == 4 && reader.truncation == nil)
    }
    let list = Array("LIST".utf8) + number(4, 4) + Array("INFO".utf8)
    #expect(try read(WaveBytes(dataSize: 0, data: list).bytes).1 == [])
    #expect(try read(WaveBytes(dataSize: 2, data: shorts([7]) + list).bytes).1.count == 1)
  }

  @Test("a file that is shorter than its header says is read as far as it goes, and tells")
  func truncation() throws {
    let (reader, samples) = try read(
      WaveBytes(channels: 2, dataSize: 400, data: shorts([1, 2, 3, 4, 5])).bytes)
    #expect(samples.count == 4)
    #expect(reader.frameCount == 2)
    #expect(reader.truncation?.expectedFrames == 100)
    #expect(reader.truncation?.foundFrames == 2)

    let folder = try ScratchFolder()
    try write(noise(50_000), folder.path("a.flac"), .init(container: .flac, sampleFormat: .int16))
    let whole = try folder.bytes("a.flac")
    let path = try folder.write(Array(whole.prefix(whole.count / 2)), "b.flac")
    let flac = try SoundFileReader(path: path)
    do {
      let found = try flac.readAll().frames
      #expect(found < 50_000)
      #expect(flac.truncation?.expectedFrames == 50_000)
      #expect(flac.truncation?.foundFrames == found)
    } catch SoundFileError.malformed {}
  }

  @Test("chunks before the samples are skipped, unless they are absurd")
  func chunks() throws {
    let odd = Array("LIST".utf8) + number(3, 4) + [1, 2, 3, 0]
    #expect(try read(WaveBytes(extra: odd, data: shorts([9])).bytes).1.count == 1)
    let absurd = Array("LIST".utf8) + number(0xFFFF_FFF0, 4)
    #expect(throws: SoundFileError.self) { try read(WaveBytes(extra: absurd).bytes) }
  }

  @Test("a file past the limit becomes RF64, a short one is plain RIFF")
  func longFiles() throws {
    let folder = try ScratchFolder()
    let samples = noise(2 * 999)
    for (limit, magic) in [(0xFFFF_FFFF, "RIFF"), (7000, "RF64")] {
      let path = folder.path(magic)
      let writer = try SoundFileWriter(
        at: SoundFilePath(path), format: AudioFormat(sampleRate: 48_000, channels: 2),
        encoding: wave, replacing: false, longFileBytes: limit)
      try writer.write(AudioBlock(channels: 2, samples: samples))
      try writer.finish()
      var bytes = try folder.bytes(magic)
      #expect(bytes.starts(with: magic.utf8))
      let reader = try SoundFileReader(path: path)
      #expect(reader.frameCount == 999)
      #expect(reader.truncation == nil)
      #expect(try reader.readAll().samples == samples)
      // The sizes of a longer file reach past 32 bits.
      guard magic == "RF64" else { continue }
      #expect(Array(bytes[20..<28]) == number(bytes.count - 8, 8))
      #expect(Array(bytes[28..<36]) == number(999 * 8, 8))
      #expect(Array(bytes[36..<44]) == number(999, 8))
      bytes.replaceSubrange(28..<36, with: number(8 << 33, 8))
      let claimed = try SoundFileReader(path: try folder.write(bytes, "long"))
      #expect(claimed.truncation?.expectedFrames == 1 << 33)
      #expect(try claimed.readAll().frames == 999)
    }
  }

  @Test("NaN and infinity are named with their place")
  func notFinite() throws {
    let folder = try ScratchFolder()
    var samples = noise(200_000)
    samples[150_001] = .nan
    try write(samples, folder.path("a.wav"), channels: 2)
    let reader = try SoundFileReader(path: folder.path("a.wav"))
    let expected = SoundFileError.notFinite(path: folder.path("a.wav"), frame: 75_000, channel: 1)
    #expect(throws: expected) {
      while try reader.read(frames: 10_000) != nil {}
    }
    #expect(throws: SoundFileError.notFinite(path: folder.path("b.wav"), frame: 1, channel: 0)) {
      try write(
        [0, -.infinity], folder.path("b.wav"), .init(container: .wav, sampleFormat: .int16))
    }
    #expect(folder.names == ["a.wav"])
  }
}
