// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A sound file, or a pipe that carries one, read in order with bounded memory.
///
/// WAV and RF64, RIFX, W64, AIFF, CAF, AU, FLAC, Ogg (Vorbis, Opus, FLAC) and MP3. A WAV in a pipe
/// is read live, whatever length its header states; other kinds are first copied to a file that
/// has no name. Samples are float32, integers scaled so that full scale is ±1.
public final class SoundFileReader: AudioSource {
  /// A file that ends before the length its header states.
  public struct Truncation: Sendable, Equatable {
    /// What the header states.
    public let expectedFrames: Int
    /// What there is.
    public let foundFrames: Int
  }

  /// The rate and channel count.
  public let format: AudioFormat
  /// Whether `seek(toFrame:)` works: in files, not in live pipes.
  public var isSeekable: Bool { stream.isSeekable }
  /// Set where the file turned out shorter than its header states: at once for WAV, for other
  /// kinds when the end is reached.
  public private(set) var truncation: Truncation?

  private let path: SoundFilePath
  private let stream: any SampleStream
  private var expectedFrames: Int?
  private var position = 0

  /// Opens the file at `path`, or standard input where that is `-`.
  ///
  /// - Throws: `.missing`, `.isFolder`, `.unreadable`, `.empty`, `.notAudio`, `.unsupported` or
  ///   `.malformed`.
  public convenience init(path: String) throws(SoundFileError) {
    try self.init(at: SoundFilePath(path))
  }

  /// Opens the file at a path that need not be text, or standard input where that is `-`.
  ///
  /// - Throws: As `init(path:)`.
  public convenience init(at path: SoundFilePath) throws(SoundFileError) {
    try self.init(try Self.open(path), path: path)
  }

  /// Reads from a descriptor that is open already: a file from its beginning on, or a pipe.
  ///
  /// The descriptor stays the caller's, to be closed after the reader is gone.
  public convenience init(descriptor: Int32, name: String) throws(SoundFileError) {
    try self.init(Descriptor(borrowing: descriptor), path: SoundFilePath(name))
  }

  private init(_ descriptor: Descriptor, path: SoundFilePath) throws(SoundFileError) {
    self.path = path
    let name = path.description
    var descriptor = descriptor
    do {
      let (kind, size) = try descriptor.status()
      if kind == .folder { throw SoundFileError.isFolder(path: name) }
      if kind == .file { try descriptor.seek(to: 0) }

      var bytes = try descriptor.read(count: AudioContainer.signatureLength)
      guard !bytes.isEmpty else { throw SoundFileError.empty(path: name) }
      var header: WaveHeader?
      switch AudioContainer(firstBytes: bytes) {
      case .wave: header = try WaveHeader(descriptor, bytes: &bytes)
      case .other: break
      case .unreadable(let kind):
        throw SoundFileError.unsupported(
          path: name, detail: "is \(kind), which is not decoded here: convert it to WAV or FLAC")
      case nil: throw SoundFileError.notAudio(path: name)
      }

      if let header, let code = header.pulseCode {
        format = AudioFormat(sampleRate: header.sampleRate, channels: header.channels)
        try format.check(path: path)
        let expected = header.dataBytes.map { $0 / header.bytesPerFrame }
        var frames = expected
        if kind == .file {
          let found = max(0, size - header.dataStart) / header.bytesPerFrame
          frames = min(found, expected ?? found)
          if let expected, found < expected {
            truncation = Truncation(expectedFrames: expected, foundFrames: found)
          }
        }
        expectedFrames = frames
        stream = PulseCodeStream(
          descriptor, path: path, format: format, code: code, start: header.dataStart,
          frameCount: frames, isSeekable: kind == .file)
        return
      }

      if kind == .stream {
        // These kinds need to look back and ahead.
        let spool = try Descriptor.temporary()
        try spool.write(bytes)
        try descriptor.copy(to: spool)
        descriptor = spool
      }
      stream = try LibraryFile(descriptor, path: path)
      format = stream.format
      try format.check(path: path)
      expectedFrames = stream.frameCount
    } catch let error as SoundFileError {
      throw error
    } catch WaveHeader.Failure.malformed(let detail) {
      throw .malformed(path: name, detail: detail)
    } catch WaveHeader.Failure.system(let failure) {
      throw .unreadable(path: name, reason: failure.reason)
    } catch {
      throw .unreadable(path: name, reason: (error as? SystemFailure)?.reason ?? "\(error)")
    }
  }

  static func open(_ path: SoundFilePath) throws(SoundFileError) -> Descriptor {
    if path.isStandardStream { return Descriptor(borrowing: STDIN_FILENO) }
    do {
      return try Descriptor.open(path, O_RDONLY)
    } catch {
      switch error.code {
      case ENOENT, ENOTDIR: throw .missing(path: path.description)
      default: throw .unreadable(path: path.description, reason: error.reason)
      }
    }
  }

  /// How many frames there are; nil for a pipe whose header doesn't say, and for MP3 and damaged Ogg
  /// files that don't tell.
  public var frameCount: Int? { stream.frameCount }

  /// The next at most `frames` frames (> 0); nil at the end.
  ///
  /// - Throws: `.notFinite`, `.malformed` or `.unreadable`.
  public func read(frames: Int) throws(SoundFileError) -> AudioBlock? {
    precondition(frames > 0, "\(frames) frames were asked for")
    let block = try stream.readBlock(frames: frames)
    let start = position
    position += block.frames
    try block.checkFinite(path, firstFrame: start)
    if block.frames < frames, let expectedFrames, position < expectedFrames {
      truncation = Truncation(expectedFrames: expectedFrames, foundFrames: position)
    }
    return block.frames == 0 ? nil : block
  }

  /// Continues reading at a frame, counted from 0; at the length or beyond it, at the end.
  ///
  /// - Throws: `.unsupported` where the input is a pipe, `.malformed` or `.unreadable`.
  public func seek(toFrame frame: Int) throws(SoundFileError) {
    precondition(frame >= 0, "frame \(frame) is before the beginning")
    guard isSeekable else {
      throw .unsupported(path: path.description, detail: "is a pipe, which can't be read twice")
    }
    let place = min(frame, frameCount ?? frame)
    // An empty FLAC states no length, and libsndfile fails to seek in it.
    if place == position { return }
    try stream.seek(toFrame: place)
    position = place
  }
}
