// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// What kind of thing a path leads to, links followed.
struct FileStatus {
  struct Identity: Hashable {
    let device: UInt64
    let number: UInt64
  }

  let identity: Identity
  let isFolder: Bool
  let isRegular: Bool
  /// When the content last changed, in nanoseconds since 1970.
  let modified: Int

  init?(_ path: PathBytes) {
    var status = stat()
    guard path.withCString({ stat($0, &status) }) == 0 else { return nil }
    identity = Identity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
    isFolder = status.st_mode & S_IFMT == S_IFDIR
    isRegular = status.st_mode & S_IFMT == S_IFREG
    #if os(Linux)
      modified = status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
    #else
      modified = status.st_mtimespec.tv_sec * 1_000_000_000 + status.st_mtimespec.tv_nsec
    #endif
  }
}

extension PathBytes {
  /// Whether there is something at this path, links followed.
  package var exists: Bool { FileStatus(self) != nil }

  /// Whether this is a folder, links followed.
  package var isFolder: Bool { FileStatus(self)?.isFolder == true }

  /// When the content last changed, in nanoseconds since 1970; nil where there is nothing.
  package var modified: Int? { FileStatus(self)?.modified }

  /// The names in this folder, sorted and without the hidden ones; nil where it cannot be read.
  package var entries: [PathBytes]? {
    let folder = bytes.isEmpty ? PathBytes(".") : self
    guard let stream = folder.withCString({ opendir($0) }) else { return nil }
    defer { closedir(stream) }
    var names: [PathBytes] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name.first != UInt8(ascii: ".") { names.append(PathBytes(bytes: name)) }
    }
    return names.sorted()
  }
}
