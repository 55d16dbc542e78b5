// SPDX-License-Identifier: Apache-2.0
import Foundation
import SoundFiles
import Testing

/// Whether the ffmpeg program is installed.
private let ffmpeg = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
  .map { "\($0)/ffmpeg" }.first { FileManager.default.isExecutableFile(atPath: $0) }

@Suite("Files that ffmpeg decodes", .enabled(if: ffmpeg != nil, "ffmpeg is not installed"))
struct FFmpegReaderTests {
  /// A Matroska file with lossless streams of sound, each of its own rate and length.
  private func matroska(_ folder: ScratchFolder, _ waves: [WaveBytes], _ name: String) throws
    -> String
  {
    var arguments = ["-v", "error", "-nostdin"]
    for (index, wave) in waves.enumerated() {
      arguments += ["-i", try folder.write(wave.bytes, "\(index).wav")]
    }
    for index in waves.indices { arguments += ["-map", "\(index):a"] }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(ffmpeg))
    process.arguments = arguments + ["-c:a", "flac", "-f", "matroska", "file:" + folder.path(name)]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return folder.path(name)
  }

  private func ramp(_ frames: Int, step: Int) -> [Int] {
    (0..<frames).map { Int(Int16(truncatingIfNeeded: $0 * step)) }
  }

  @Test("lossless streams arrive exactly, each by its number")
  func exact() throws {
    let folder = try ScratchFolder()
    let (first, second) = (ramp(30_000, step: 3), ramp(2 * 9000, step: 7))
    let path = try matroska(
      folder,
      [
        WaveBytes(channels: 1, sampleRate: 44100, data: shorts(first)),
        WaveBytes(channels: 2, sampleRate: 48000, data: shorts(second)),
      ], "two ☃ streams.mka")
    for (stream, samples, format) in [
      (0, first, AudioFormat(sampleRate: 44100, channels: 1)),
      (1, second, AudioFormat(sampleRate: 48000, channels: 2)),
    ] {
      let reader = try FFmpegReader(at: SoundFilePath(path), audioStream: stream)
      #expect(reader.format == format)
      #expect(try reader.readAll().samples == samples.map { Float($0) / 32768 })
    }
    #expect(throws: SoundFileError.unsupported(path: path, detail: "has no such stream of sound")) {
      try FFmpegReader(at: SoundFilePath(path), audioStream: 2)
    }
    #expect(try openSound(at: SoundFilePath(path)) is FFmpegReader)
  }

  @Test(
    "a name that looks like an option or an address is a file's name",
    arguments: ["-y.mka", "http:x.mka"])
  func names(name: String) throws {
    let folder = try ScratchFolder()
    let path = try matroska(
      folder, [WaveBytes(data: shorts(ramp(100, step: 1)))], name)
    #expect(try FFmpegReader(at: SoundFilePath(path)).readAll().frames > 0)
  }

  @Test("a reader that is let go of early leaves no program behind")
  func early() throws {
    let folder = try ScratchFolder()
    let path = try matroska(
      folder, [WaveBytes(data: shorts(ramp(2_000_000, step: 5)))], "long.mka")
    let reader = try FFmpegReader(at: SoundFilePath(path))
    #expect(try reader.read(frames: 10)?.frames == 10)
  }

  @Test("what ffmpeg can't decode either keeps its error")
  func refused() throws {
    let folder = try ScratchFolder()
    let text = try folder.write(Array("Dear reader, this is text.".utf8), "text.wav")
    #expect(throws: SoundFileError.self) { try openSound(at: SoundFilePath(text)) }
    let broken = try folder.write(Array("....ftypM4A ........".utf8), "a.m4a")
    #expect {
      try openSound(at: SoundFilePath(broken))
    } throws: { error in
      guard case SoundFileError.malformed(broken, let detail) = error else { return false }
      return detail.contains("ffmpeg gave up: ")
    }
    let missing = folder.path("missing.m4a")
    #expect(throws: SoundFileError.missing(path: missing)) {
      try openSound(at: SoundFilePath(missing))
    }
  }
}
