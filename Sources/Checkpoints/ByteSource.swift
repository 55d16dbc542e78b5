// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The bytes of a file, or of an array, at random access.
///
/// The file is mapped only while its directory is parsed. Tensors are fetched with `pread`
/// afterwards: a file that shrinks meanwhile is then an error with a name and not a signal, and
/// pages that were read don't stay in this process's memory.
final class ByteSource: Sendable {
  private enum Content: Sendable {
    case file(descriptor: Int32)
    case memory([UInt8])
  }

  /// The file's path, for messages.
  let path: String
  /// How many bytes there were when the source was opened.
  let count: Int
  private let content: Content

  init(bytes: [UInt8], path: String) {
    self.path = path
    count = bytes.count
    content = .memory(bytes)
  }

  init(path: String) throws(CheckpointError) {
    // O_NONBLOCK: a pipe must be refused below, not waited for.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { throw .missingFile(path: path) }
      throw .cannotOpen(path: path, reason: systemMessage())
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .cannotOpen(path: path, reason: "not a regular file")
    }
    self.path = path
    count = Int(status.st_size)
    content = .file(descriptor: descriptor)
  }

  deinit {
    if case .file(let descriptor) = content { close(descriptor) }
  }

  /// Calls `body` with all bytes.
  func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws(CheckpointError) -> Result
  ) throws(CheckpointError) -> Result {
    switch content {
    case .memory(let bytes):
      return try bytes.withUnsafeBufferPointer { bytes throws(CheckpointError) in
        try body(UnsafeRawBufferPointer(bytes))
      }
    case .file(let descriptor):
      guard count > 0 else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
      guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0),
        start != MAP_FAILED
      else { throw .cannotOpen(path: path, reason: systemMessage()) }
      defer { munmap(start, count) }
      return try body(UnsafeRawBufferPointer(start: start, count: count))
    }
  }

  /// Fills `target` with the bytes that begin at `offset`.
  func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
    guard offset >= 0, offset <= count, target.count <= count - offset else {
      throw .malformed(
        path: path, detail: "\(target.count) bytes wanted at \(offset) of \(count)")
    }
    guard let base = target.baseAddress, target.count > 0 else { return }
    switch content {
    case .memory(let bytes):
      bytes.withUnsafeBytes { source in
        let part = source[offset..<(offset + target.count)]
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: part))
      }
    case .file(let descriptor):
      var done = 0
      while done < target.count {
        let got = pread(descriptor, base + done, target.count - done, off_t(offset + done))
        if got < 0 && errno == EINTR { continue }
        guard got >= 0 else { throw .cannotOpen(path: path, reason: systemMessage()) }
        guard got > 0 else {
          throw .malformed(path: path, detail: "the file became shorter while it was read")
        }
        done += got
      }
    }
  }
}

/// What the system says about the last call that failed.
func systemMessage() -> String { String(cString: strerror(errno)) }
