// SPDX-License-Identifier: Apache-2.0
import Foundation
import SoundFiles
import TestSupport

/// A folder that lives as long as one test.
final class ScratchFolder {
  let url: URL

  init() throws { url = try Fixtures.temporaryFolder() }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  /// Everything that is there, hidden files too.
  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
  }

  func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  func write(_ bytes: [UInt8], _ name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }
}

/// A block that is there already.
final class MemorySource: AudioSource {
  let format: AudioFormat
  let frameCount: Int?
  private var rest: ArraySlice<Float>

  init(_ samples: [Float], channels: Int = 1, sampleRate: Int = 44_100, knowsLength: Bool = true) {
    format = AudioFormat(sampleRate: sampleRate, channels: channels)
    frameCount = knowsLength ? samples.count / channels : nil
    rest = samples[...]
  }

  func read(frames: Int) throws(SoundFileError) -> AudioBlock? {
    guard !rest.isEmpty else { return nil }
    let part = Array(rest.prefix(frames * format.channels))
    rest = rest.dropFirst(part.count)
    return AudioBlock(channels: format.channels, samples: part)
  }
}

/// Uniform noise between ±`level`, the same for the same seed.
func noise(_ count: Int, level: Float = 0.9, seed: UInt64 = 1) -> [Float] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return level * (Float(state >> 40) / Float(1 << 23) - 1)
  }
}

/// A tone of 0.5, different in each channel; frequencies in cycles a frame.
func tone(_ frames: Int, channels: Int = 1, frequency: Double = 0.01) -> [Float] {
  (0..<(frames * channels)).map { index in
    let (frame, channel) = (index / channels, index % channels)
    return Float(0.5 * sin(2 * .pi * frequency * Double(channel + 1) * Double(frame)))
  }
}

let wave = SoundFileEncoding(container: .wav, sampleFormat: .float32)

/// Writes one file in one go.
func write(
  _ samples: [Float], _ path: String, channels: Int = 1, sampleRate: Int = 44_100,
  _ encoding: SoundFileEncoding = wave, replacing: Bool = false
) throws {
  let writer = try SoundFileWriter(
    path: path, format: AudioFormat(sampleRate: sampleRate, channels: channels),
    encoding: encoding, replacing: replacing)
  try writer.write(AudioBlock(channels: channels, samples: samples))
  try writer.finish()
}
