// SPDX-License-Identifier: Apache-2.0
internal import Files

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Headerless float32 samples, interleaved and little-endian, from a file or a pipe: what
/// `SoundFileWriter(rawSamplesAt:format:replacing:)` writes.
public final class RawSampleReader: AudioSource {
  /// The rate and channels that both ends have agreed on.
  public let format: AudioFormat
  /// How many frames a file has; nil for a pipe.
  public var frameCount: Int? { stream.frameCount }

  private let path: SoundFilePath
  private let stream: PulseCodeStream
  private var position = 0

  /// Opens the file at `path`, or standard input where that is `-`.
  ///
  /// - Throws: `.missing`, `.isFolder` or `.unreadable`.
  public convenience init(at path: SoundFilePath, format: AudioFormat) throws(SoundFileError) {
    try self.init(try SoundFileReader.open(path), path: path, format: format)
  }

  /// Reads from a descriptor that is open already and stays the caller's.
  ///
  /// - Throws: `.isFolder` or `.unreadable`.
  public convenience init(
    descriptor: Int32, name: String, format: AudioFormat
  ) throws(SoundFileError) {
    try self.init(
      Descriptor(borrowing: descriptor), path: SoundFilePath(name), format: format)
  }

  private init(
    _ descriptor: Descriptor, path: SoundFilePath, format: AudioFormat
  ) throws(SoundFileError) {
    self.path = path
    self.format = format
    try format.check(path: path)
    let status: (kind: Descriptor.Kind, size: Int)
    do {
      status = try descriptor.status()
    } catch { throw .unreadable(path: path.description, reason: error.reason) }
    if status.kind == .folder { throw .isFolder(path: path.description) }
    let isFile = status.kind == .file
    stream = PulseCodeStream(
      descriptor, path: path, format: format, code: .float32, start: 0,
      frameCount: isFile ? status.size / (4 * format.channels) : nil, isSeekable: isFile)
  }

  /// The next at most `frames` frames (> 0); nil at the end.
  ///
  /// - Throws: `.notFinite` or `.unreadable`.
  public func read(frames: Int) throws(SoundFileError) -> AudioBlock? {
    precondition(frames > 0, "\(frames) frames were asked for")
    let block = try stream.readBlock(frames: frames)
    let start = position
    position += block.frames
    try block.checkFinite(path, firstFrame: start)
    return block.frames == 0 ? nil : block
  }
}
