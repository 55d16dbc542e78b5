// SPDX-License-Identifier: Apache-2.0
internal import Files

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A sound file that is written in order, with bounded memory.
///
/// A file appears under its name only when `finish()` returns; before, it has a hidden name beside
/// it, and `cancel()`, a failing `finish()` or the end of the writer's life removes it. Standard output (`-`),
/// pipes and devices are written as they are: WAV at once, with a header that leaves the length
/// open; other kinds when they are finished.
///
/// Integers are sample × 32768 (16 bits) or × 8388608 (24 bits), rounded to the nearest with ties
/// to even, and saturated; float32 is written bit by bit. Equal input gives equal files, except in
/// Ogg, whose streams have random numbers.
public final class SoundFileWriter: AudioSink {
  private enum Output {
    case file(PartialFile)
    case stream
    /// A file without a name, to be copied to the pipe.
    case spool(Descriptor, pipe: Descriptor)
    case closed
  }

  private let path: SoundFilePath
  private let format: AudioFormat
  private let encoding: SoundFileEncoding?
  private let encoder: any SampleEncoder
  private var output: Output
  private var quantizer: Quantizer
  private var position = 0

  /// Begins a file at `path`, or standard output where that is `-`.
  ///
  /// - Parameters:
  ///   - path: The file; its folder must be there.
  ///   - format: The rate and channels of every block.
  ///   - encoding: How samples are stored.
  ///   - replacing: Whether a file of that name may be there and is then replaced, when finished.
  ///   - dither: Noise added before rounding to integers; none by default.
  /// - Throws: `.exists`, `.cannotWrite` or `.unsupportedEncoding`.
  public convenience init(
    path: String, format: AudioFormat, encoding: SoundFileEncoding, replacing: Bool,
    dither: Dither? = nil
  ) throws(SoundFileError) {
    try self.init(
      at: SoundFilePath(path), format: format, encoding: encoding, replacing: replacing,
      dither: dither)
  }

  /// Begins a file at a path that need not be text; otherwise as `init(path:…)`.
  public convenience init(
    at path: SoundFilePath, format: AudioFormat, encoding: SoundFileEncoding, replacing: Bool,
    dither: Dither? = nil
  ) throws(SoundFileError) {
    try self.init(
      at: path, format: format, encoding: encoding, replacing: replacing, dither: dither,
      longFileBytes: 0xFFFF_FFFF)
  }

  /// Begins a file whose header becomes RF64 where it passes `longFileBytes`.
  package convenience init(
    at path: SoundFilePath, format: AudioFormat, encoding: SoundFileEncoding, replacing: Bool,
    dither: Dither? = nil, longFileBytes: Int
  ) throws(SoundFileError) {
    try encoding.check(format)
    let stream = try Self.openStream(path)
    let output: Output
    let encoder: any SampleEncoder
    do {
      if let stream, encoding.container == .wav {
        output = .stream
        // Standard output may have been redirected to a file, whose header can be completed.
        let status = try stream.status()
        let isNewFile = status.kind == .file && status.size == 0
        encoder = try WaveEncoder(
          stream, format: format, sampleFormat: encoding.sampleFormat,
          header: isNewFile ? .completed(limit: longFileBytes) : .unknownLength)
      } else {
        let descriptor: Descriptor
        if let stream {
          descriptor = try Descriptor.temporary()
          output = .spool(descriptor, pipe: stream)
        } else {
          let file = try PartialFile(path.bytes, replacing: replacing)
          descriptor = file.descriptor
          output = .file(file)
        }
        encoder =
          encoding.container == .wav
          ? try WaveEncoder(
            descriptor, format: format, sampleFormat: encoding.sampleFormat,
            header: .completed(limit: longFileBytes))
          : try LibraryEncoder(descriptor, path: path, format: format, encoding: encoding)
      }
    } catch let error as SoundFileError {
      throw error
    } catch { throw Self.translate(error, path) }
    self.init(path, format, encoding, encoder, output, dither)
  }

  /// Begins headerless float32 samples, interleaved and little-endian, as `RawSampleReader` reads
  /// them: for pipes whose two ends agree on rate and channels.
  ///
  /// - Parameters:
  ///   - path: The file, or `-` for standard output.
  ///   - format: The rate and channels of every block.
  ///   - replacing: Whether a file of that name may be there and is then replaced, when finished.
  /// - Throws: `.exists` or `.cannotWrite`.
  public convenience init(
    rawSamplesAt path: SoundFilePath, format: AudioFormat, replacing: Bool
  ) throws(SoundFileError) {
    let output: Output
    let encoder: any SampleEncoder
    do {
      let descriptor: Descriptor
      if let stream = try Self.openStream(path) {
        (output, descriptor) = (.stream, stream)
      } else {
        let file = try PartialFile(path.bytes, replacing: replacing)
        (output, descriptor) = (.file(file), file.descriptor)
      }
      encoder = try WaveEncoder(
        descriptor, format: format, sampleFormat: .float32, header: .none)
    } catch let error as SoundFileError {
      throw error
    } catch { throw Self.translate(error, path) }
    self.init(path, format, nil, encoder, output, nil)
  }

