// SPDX-License-Identifier: Apache-2.0
internal import CommandSupport
internal import Evaluation
internal import SoundFiles

/// A sound file that is scored while it is read.
///
/// Only what the last reading returned is held: metrics read forward, a little of each piece twice.
final class RecordedSound: SignalSource {
  let channels: Int
  let sampleRate: Int
  let frames: Int

  private let path: PathBytes
  private let reader: SoundFileReader
  /// The samples from the frame `start` on.
  private var buffer: [Float] = []
  private var start = 0

  /// Opens the file at `path`.
  ///
  /// - Throws: `SoundFileError`; `Failure` where the file is cut short or holds nothing.
  init(_ path: PathBytes) throws {
    self.path = path
    reader = try SoundFileReader(at: path.soundFile)
    channels = reader.format.channels
    sampleRate = reader.format.sampleRate
    try Self.checkTruncation(reader, path)
    if let frames = reader.frameCount {
      self.frames = frames
    } else {
      // Some kinds do not tell their length: it is what there is.
      while let block = try reader.read(frames: 65_536) { buffer += block.samples }
      frames = buffer.count / channels
    }
    if frames == 0 { throw Failure(.badData, "\(path): holds no samples") }
  }

  func samples(in range: Range<Int>) throws -> [Float] {
    try Interruption.check()
    if range.lowerBound < start || range.lowerBound > start + buffer.count / channels {
      try reader.seek(toFrame: range.lowerBound)
      (buffer, start) = ([], range.lowerBound)
    }
    if reader.frameCount == nil {
      return Array(buffer[range.lowerBound * channels..<range.upperBound * channels])
    }
    buffer.removeFirst((range.lowerBound - start) * channels)
    start = range.lowerBound
    while buffer.count < range.count * channels {
      guard let block = try reader.read(frames: range.count - buffer.count / channels) else {
        try Self.checkTruncation(reader, path)
        throw Failure(.badData, "\(path): ends before its \(frames) frames")
      }
      buffer += block.samples
    }
    return Array(buffer[..<(range.count * channels)])
  }

  /// A score of half a file would be one of something else.
  private static func checkTruncation(
    _ reader: SoundFileReader, _ path: PathBytes
  ) throws(Failure) {
    guard let truncation = reader.truncation else { return }
    throw Failure(
      .badData,
      "\(path): is cut short, \(truncation.foundFrames) of \(truncation.expectedFrames) frames")
  }
}
