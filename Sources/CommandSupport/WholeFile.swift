// SPDX-License-Identifier: Apache-2.0
internal import Files

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
    let file: PartialFile
    do {
      file = try PartialFile(path.bytes, replacing: true)
    } catch { throw Failure(.cannotCreate, "\(path): cannot be created: \(error.reason)") }
    do throws(SystemFailure) {
      if let code = body(file.descriptor.number) { throw SystemFailure(code: code) }
      try file.commit(isDurable: true)
    } catch {
      file.discard()
      throw Failure(.inputOutput, "\(path): cannot be written: \(error.reason)")
    }
  }
}
