// SPDX-License-Identifier: Apache-2.0
import Foundation
import SoundFiles
import Testing

/// A pipe(2), whose ends are closed with it.
private final class Pipe {
  private(set) var ends: [Int32] = [-1, -1]

  init() throws {
    // A writer whose reader has gone shall get an error, not a signal.
    signal(SIGPIPE, SIG_IGN)
    try #require(pipe(&ends) == 0)
  }

  deinit { for end in ends where end >= 0 { close(end) } }

  func send(_ bytes: [UInt8]) {
    #expect(Foundation.write(ends[1], bytes, bytes.count) == bytes.count)
  }

  func closeWriting() {
    close(ends[1])
    ends[1] = -1
  }

  func closeReading() {
    close(ends[0])
    ends[0] = -1
  }
}

@Suite struct PipeTests {
  @Test("a live WAV is read as soon as the frames are there, whatever its length field says")
  func live() throws {
    for size in [0, 0xFFFF_FFFF, 0x7FFF_F000] {
      let pipe = try Pipe()
      pipe.send(WaveBytes(riffSize: size, dataSize: size, data: shorts([1, 2, 3])).bytes)
      let reader = try SoundFileReader(descriptor: pipe.ends[0], name: "-")
      #expect(reader.frameCount == nil && !reader.isSeekable)
      // The writing end stays open: a reader that waited for more would never return.
      #expect(try reader.read(frames: 3)?.samples.map { $0 * 32768 } == [1, 2, 3])
      // Half a frame is not a frame, and not the end.
      pipe.send([4])
      let end = pipe.ends[1]
      Thread.detachNewThread {
        usleep(20_000)
        _ = Foundation.write(end, [0, 5, 0] as [UInt8], 3)
      }
      #expect(try reader.read(frames: 2)?.samples.map { $0 * 32768 } == [4, 5])
      pipe.send([6])
      pipe.closeWriting()
      #expect(try reader.read(frames: 2) == nil)
      #expect(throws: SoundFileError.self) { try reader.seek(toFrame: 0) }
    }
  }

  @Test("a WAV of known length ends there, and one that is cut short tells")
  func knownLength() throws {
    let pipe = try Pipe()
    pipe.send(WaveBytes(dataSize: 4, data: shorts([1, 2, 3])).bytes)
    let reader = try SoundFileReader(descriptor: pipe.ends[0], name: "-")
    #expect(reader.frameCount == 2)
    #expect(try reader.readAll().frames == 2)

    let cut = try Pipe()
    cut.send(WaveBytes(dataSize: 400, data: shorts([1, 2, 3])).bytes)
    cut.closeWriting()
    let short = try SoundFileReader(descriptor: cut.ends[0], name: "-")
    #expect(short.frameCount == 200)
    #expect(try short.readAll().frames == 3)
    #expect(short.truncation?.foundFrames == 3)
  }

  @Test("other kinds come through a pipe too")
  func spooled() throws {
    let folder = try ScratchFolder()
    for container in [SoundFileEncoding.Container.flac, .aiff, .ogg, .mp3, .caf] {
      let encoding = SoundFileEncoding(container: container, sampleFormat: .int16)
      try write(tone(900), folder.path("a"), encoding, replacing: true)
      let expected = try SoundFileReader(path: folder.path("a")).readAll()
      let pipe = try Pipe()
      pipe.send(try folder.bytes("a"))
      pipe.closeWriting()
      let reader = try SoundFileReader(descriptor: pipe.ends[0], name: "-")
      #expect(try reader.readAll() == expected)
    }
    let law = try Pipe()
    law.send(WaveBytes(tag: 7, bits: 8, data: [0xFF, 0xFF]).bytes)
    law.closeWriting()
    #expect(
      try SoundFileReader(descriptor: law.ends[0], name: "-").readAll().samples == [0, 0])
    let text = try Pipe()
    text.send(Array("no audio at all".utf8))
    #expect(throws: SoundFileError.notAudio(path: "-")) {
      try SoundFileReader(descriptor: text.ends[0], name: "-")
    }
  }

  @Test("what is written to a pipe is read from it, with and without a header")
  func writing() throws {
    let folder = try ScratchFolder()
    let format = AudioFormat(sampleRate: 16_000, channels: 2)
    let block = AudioBlock(channels: 2, samples: noise(100))
    for (index, encoding) in [
      wave, .init(container: .wav, sampleFormat: .int16),
      .init(container: .flac, sampleFormat: .int24), nil,
    ].enumerated() {
      let path = folder.path("fifo\(index)")
      #expect(mkfifo(path, 0o600) == 0)
      // Opened for both, so that neither end waits for the other.
      let descriptor = open(path, O_RDWR)
      defer { close(descriptor) }
      let writer =
        try encoding.map {
          try SoundFileWriter(path: path, format: format, encoding: $0, replacing: false)
        } ?? SoundFileWriter(rawSamplesAt: SoundFilePath(path), format: format, replacing: false)
      try writer.write(block)
      let source: any AudioSource
      if encoding == nil {
        source = try RawSampleReader(descriptor: descriptor, name: "-", format: format)
      } else if encoding?.container == .wav {
        source = try SoundFileReader(descriptor: descriptor, name: "-")
      } else {
        try writer.finish()
        var bytes = [UInt8](repeating: 0, count: 10_000)
        let count = Foundation.read(descriptor, &bytes, bytes.count)
        source = try SoundFileReader(path: folder.write(Array(bytes.prefix(count)), "a.flac"))
      }
      #expect(source.format == format)
      let found = try source.read(frames: 50)
      #expect(found?.frames == 50)
      if encoding?.clips != true { #expect(found == block) }
    }
    #expect(!folder.names.contains { $0.hasPrefix(".") })
  }

  @Test("a reader that went away is an error of its own")
  func closedPipe() throws {
    let folder = try ScratchFolder()
    let path = folder.path("fifo")
    #expect(mkfifo(path, 0o600) == 0)
    signal(SIGPIPE, SIG_IGN)
    let descriptor = open(path, O_RDWR)
    let writer = try SoundFileWriter(
      path: path, format: AudioFormat(sampleRate: 8000, channels: 1), encoding: wave,
      replacing: false)
    close(descriptor)
    #expect(throws: SoundFileError.closedPipe(path: path)) {
      try writer.write(AudioBlock(channels: 1, samples: [0]))
    }
  }

  @Test("raw samples in a file have a length")
  func rawFile() throws {
    let folder = try ScratchFolder()
    let format = AudioFormat(sampleRate: 16_000, channels: 2)
    let path = SoundFilePath(folder.path("a.f32"))
    let writer = try SoundFileWriter(rawSamplesAt: path, format: format, replacing: false)
    try writer.write(AudioBlock(channels: 2, samples: [1, 2, 3, 4]))
    try writer.finish()
    #expect(try folder.bytes("a.f32").count == 16)
    let reader = try RawSampleReader(at: path, format: format)
    #expect(reader.frameCount == 2)
    #expect(try reader.readAll().samples == [1, 2, 3, 4])
  }
}
