// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Opens a sound file, with the `ffmpeg` program where libsndfile doesn't know its kind.
///
/// - Parameter path: A file, or `-` for standard input, which ffmpeg isn't asked for.
/// - Throws: As `SoundFileReader` and `FFmpegReader`.
public func openSound(at path: SoundFilePath) throws(SoundFileError) -> any AudioSource {
  do {
    return try SoundFileReader(at: path)
  } catch {
    switch error {
    case .unsupported, .notAudio: break
    default: throw error
    }
    guard !path.isStandardStream else { throw error }
    do {
      return try FFmpegReader(at: path)
    } catch let second {
      // What neither knows is most likely no sound at all.
      throw error == .notAudio(path: path.description) ? error : second
    }
  }
}

/// The sound in a file that the `ffmpeg` program decodes: MPEG-4, Matroska, videos and many more.
///
/// The program runs beside this one and is read live, with bounded memory. It may open no other file
/// than the one named, and nothing on the network.
public final class FFmpegReader: AudioSource {
  /// The rate and channels of the sound as it is in the file.
  public var format: AudioFormat { reader.format }
  /// Nil: containers state durations, but not how many frames come out of the decoder.
  public var frameCount: Int? { nil }

  private let path: SoundFilePath
  private let program: ChildProgram
  private let reader: SoundFileReader

  /// Starts the program.
  ///
  /// - Parameters:
  ///   - path: A file.
  ///   - audioStream: Which of the file's streams of sound, counted from 0.
  /// - Throws: `.programMissing`, `.missing`, `.unsupported` where there is no such stream,
  ///   `.malformed`.
  public init(at path: SoundFilePath, audioStream: Int = 0) throws(SoundFileError) {
    self.path = path
    // Missing files and folders get this package's own words.
    _ = try SoundFileReader.open(path)
    // As a URL, a name may contain what would otherwise be an option or a protocol.
    let input = Array("file:".utf8) + path.bytes
    program = try ChildProgram(
      "ffmpeg",
      arguments: [
        "-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe", "-i",
      ].map { Array($0.utf8) } + [input]
        + ["-map", "0:a:\(audioStream)", "-c:a", "pcm_f32le", "-f", "wav", "pipe:1"]
        .map { Array($0.utf8) }, for: path)
    do {
      reader = try SoundFileReader(
        descriptor: program.output.number, name: path.description)
    } catch {
      throw program.failure(path) ?? error
    }
  }

  /// The next at most `frames` frames (> 0); nil at the end.
  ///
  /// - Throws: `.notFinite`, `.unreadable`; `.malformed` with the program's words where it gave up.
  public func read(frames: Int) throws(SoundFileError) -> AudioBlock? {
    if let block = try reader.read(frames: frames) { return block }
    if let failure = program.failure(path) { throw failure }
    return nil
  }
}

/// A program that runs beside this one, whose output is read through a pipe.
private final class ChildProgram {
  let output: Descriptor
  private let messages: Descriptor
  private let identifier: pid_t
  private var status: Int32?

  /// - Throws: `.programMissing`, `.unreadable`.
  init(_ name: String, arguments: [[UInt8]], for path: SoundFilePath) throws(SoundFileError) {
    func unreadable(_ code: Int32) -> SoundFileError {
      .unreadable(path: path.description, reason: "\(name): \(String(cString: strerror(code)))")
    }
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw unreadable(errno) }
    output = Descriptor(owning: ends[0])
    let input = Descriptor(owning: ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    do {
      messages = try Descriptor.temporary()
    } catch { throw unreadable(error.code) }

    #if canImport(Glibc)
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #else
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, input.number, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, messages.number, STDERR_FILENO)
    // In a group of its own: an interrupt from the terminal is this program's to answer.
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    var words: [UnsafeMutablePointer<CChar>?] = []
    for word in [Array(name.utf8)] + arguments {
      words.append(strdup(word.map(CChar.init(bitPattern:)) + [0]))
    }
    defer { for word in words { free(word) } }
    var identifier = pid_t()
    let code = posix_spawnp(&identifier, name, &actions, &attributes, words + [nil], environ)
    guard code == 0 else {
      throw code == ENOENT
        ? .programMissing(path: path.description, program: name) : unreadable(code)
    }
    self.identifier = identifier
  }

  deinit {
    if status == nil {
      kill(identifier, SIGKILL)
      _ = wait()
    }
  }

  /// Waits for the program's end, and returns why it failed, if so.
  func failure(_ path: SoundFilePath) -> SoundFileError? {
    guard wait() != 0 else { return nil }
    var words: [UInt8] = []
    do {
      try messages.seek(to: 0)
      words = try messages.read(count: 4096)
    } catch { words = Array(error.reason.utf8) }
    let lines = String(decoding: words, as: UTF8.self).split(separator: "\n")
    if lines.contains(where: { $0.contains("matches no streams") }) {
      return .unsupported(path: path.description, detail: "has no such stream of sound")
    }
    return .malformed(
      path: path.description, detail: "ffmpeg gave up: \(lines.last ?? "without a word")")
  }

  private func wait() -> Int32 {
    if let status { return status }
    var found: Int32 = 0
    while waitpid(identifier, &found, 0) < 0 && errno == EINTR {}
    status = found
    return found
  }
}
