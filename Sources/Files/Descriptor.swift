// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A system call that failed.
package struct SystemFailure: Error, Equatable {
  /// The error number, such as `EPIPE`.
  package let code: Int32

  package init(code: Int32) { self.code = code }

  /// The failure of the call made just before.
  package static var last: SystemFailure { SystemFailure(code: errno) }

  /// What the system says about it.
  package var reason: String { String(cString: strerror(code)) }
}

/// An open file, pipe or device, closed when nobody holds it any more.
package final class Descriptor {
  package enum Kind {
    case file
    case folder
    /// A pipe, socket or device: read or written once, in order.
    case stream
  }

  package private(set) var number: Int32
  private let isOwned: Bool

  package init(owning number: Int32) {
    self.number = number
    isOwned = true
  }

  /// A descriptor that stays open afterwards, such as standard input.
  package init(borrowing number: Int32) {
    self.number = number
    isOwned = false
  }

  deinit {
    if isOwned && number >= 0 { _ = close(number) }
  }

  /// Opens the file whose name has the bytes `path`; new files get the usual permissions.
  package static func open(_ path: [UInt8], _ flags: Int32) throws(SystemFailure) -> Descriptor {
    // A zero byte would silently end the name early.
    if path.contains(0) { throw SystemFailure(code: EINVAL) }
    while true {
      #if canImport(Glibc)
        let number = Glibc.open(terminated(path), flags | O_CLOEXEC, 0o666)
      #else
        let number = Darwin.open(terminated(path), flags | O_CLOEXEC, 0o666)
      #endif
      if number >= 0 { return Descriptor(owning: number) }
      if errno != EINTR { throw .last }
    }
  }

  /// A new file that has no name and vanishes when closed; `folder` ends in a slash or is empty.
  package static func temporary(inFolder folder: some Sequence<UInt8>) throws(SystemFailure)
    -> Descriptor
  {
    let (path, descriptor) = try createBeside(folder: folder, name: "tessera".utf8)
    _ = unlink(terminated(path))
    return descriptor
  }

  /// A new file without a name in the folder for temporary files.
  package static func temporary() throws(SystemFailure) -> Descriptor {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    return try temporary(inFolder: Array((folder + "/").utf8))
  }

  /// A new, hidden file `.NAME.<random>.part` that nobody else has.
  static func createBeside(
    folder: some Sequence<UInt8>, name: some Sequence<UInt8>
  ) throws(SystemFailure) -> ([UInt8], Descriptor) {
    while true {
      let random = String(UInt64.random(in: .min ... .max), radix: 36)
      // File names have at most 255 bytes.
      let hidden = Array(".".utf8) + name.prefix(200) + Array(".\(random).part".utf8)
      let path = Array(folder) + hidden
      do {
        return (path, try open(path, O_RDWR | O_CREAT | O_EXCL))
      } catch {
        if error.code != EEXIST { throw error }
      }
    }
  }

  /// What is behind the descriptor, and how many bytes it has.
  package func status() throws(SystemFailure) -> (kind: Kind, size: Int) {
    var status = stat()
    if fstat(number, &status) != 0 { throw .last }
    return switch status.st_mode & S_IFMT {
    case S_IFREG: (.file, Int(status.st_size))
    case S_IFDIR: (.folder, 0)
    default: (.stream, 0)
    }
  }

  /// Reads until `buffer` is full or the input ends; returns the number of bytes.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemFailure) -> Int {
    var count = 0
    while count < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
      #if canImport(Glibc)
        let got = Glibc.read(number, rest.baseAddress, rest.count)
      #else
        let got = Darwin.read(number, rest.baseAddress, rest.count)
      #endif
      if got == 0 { break }
      if got > 0 { count += got } else { try waitAfterFailure(for: POLLIN) }
    }
    return count
  }

  /// What has arrived, at most `limit` bytes; waits for the first, none at the end.
  package func readSome(atMost limit: Int) throws(SystemFailure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: limit)
    while true {
      #if canImport(Glibc)
        let got = Glibc.read(number, &bytes, limit)
      #else
        let got = Darwin.read(number, &bytes, limit)
      #endif
      if got >= 0 {
        bytes.removeLast(limit - got)
        return bytes
      }
      try waitAfterFailure(for: POLLIN)
    }
  }

  /// The next at most `count` bytes; fewer only at the end.
  package func read(count: Int) throws(SystemFailure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(SystemFailure) -> Int in
      try read(into: UnsafeMutableRawBufferPointer(buffer))
    }
    bytes.removeLast(count - got)
    return bytes
  }

  /// Writes all of `buffer`.
  package func write(_ buffer: UnsafeRawBufferPointer) throws(SystemFailure) {
    var count = 0
    while count < buffer.count {
      let rest = UnsafeRawBufferPointer(rebasing: buffer[count...])
      #if canImport(Glibc)
        let put = Glibc.write(number, rest.baseAddress, rest.count)
      #else
        let put = Darwin.write(number, rest.baseAddress, rest.count)
      #endif
      if put == 0 { throw SystemFailure(code: ENOSPC) }
      if put > 0 { count += put } else { try waitAfterFailure(for: POLLOUT) }
    }
  }

  /// Writes all of `bytes`.
  package func write(_ bytes: [UInt8]) throws(SystemFailure) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(SystemFailure) in
      try write(UnsafeRawBufferPointer(buffer))
    }
  }

  /// Moves to a byte, counted from the beginning.
  package func seek(to position: Int) throws(SystemFailure) {
    if lseek(number, off_t(position), SEEK_SET) < 0 { throw .last }
  }

  /// Writes everything from here on to another descriptor.
  package func copy(to other: Descriptor) throws(SystemFailure) {
    while true {
      let bytes = try read(count: 1 << 16)
      if bytes.isEmpty { return }
      try other.write(bytes)
    }
  }

  /// Brings what was written to the disk.
  package func synchronize() throws(SystemFailure) {
    if fsync(number) != 0 { throw .last }
  }

  /// Closes now, to learn of writes that fail only then.
  package func closeChecked() throws(SystemFailure) {
    let closing = number
    number = -1
    if isOwned && close(closing) != 0 && errno != EINTR { throw .last }
  }

  /// Returns where the call that just failed is worth repeating, else throws its failure.
  private func waitAfterFailure(for events: Int32) throws(SystemFailure) {
    switch errno {
    case EINTR: return
    case EAGAIN:
      var waiting = pollfd(fd: number, events: Int16(events), revents: 0)
      _ = poll(&waiting, 1, -1)
    default: throw .last
    }
  }
}

/// A name's bytes with a terminating zero, for the system's calls.
func terminated(_ path: [UInt8]) -> [CChar] { path.map(CChar.init(bitPattern:)) + [0] }
