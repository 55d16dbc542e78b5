// SPDX-License-Identifier: Apache-2.0
internal import CSndfile
internal import Files

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What libsndfile reads and writes through.
///
/// It keeps the system's error, which the library forgets, so that a full disk is told from a
/// damaged file.
final class LibraryChannel {
  let descriptor: Descriptor
  fileprivate(set) var failure: SystemFailure?

  init(_ descriptor: Descriptor) { self.descriptor = descriptor }

  /// Opens a handle whose calls arrive here; the channel must outlive it.
  fileprivate func open(_ mode: Int32, _ info: inout SF_INFO) -> OpaquePointer? {
    var calls = SF_VIRTUAL_IO(
      get_filelen: { LibraryChannel.from($0).size() },
      seek: { offset, whence, channel in
        sf_count_t(lseek(LibraryChannel.from(channel).descriptor.number, off_t(offset), whence))
      },
      read: { buffer, count, channel in
        LibraryChannel.from(channel).read(
          UnsafeMutableRawBufferPointer(start: buffer, count: Int(count)))
      },
      write: { buffer, count, channel in
        LibraryChannel.from(channel).write(UnsafeRawBufferPointer(start: buffer, count: Int(count)))
      },
      tell: { sf_count_t(lseek(LibraryChannel.from($0).descriptor.number, 0, SEEK_CUR)) })
    return sf_open_virtual(&calls, mode, &info, Unmanaged.passUnretained(self).toOpaque())
  }

  private static func from(_ pointer: UnsafeMutableRawPointer?) -> LibraryChannel {
    guard let pointer else { fatalError("libsndfile lost the channel it was given") }
    return Unmanaged<LibraryChannel>.fromOpaque(pointer).takeUnretainedValue()
  }

  private func size() -> sf_count_t {
    do { return sf_count_t(try descriptor.status().size) } catch { return 0 }
  }

  private func read(_ buffer: UnsafeMutableRawBufferPointer) -> sf_count_t {
    do {
      return sf_count_t(try descriptor.read(into: buffer))
    } catch {
      failure = error
      return 0
    }
  }

  private func write(_ buffer: UnsafeRawBufferPointer) -> sf_count_t {
    // After a failure nothing more is tried: what follows would leave a hole.
    guard failure == nil else { return 0 }
    do {
      try descriptor.write(buffer)
      return sf_count_t(buffer.count)
    } catch {
      failure = error
      return 0
    }
  }
}

/// A file that libsndfile decodes.
final class LibraryFile: SampleStream {
  let format: AudioFormat
  let frameCount: Int?
  let isSeekable: Bool
  private let path: SoundFilePath
  private let channel: LibraryChannel
  private let handle: OpaquePointer

  /// Opens a regular file, from its beginning.
  init(_ descriptor: Descriptor, path: SoundFilePath) throws(SoundFileError) {
    self.path = path
    channel = LibraryChannel(descriptor)
    let mpegStatesLength: Bool
    do {
      mpegStatesLength = try AudioContainer.mpegStatesLength(descriptor)
      try descriptor.seek(to: 0)
    } catch { throw .unreadable(path: path.description, reason: error.reason) }
    var info = SF_INFO()
    guard let handle = channel.open(Int32(SFM_READ), &info) else {
      if let failure = channel.failure {
        throw .unreadable(path: path.description, reason: failure.reason)
      }
      switch Int(sf_error(nil)) {
      case SF_ERR_UNRECOGNISED_FORMAT: throw .notAudio(path: path.description)
      case SF_ERR_UNSUPPORTED_ENCODING:
        throw .unsupported(path: path.description, detail: "its encoding is not known here")
      default: throw .malformed(path: path.description, detail: Self.message(nil))
      }
    }
    self.handle = handle
    format = AudioFormat(sampleRate: Int(info.samplerate), channels: Int(info.channels))
    let container = Int(info.format) & SF_FORMAT_TYPEMASK
    let isMPEG = container == SF_FORMAT_MPEG
    // Where the length is unknown, the library states the largest number it has.
    let known = 0..<(sf_count_t.max >> 8)
    frameCount = known ~= info.frames && (!isMPEG || mpegStatesLength) ? Int(info.frames) : nil
    isSeekable = info.seekable != 0
    guard Self.accepted.contains(container) else {
      throw .unsupported(path: path.description, detail: "its container is not accepted")
    }
  }

  deinit { _ = sf_close(handle) }

  private static let accepted = [
    SF_FORMAT_WAV, SF_FORMAT_WAVEX, SF_FORMAT_RF64, SF_FORMAT_W64, SF_FORMAT_AIFF, SF_FORMAT_AU,
    SF_FORMAT_CAF, SF_FORMAT_FLAC, SF_FORMAT_OGG, SF_FORMAT_MPEG,
  ]

