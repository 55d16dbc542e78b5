// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// The folder that outputs are written to.
package enum OutputFolder {
  /// Makes sure that files can be created in `folder`: makes it, with those it lies in.
  ///
  /// Called before the work begins, so that nobody waits an hour for "permission denied".
  ///
  /// - Throws: ``Failure`` with ``ExitStatus/cannotCreate``.
  package static func prepare(_ folder: PathBytes) throws(Failure) {
    if let code = create(folder) {
      let reason = code == EEXIST ? "a file is in its place" : String(cString: strerror(code))
      throw Failure(.cannotCreate, "\(folder): cannot create this folder: \(reason)")
    }
    guard folder.withCString({ access($0, W_OK | X_OK) }) == 0 else {
      let reason = String(cString: strerror(errno))
      throw Failure(.cannotCreate, "\(folder): cannot create files in this folder: \(reason)")
    }
  }

  /// Makes `folder`; the error number of what failed, or nil.
  private static func create(_ folder: PathBytes) -> Int32? {
    if folder.withCString({ mkdir($0, 0o777) }) == 0 { return nil }
    switch errno {
    case EEXIST: return folder.isFolder ? nil : EEXIST
    case ENOENT:
      let parent = folder.parent
      guard !parent.bytes.isEmpty && parent != folder else { return ENOENT }
      if let code = create(parent) { return code }
      return folder.withCString { mkdir($0, 0o777) } == 0 || folder.isFolder ? nil : errno
    case let code: return code == ENOTDIR ? EEXIST : code
    }
  }
}
