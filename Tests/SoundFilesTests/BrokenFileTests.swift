// SPDX-License-Identifier: Apache-2.0
import Foundation
import SoundFiles
import Testing

@Suite struct BrokenFileTests {
  @Test("each way of not being a sound file is an error of its own")
  func errors() throws {
    let folder = try ScratchFolder()
    func opening(_ path: String, fails expected: SoundFileError) {
      #expect(throws: expected) { try SoundFileReader(path: path) }
      #expect(expected.description.contains(path))
    }
    let missing = folder.path("missing.wav")
    opening(missing, fails: .missing(path: missing))
    let inFile = try folder.write([1], "file") + "/a.wav"
    opening(inFile, fails: .missing(path: inFile))
    opening(folder.url.path, fails: .isFolder(path: folder.url.path))
    let empty = try folder.write([], "empty.wav")
    opening(empty, fails: .empty(path: empty))
    let text = try folder.write(Array("Dear reader, this is text.".utf8), "text.wav")
    opening(text, fails: .notAudio(path: text))
    let matrix = try folder.write(Array("MATLAB 5.0 MAT-file, Platform".utf8), "a.mat")
    opening(matrix, fails: .notAudio(path: matrix))
    #expect {
      try SoundFileReader(path: folder.write(Array("....ftypM4A ........".utf8), "a.m4a"))
    } throws: { error in
      guard case SoundFileError.unsupported = error else { return false }
      return "\(error)".contains("MPEG-4")
    }
    #expect(throws: SoundFileError.self) { try SoundFileReader(path: "/proc/self/mem") }
    #expect(throws: SoundFileError.self) {
      try SoundFileReader(at: SoundFilePath(bytes: Array(text.utf8) + [0, 1]))
    }
  }

  @Test("absurd channel counts and rates are refused")
  func limits() throws {
    let folder = try ScratchFolder()
    for wave in [
      WaveBytes(channels: 0), WaveBytes(channels: 65), WaveBytes(sampleRate: 999),
      WaveBytes(sampleRate: 768_001), WaveBytes(sampleRate: 0),
    ] {
      let path = try folder.write(wave.bytes + [0, 0, 0, 0], "a.wav")
      #expect(throws: SoundFileError.self) { try SoundFileReader(path: path) }
    }
    let path = try folder.write(WaveBytes(channels: 64, data: shorts([0])).bytes, "b.wav")
    #expect(try SoundFileReader(path: path).frameCount == 0)
  }

  @Test(
    "a damaged file gives a typed error or samples, never a crash or no end",
    arguments: ["wav16", "wav32", "aiff", "caf", "flac", "ogg", "mp3"])
  func corpus(_ kind: String) throws {
    let folder = try ScratchFolder()
    let name = kind.hasPrefix("wav") ? "wav" : kind
    let container = try #require(SoundFileEncoding.Container(name: name))
    let encoding = SoundFileEncoding(
      container: container, sampleFormat: kind == "wav32" ? .float32 : .int16)
    let frames = 700
    try write(tone(frames, channels: 2), folder.path("whole"), channels: 2, encoding)
    let whole = try folder.bytes("whole")
    let headerBytes = min(whole.count, 120)
    let step = max(1, whole.count / 60)
    let places = Array(0..<headerBytes) + stride(from: headerBytes, to: whole.count, by: step)
    var random = noise(places.count, seed: 7)[...]

    func check(_ bytes: [UInt8]) throws {
      let path = try folder.write(bytes, "broken")
      do {
        let reader = try SoundFileReader(path: path)
        var found = 0
        while let block = try reader.read(frames: 4096) {
          found += block.frames
          // A flipped bit may turn two channels of 16 bits into one of 8.
          try #require(found <= 100 * frames)
        }
      } catch is SoundFileError {}
    }
    for place in places {
      try check(Array(whole.prefix(place)))
      var flipped = whole
      let bit = Int(((random.popFirst() ?? 0) + 1) * 4) & 7
      flipped[place] ^= 1 << bit
      try check(flipped)
      flipped[place] = 0xFF
      try check(flipped)
    }
  }
}