  func read(frames: Int) throws(SoundFileError) -> [Float] {
    var got = 0
    let samples = [Float](unsafeUninitializedCapacity: frames * format.channels) {
      buffer, initialized in
      while got < frames {
        let place = buffer.baseAddress.map { $0 + got * format.channels }
        let more = Int(sf_readf_float(handle, place, sf_count_t(frames - got)))
        if more <= 0 { break }
        got += more
      }
      initialized = got * format.channels
    }
    if let failure = channel.failure {
      throw .unreadable(path: path.description, reason: failure.reason)
    }
    if got < frames && sf_error(handle) != 0 {
      throw .malformed(path: path.description, detail: Self.message(handle))
    }
    return samples
  }

  func seek(toFrame frame: Int) throws(SoundFileError) {
    if sf_seek(handle, sf_count_t(frame), SEEK_SET) < 0 {
      throw .malformed(path: path.description, detail: Self.message(handle))
    }
  }

  fileprivate static func message(_ handle: OpaquePointer?) -> String {
    sf_strerror(handle).map { String(cString: $0) } ?? "unknown error"
  }
}

/// A file that libsndfile encodes.
final class LibraryEncoder: SampleEncoder {
  private let format: AudioFormat
  private let encoding: SoundFileEncoding
  private let channel: LibraryChannel
  private var handle: OpaquePointer?

  /// Begins a file in `descriptor`, which must be a regular file.
  init(
    _ descriptor: Descriptor, path: SoundFilePath, format: AudioFormat, encoding: SoundFileEncoding
  ) throws(SoundFileError) {
    self.format = format
    self.encoding = encoding
    channel = LibraryChannel(descriptor)
    var info = SF_INFO()
    info.samplerate = Int32(format.sampleRate)
    info.channels = Int32(format.channels)
    info.format = encoding.libraryFormat
    guard sf_format_check(&info) != 0, let handle = channel.open(Int32(SFM_WRITE), &info)
    else {
      if let failure = channel.failure {
        throw .cannotWrite(path: path.description, reason: failure.reason)
      }
      throw .unsupportedEncoding(
        detail: "\(encoding.container) can't hold \(format.channels) channels at"
          + " \(format.sampleRate) Hz: choose another format, such as wav")
    }
    self.handle = handle
    if !encoding.clips {
      // The chunk of peaks has a date in it: equal input would give unequal files. The header is
      // there already and becomes shorter.
      _ = sf_command(handle, Int32(SFC_SET_ADD_PEAK_CHUNK), nil, 0)
      _ = ftruncate(descriptor.number, lseek(descriptor.number, 0, SEEK_CUR))
    }
    switch encoding.container {
    case .ogg:
      var quality = 0.6
      set(SFC_SET_VBR_ENCODING_QUALITY, &quality)
    case .mp3:
      var mode = Int32(SF_BITRATE_MODE_CONSTANT)
      set(SFC_SET_BITRATE_MODE, &mode)
      var compression = 0.0
      set(SFC_SET_COMPRESSION_LEVEL, &compression)
    case .wav, .flac, .aiff, .caf: break
    }
  }

  deinit {
    if let handle { _ = sf_close(handle) }
  }

  func write(_ samples: [Float], _ quantizer: inout Quantizer) throws(SystemFailure) {
    // Some encoders keep a call's samples on the stack.
    let step = 4096 * format.channels
    for start in stride(from: 0, to: samples.count, by: step) {
      let part = Array(samples[start..<min(start + step, samples.count)])
      let frames = sf_count_t(part.count / format.channels)
      let written =
        encoding.clips && !encoding.isLossy
        ? sf_writef_int(handle, quantizer.integers(part), frames)
        : sf_writef_float(handle, part, frames)
      if written != frames { throw channel.failure ?? SystemFailure(code: EIO) }
    }
  }

  func finish() throws(SystemFailure) {
    // Without samples FLAC's header would never be written.
    if encoding.container == .flac { _ = sf_command(handle, Int32(SFC_UPDATE_HEADER_NOW), nil, 0) }
    let status = sf_close(handle)
    handle = nil
    if let failure = channel.failure { throw failure }
    if status != 0 { throw SystemFailure(code: EIO) }
  }

  private func set<T: BitwiseCopyable>(_ command: Int, _ value: inout T) {
    _ = sf_command(handle, Int32(command), &value, Int32(MemoryLayout<T>.size))
  }
}

extension SoundFileEncoding {
  fileprivate var libraryFormat: Int32 {
    let container =
      switch self.container {
      case .wav: SF_FORMAT_WAV
      case .flac: SF_FORMAT_FLAC
      case .ogg: SF_FORMAT_OGG
      case .mp3: SF_FORMAT_MPEG
      case .aiff: SF_FORMAT_AIFF
      case .caf: SF_FORMAT_CAF
      }
    let sample =
      switch (self.container, sampleFormat) {
      case (.ogg, _): SF_FORMAT_VORBIS
      case (.mp3, _): SF_FORMAT_MPEG_LAYER_III
      case (_, .int16): SF_FORMAT_PCM_16
      case (_, .int24): SF_FORMAT_PCM_24
      case (_, .float32): SF_FORMAT_FLOAT
      }
    return Int32(container | sample)
  }
}
