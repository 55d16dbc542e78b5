// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// Files that are there in full or not at all.
package enum WholeFile {
  /// Writes `bytes` to the file `path`, in place of one that is there.
  ///
  /// They are written beside it, brought to the disk, and only then get the name: whoever reads the
  /// file, and whatever ends the program, it is complete.
  ///
  /// - Throws: ``Failure`` with ``ExitStatus/cannotCreate`` or ``ExitStatus/inputOutput``.
  package static func write(_ bytes: [UInt8], to path: PathBytes) throws(Failure) {
    try write(to: path) { descriptor in FileDescriptorWriter.writeAll(bytes, to: descriptor) }
  }

  /// Writes `text`, as above.
  package static func write(_ text: String, to path: PathBytes) throws(Failure) {
    try write(Array(text.utf8), to: path)
  }

  /// Writes what `body` writes to a descriptor, as above; `body` returns the error number of the
  /// call that failed.
  static func write(to path: PathBytes, _ body: (Int32) -> Int32?) throws(Failure) {
    let random = String(UInt64.random(in: .min ... .max), radix: 36)
    // File names have at most 255 bytes.
    let name =
      Array(".".utf8) + path.lastComponent.bytes.prefix(200) + Array(".\(random).part".utf8)
    let part = path.parent.appending(PathBytes(bytes: name))
    let descriptor = part.withCString { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
    guard descriptor >= 0 else {
      throw Failure(.cannotCreate, "\(path): cannot be created: \(reason(errno))")
    }
    var code = body(descriptor)
    if fsync(descriptor) != 0 { code = code ?? errno }
    if close(descriptor) != 0 { code = code ?? errno }
    if code == nil {
      let status = part.withCString { part in path.withCString { rename(part, $0) } }
      if status != 0 { code = errno }
    }
    if let code {
      _ = part.withCString { unlink($0) }
      throw Failure(.inputOutput, "\(path): cannot be written: \(reason(code))")
    }
    synchronize(folder: path.parent)
  }

  /// Brings the names in `folder` to the disk, where the system can.
  private static func synchronize(folder: PathBytes) {
    let folder = folder.bytes.isEmpty ? PathBytes(".") : folder
    let descriptor = folder.withCString { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    close(descriptor)
  }

  private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
