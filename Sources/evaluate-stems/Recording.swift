// SPDX-License-Identifier: Apache-2.0
internal import CommandSupport
internal import Evaluation
internal import SoundFiles

/// A recording to compare, whole in memory.
struct Recording {
  let path: PathBytes
  let signal: InterleavedSignal

  /// Reads the recording at `path`.
  ///
  /// - Parameter other: a recording it must be comparable with: same rate, channels and length.
  /// - Throws: `SoundFileError`; `Failure` where the two differ or the user interrupts.
  init(_ path: PathBytes, comparableWith other: Recording? = nil) throws {
    self.path = path
    let reader = try SoundFileReader(at: path.soundFile)
    let format = reader.format
    if let other {
      // Before the samples are read: a wrong file need not be read to its end.
      try Self.expect(format.sampleRate, "Hz", path, asIn: other, other.signal.sampleRate)
      try Self.expect(format.channels, "channels", path, asIn: other, other.signal.channels)
    }
    var samples: [Float] = []
    while let block = try reader.read(frames: 65_536) {
      try Interruption.check()
      samples += block.samples
    }
    signal = InterleavedSignal(samples, channels: format.channels, sampleRate: format.sampleRate)
    if let other {
      try Self.expect(signal.frames, "samples a channel", path, asIn: other, other.signal.frames)
    }
    if signal.frames == 0 { throw Failure(.badData, "\(path): holds no samples") }
  }

  private static func expect(
    _ found: Int, _ unit: String, _ path: PathBytes, asIn other: Recording, _ expected: Int
  ) throws(Failure) {
    guard found != expected else { return }
    throw Failure(
      .badData, "\(path): has \(found) \(unit), expected \(expected) as in \(other.path)")
  }
}
