// SPDX-License-Identifier: Apache-2.0
internal import CommandSupport
internal import Evaluation
internal import SoundFiles

/// Opens a sound to be scored while it is read.
///
/// Files whose length is known before they are read are read as often as metrics ask; what comes out
/// of a decoder of unknown length is decoded once, into a nameless temporary file.
///
/// - Throws: `SoundFileError`; `Failure` where the sound is cut short or empty.
func openRecordedSound(_ location: SoundLocation) throws -> any SignalSource {
  let path = location.path
  if let stream = location.stream {
    return try spooled(FFmpegReader(at: path.soundFile, audioStream: stream), path)
  }
  let source = try openSound(at: path.soundFile)
  guard let reader = source as? SoundFileReader, let frames = reader.frameCount,
    reader.isSeekable
  else { return try spooled(source, path) }
  return try RecordedSound(reader, frames: frames, path)
}

private func spooled(_ source: any AudioSource, _ path: PathBytes) throws -> SpooledSound {
  let sound = try SpooledSound(
    channels: source.format.channels, sampleRate: source.format.sampleRate)
  while let block = try source.read(frames: 65_536) {
    try Interruption.check()
    try sound.append(block.samples)
  }
  if let reader = source as? SoundFileReader { try RecordedSound.checkTruncation(reader, path) }
  if sound.frames == 0 { throw Failure(.badData, "\(path): holds no samples") }
  return sound
}

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

  fileprivate init(_ reader: SoundFileReader, frames: Int, _ path: PathBytes) throws(Failure) {
    self.path = path
    self.reader = reader
    self.frames = frames
    channels = reader.format.channels
    sampleRate = reader.format.sampleRate
    try Self.checkTruncation(reader, path)
    if frames == 0 { throw Failure(.badData, "\(path): holds no samples") }
  }

  func samples(in range: Range<Int>) throws -> [Float] {
    try Interruption.check()
    if range.lowerBound < start || range.lowerBound > start + buffer.count / channels {
      try reader.seek(toFrame: range.lowerBound)
      (buffer, start) = ([], range.lowerBound)
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
  fileprivate static func checkTruncation(
    _ reader: SoundFileReader, _ path: PathBytes
  ) throws(Failure) {
    guard let truncation = reader.truncation else { return }
    throw Failure(
      .badData,
      "\(path): is cut short, \(truncation.foundFrames) of \(truncation.expectedFrames) frames")
  }
}