  private init(
    _ path: SoundFilePath, _ format: AudioFormat, _ encoding: SoundFileEncoding?,
    _ encoder: any SampleEncoder, _ output: Output, _ dither: Dither?
  ) {
    self.path = path
    self.format = format
    self.encoding = encoding
    self.encoder = encoder
    self.output = output
    quantizer = Quantizer(sampleFormat: encoding?.sampleFormat ?? .float32, dither: dither)
  }

  /// Adds a block; to a pipe it goes at once.
  ///
  /// - Throws: `.notFinite` where the file can't hold NaN or infinity (all but float32),
  ///   `.cannotWrite` or `.closedPipe`.
  public func write(_ block: AudioBlock) throws(SoundFileError) {
    precondition(
      block.channels == format.channels,
      "\(path): a block of \(block.channels) channels, expected \(format.channels)")
    if case .closed = output { preconditionFailure("\(path) was finished or given up before") }
    if encoding?.clips == true { try block.checkFinite(path, firstFrame: position) }
    position += block.frames
    if let limit = encoding?.largestFrameCount(format), position > limit {
      throw .cannotWrite(
        path: path.description, reason: "an AIFF file holds at most 4 GiB: choose wav or caf")
    }
    do {
      try encoder.write(block.samples, &quantizer)
    } catch { throw Self.translate(error, path) }
  }

  /// Completes the file and gives it its name.
  ///
  /// - Throws: `.cannotWrite`, `.exists` where the name was taken meanwhile, or `.closedPipe`.
  public func finish() throws(SoundFileError) {
    try complete()
    try commit()
  }

  /// Gives the file up.
  ///
  /// Does nothing after `finish()`.
  public func cancel() {
    if case .file(let file) = output { file.discard() }
    output = .closed
  }

  /// The first half of `finish()`: everything is written, but hasn't its name.
  func complete() throws(SoundFileError) {
    if case .closed = output { preconditionFailure("\(path) was finished or given up before") }
    do {
      try encoder.finish()
      if case .spool(let spool, let pipe) = output {
        try spool.seek(to: 0)
        try spool.copy(to: pipe)
      }
    } catch {
      cancel()
      throw Self.translate(error, path)
    }
  }

  /// The second half of `finish()`.
  ///
  /// The result, where there is one, can be taken back.
  @discardableResult func commit() throws(SoundFileError) -> PartialFile? {
    defer { output = .closed }
    guard case .file(let file) = output else { return nil }
    do {
      try file.commit()
    } catch { throw Self.translate(error, path) }
    return file
  }

  /// Standard output, a pipe or a device; nil where `path` is, or will be, a file.
  private static func openStream(_ path: SoundFilePath) throws(SoundFileError) -> Descriptor? {
    if path.isStandardStream { return Descriptor(borrowing: STDOUT_FILENO) }
    var status = stat()
    guard stat(path.terminated, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return nil
    case S_IFDIR: throw .cannotWrite(path: path.description, reason: "is a folder")
    default:
      do {
        return try Descriptor.open(path.bytes, O_WRONLY)
      } catch { throw translate(error, path) }
    }
  }

  private static func translate(_ error: any Error, _ path: SoundFilePath) -> SoundFileError {
    guard let failure = error as? SystemFailure else {
      return .cannotWrite(path: path.description, reason: "\(error)")
    }
    switch failure.code {
    case EPIPE: return .closedPipe(path: path.description)
    case EEXIST: return .exists(path: path.description)
    default: return .cannotWrite(path: path.description, reason: failure.reason)
    }
  }
}

extension SoundFileEncoding {
  /// Throws where the container can't hold that sample type or format at all.
  ///
  /// - Throws: `.unsupportedEncoding`, which says what to choose.
  public func check(_ format: AudioFormat) throws(SoundFileError) {
    let largestRate = 768_000
    guard 1...64 ~= format.channels, 1...largestRate ~= format.sampleRate else {
      throw .unsupportedEncoding(
        detail: "\(format.channels) channels at \(format.sampleRate) Hz can't be written:"
          + " expected 1 to 64 channels, up to \(largestRate) Hz")
    }
    if container == .flac && sampleFormat == .float32 {
      throw .unsupportedEncoding(
        detail: "flac has no float32 samples: choose int24, or the wav format")
    }
  }

  /// How many frames of `format` fit; nil where the file system sets the limit.
  fileprivate func largestFrameCount(_ format: AudioFormat) -> Int? {
    // The chunk's size has 32 bits, and a few other chunks need room.
    container == .aiff ? (0xFFFF_FFFF - 65_536) / (format.channels * sampleFormat.bytes) : nil
  }
}
