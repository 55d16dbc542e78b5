// SPDX-License-Identifier: Apache-2.0

/// A cursor over bytes that never leaves them: every step past the end throws.
struct ByteReader {
  private let bytes: UnsafeRawBufferPointer
  /// The file's path, for messages.
  let path: String
  /// The index of the next byte, at most the number of bytes.
  private(set) var position: Int

  init(_ bytes: UnsafeRawBufferPointer, path: String, position: Int = 0) throws(CheckpointError) {
    self.bytes = bytes
    self.path = path
    self.position = position
    guard position >= 0, position <= bytes.count else { throw malformed("ends too early") }
  }

  /// How many bytes are left.
  var remaining: Int { bytes.count - position }

  func malformed(_ detail: String) -> CheckpointError {
    .malformed(path: path, detail: "\(detail) (at byte \(position))")
  }

  /// The next `count` bytes, in place.
  mutating func take(_ count: Int) throws(CheckpointError) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= remaining else {
      throw malformed("\(count) bytes announced, \(remaining) left")
    }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
  }

  mutating func byte() throws(CheckpointError) -> UInt8 {
    guard position < bytes.count else { throw malformed("ends too early") }
    defer { position += 1 }
    return bytes[position]
  }

  /// A little-endian number.
  mutating func number<Number: FixedWidthInteger>(
    _ type: Number.Type
  ) throws(CheckpointError) -> Number {
    Number(littleEndian: try take(MemoryLayout<Number>.size).loadUnaligned(as: type))
  }

  /// A little-endian count of 64 bits that fits into what a file can hold.
  mutating func count64() throws(CheckpointError) -> Int {
    let value = try number(UInt64.self)
    guard let count = Int(exactly: value) else { throw malformed("impossible count \(value)") }
    return count
  }

  /// UTF-8 text of `count` bytes; broken sequences become replacement characters.
  mutating func text(_ count: Int) throws(CheckpointError) -> String {
    String(decoding: try take(count), as: UTF8.self)
  }

  /// The text up to the next line feed, which is consumed.
  mutating func line() throws(CheckpointError) -> String {
    guard let end = bytes[position...].prefix(4096).firstIndex(of: 0x0A) else {
      throw malformed("a name without an end")
    }
    defer { position += 1 }
    return try text(end - position)
  }
}
