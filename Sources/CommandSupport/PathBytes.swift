// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser

/// A path as the system knows it: bytes, which need not be UTF-8.
///
/// A Swift `String` cannot hold such a name, and `CommandLine.arguments` repairs it beyond
/// recognition. So ``CommandLineBytes`` hides each byte that is not UTF-8 behind a private-use
/// scalar, the argument parser carries the string, and this type takes the bytes out again.
package struct PathBytes: Sendable, Hashable, ExpressibleByArgument {
  /// The path without a terminating zero.
  package let bytes: [UInt8]

  package init(bytes: [UInt8]) { self.bytes = bytes }

  /// The path written as ordinary text.
  package init(_ text: String) { bytes = Array(text.utf8) }

  /// The path from a parsed command-line argument.
  package init(argument: String) { bytes = EscapedBytes.decode(argument) }

  package static var defaultCompletionKind: CompletionKind { .file() }

  /// Whether this is `-`, which stands for standard input or output.
  package var isStandardStream: Bool { bytes == [UInt8(ascii: "-")] }

  /// The path as text when it is UTF-8.
  package var text: String? { String(validating: bytes, as: UTF8.self) }

  /// The last component: everything behind the last separator that is not at the end.
  package var lastComponent: PathBytes {
    let trimmed = bytes[..<(bytes.lastIndex { $0 != Self.separator }.map { $0 + 1 } ?? 0)]
    let start = trimmed.lastIndex(of: Self.separator).map { $0 + 1 } ?? trimmed.startIndex
    return PathBytes(bytes: Array(trimmed[start...]))
  }

  /// The folder the path lies in; empty where it names none.
  package var parent: PathBytes {
    guard let end = bytes.lastIndex(where: { $0 != Self.separator }) else { return self }
    guard let cut = bytes[..<end].lastIndex(of: Self.separator) else { return PathBytes("") }
    return PathBytes(bytes: Array(bytes[..<max(cut, 1)]))
  }

  /// The last component without its extension.
  package var stem: PathBytes {
    let name = lastComponent.bytes
    guard let dot = name.lastIndex(of: Self.dot), dot > 0 else { return lastComponent }
    return PathBytes(bytes: Array(name[..<dot]))
  }

  /// What stands behind the last dot of the last component, in lower case; empty without a dot.
  package var lowercasedExtension: String {
    let name = lastComponent.bytes
    guard let dot = name.lastIndex(of: Self.dot), dot > 0 else { return "" }
    return String(decoding: name[(dot + 1)...], as: UTF8.self).lowercased()
  }

  /// This path with `component` behind it.
  package func appending(_ component: PathBytes) -> PathBytes {
    if bytes.isEmpty { return component }
    let joint: [UInt8] = bytes.last == Self.separator ? [] : [Self.separator]
    return PathBytes(bytes: bytes + joint + component.bytes)
  }

  /// This path with `component` behind it.
  package func appending(_ component: String) -> PathBytes { appending(PathBytes(component)) }

  /// Calls `body` with the path as the C library wants it.
  package func withCString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows
    -> Result
  {
    try (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer {
      guard let base = $0.baseAddress else { preconditionFailure("a path ends in a zero") }
      return try body(base)
    }
  }

  private static let separator = UInt8(ascii: "/")
  private static let dot = UInt8(ascii: ".")
}

extension PathBytes: CustomStringConvertible, Comparable {
  /// The path for people: bytes that are not UTF-8 appear as the replacement character.
  package var description: String { String(decoding: bytes, as: UTF8.self) }

  package static func < (left: PathBytes, right: PathBytes) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

/// Any bytes as a valid string, and back.
///
/// A byte that is not part of valid UTF-8 becomes the private-use scalar U+10FE00 plus the byte.
/// Text that already holds such scalars is escaped byte by byte, which keeps the way back unique.
package enum EscapedBytes {
  private static let base: UInt32 = 0x10FE00
  private static let reserved = (base + 0x80)...(base + 0xFF)

  package static func encode(_ bytes: [UInt8]) -> String {
    var result = String.UnicodeScalarView()
    var index = 0
    while index < bytes.count {
      if let scalar = scalar(at: index, in: bytes), !reserved.contains(scalar.value) {
        result.append(scalar)
        index += UTF8.width(scalar)
      } else {
        result.append(Unicode.Scalar(base + UInt32(bytes[index])) ?? "\u{FFFD}")
        index += 1
      }
    }
    return String(result)
  }

  package static func decode(_ text: String) -> [UInt8] {
    text.unicodeScalars.flatMap { scalar -> [UInt8] in
      reserved.contains(scalar.value) ? [UInt8(scalar.value - base)] : Array(String(scalar).utf8)
    }
  }

  private static func scalar(at index: Int, in bytes: [UInt8]) -> Unicode.Scalar? {
    for width in 1...min(4, bytes.count - index) {
      let candidate = bytes[index..<(index + width)]
      if let text = String(validating: candidate, as: UTF8.self) {
        return text.unicodeScalars.first
      }
    }
    return nil
  }
}
