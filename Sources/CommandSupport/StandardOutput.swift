// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// Standard output: a program's result and nothing else.
package enum StandardOutput {
  /// Writes a line of text.
  ///
  /// - Throws: ``Failure`` with ``ExitStatus/inputOutput`` when it cannot be written: a result that
  ///   did not arrive is not a success.
  package static func write(line text: String) throws(Failure) {
    try write(bytes: Array(text.utf8) + [UInt8(ascii: "\n")])
  }

  /// Writes a JSON document as one line.
  package static func write(json: JSONValue) throws(Failure) { try write(line: json.line) }

  /// Writes a path as one line, byte for byte.
  package static func write(path: PathBytes) throws(Failure) {
    try write(bytes: path.bytes + [UInt8(ascii: "\n")])
  }

  private static func write(bytes: [UInt8]) throws(Failure) {
    if let code = FileDescriptorWriter.writeAll(bytes, to: STDOUT_FILENO) {
      let reason = String(cString: strerror(code))
      throw Failure(.inputOutput, "cannot write to standard output: \(reason)")
    }
  }
}
