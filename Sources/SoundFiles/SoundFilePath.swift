// SPDX-License-Identifier: Apache-2.0

/// Where a sound file is: a file name's bytes, which need not be text, or `-`.
public struct SoundFilePath: Sendable, Hashable {
  /// The bytes, without a terminating zero.
  public let bytes: [UInt8]

  /// A path that is text.
  public init(_ path: String) { bytes = Array(path.utf8) }

  /// A path whose bytes need not be UTF-8.
  public init(bytes: [UInt8]) { self.bytes = bytes }

  /// Whether this is `-`: standard input or output.
  public var isStandardStream: Bool { bytes == [UInt8(ascii: "-")] }

  /// The bytes with a terminating zero, for the system's calls.
  var terminated: [CChar] { bytes.map(CChar.init(bitPattern:)) + [0] }

  /// The bytes up to and including the last slash.
  var folder: ArraySlice<UInt8> {
    bytes.prefix(bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)
  }
}

extension SoundFilePath: CustomStringConvertible {
  /// The path as text; bytes that aren't UTF-8 are shown as replacement characters.
  public var description: String { String(decoding: bytes, as: UTF8.self) }
}
