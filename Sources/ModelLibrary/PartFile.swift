// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A file on its way, `NAME.part`, which one process at a time holds; it gets its name when complete.
///
/// What an interrupted download leaves is gone on with later. The lock is on the part itself, so
/// nothing is left behind that only locks.
final class PartFile {
  private let descriptor: Int32
  private let part: String
  private let target: String
  private(set) var count: Int
  private var isThere = true

  private var tagPath: String { part + ".etag" }

  private init(_ descriptor: Int32, part: String, target: String) {
    self.descriptor = descriptor
    self.part = part
    self.target = target
    count = Int(lseek(descriptor, 0, SEEK_END))
  }

  /// The part of `target`, once no other process holds it; `nil` where `target` is there by then.
  ///
  /// - Parameter onWait: is called now and then while another process holds it.
  static func acquire(_ target: String, onWait: () throws -> Void) throws -> PartFile? {
    let part = target + ".part"
    while true {
      if access(target, F_OK) == 0 { return nil }
      let descriptor = open(part, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw cannotWrite(target) }
      do {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
          guard errno == EWOULDBLOCK || errno == EINTR else { throw cannotWrite(target) }
          try onWait()
          usleep(100_000)
        }
      } catch {
        close(descriptor)
        throw error
      }
      // The one before may have given the file its name, or removed it, while we waited.
      var (ours, current) = (stat(), stat())
      if fstat(descriptor, &ours) == 0, stat(part, &current) == 0, ours.st_ino == current.st_ino,
        ours.st_dev == current.st_dev
      {
        return PartFile(descriptor, part: part, target: target)
      }
      close(descriptor)
    }
  }

  /// Lets the next process have it; an empty part is removed.
  deinit {
    if isThere && count == 0 { remove() }
    close(descriptor)
  }

  /// What identifies the bytes that the part is the beginning of, and lets a server continue them.
  var tag: String? {
    get {
      guard let file = fopen(tagPath, "r") else { return nil }
      defer { fclose(file) }
      var buffer = [UInt8](repeating: 0, count: 1024)
      let length = fread(&buffer, 1, buffer.count, file)
      return length > 0 ? String(decoding: buffer[..<length], as: UTF8.self) : nil
    }
    set {
      guard let newValue, let file = fopen(tagPath, "w") else {
        _ = unlink(tagPath)
        return
      }
      fputs(newValue, file)
      fclose(file)
    }
  }

  /// Adds bytes at the end.
  func append(_ bytes: UnsafeRawBufferPointer) throws(ModelLibraryError) {
    var done = 0
    while done < bytes.count {
      let put = write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if put < 0 && errno == EINTR { continue }
      guard put > 0 else { throw Self.cannotWrite(target, code: put == 0 ? ENOSPC : errno) }
      done += put
      count += put
    }
  }

  /// Begins anew.
  func clear() throws(ModelLibraryError) {
    guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw Self.cannotWrite(target)
    }
    count = 0
    tag = nil
  }

  /// Whether so many more bytes fit on the disk; says how many would, where not.
  func room(for bytes: Int) -> (isEnough: Bool, free: Int) {
    var status = statvfs()
    guard fstatvfs(descriptor, &status) == 0 else { return (true, 0) }
    let (free, overflows) = Int(status.f_bavail).multipliedReportingOverflow(
      by: Int(status.f_frsize))
    return (overflows || free >= bytes, free)
  }

  /// The file's SHA-256.
  var digest: String? { FileDigest.sha256(descriptor) }

  /// The file's first bytes.
  func beginning(_ limit: Int) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: limit)
    let count = pread(descriptor, &buffer, limit, 0)
    return Array(buffer.prefix(max(0, count)))
  }

  /// Gives the complete file its name.
  func commit() throws(ModelLibraryError) {
    guard fsync(descriptor) == 0, rename(part, target) == 0 else { throw Self.cannotWrite(target) }
    isThere = false
    _ = unlink(tagPath)
  }

  /// Removes what has come: it is of no use.
  func remove() {
    isThere = false
    _ = unlink(part)
    _ = unlink(tagPath)
  }

  private static func cannotWrite(_ path: String, code: Int32 = errno) -> ModelLibraryError {
    .cannotWrite(path: path, reason: String(cString: strerror(code)))
  }
}
