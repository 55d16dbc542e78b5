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

  init?(_ path: PathBytes) {
    var status = stat()
    guard path.withCString({ stat($0, &status) }) == 0 else { return nil }
    identity = Identity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
    isFolder = status.st_mode & S_IFMT == S_IFDIR
    isRegular = status.st_mode & S_IFMT == S_IFREG
  }
}

extension PathBytes {
  /// Whether there is something at this path, links followed.
  package var exists: Bool { FileStatus(self) != nil }
}
