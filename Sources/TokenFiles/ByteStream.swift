// SPDX-License-Identifier: Apache-2.0
internal import Files

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The bytes of a file, a pipe or an array, in order.
///
/// Memory grows with what has arrived, never with what a header announces.
final class ByteStream {
  /// What the stream is called in messages.
  let name: String
  /// The index of the next byte.
  private(set) var position = 0

  private let descriptor: Descriptor?
  private var buffer: [UInt8]
  private var start = 0  // of what is unread in the buffer
  private var hasEnded: Bool

  private static let blockSize = 1 << 16

  /// Opens the file whose name has the bytes `path`, or standard input where that is `-`.
  convenience init(path: [UInt8], name: String) throws(TokenFileError) {
    do throws(SystemFailure) {
      let descriptor =
        path == [UInt8(ascii: "-")]
        ? Descriptor(borrowing: STDIN_FILENO) : try Descriptor.open(path, O_RDONLY)
      if try descriptor.status().kind == .folder { throw SystemFailure(code: EISDIR) }
      self.init(descriptor, name: name)
    } catch { throw TokenFileError(reading: name, error) }
  }

  init(_ descriptor: Descriptor, name: String) {
    self.descriptor = descriptor
    self.name = name
    buffer = []
    hasEnded = false
  }

  init(bytes: [UInt8], name: String) {
    descriptor = nil
    self.name = name
    buffer = bytes
    hasEnded = true
  }

  /// Whether there is a file whose name has the bytes `path`.
  static func fileExists(_ path: [UInt8]) -> Bool {
    (try? Descriptor.open(path, O_RDONLY | O_NONBLOCK).status().kind == .file) ?? false
  }

  func malformed(_ detail: String) -> TokenFileError { .malformed(path: name, detail: detail) }

  /// The next at most `count` bytes, which stay unread; fewer only at the end.
  func peek(_ count: Int) throws(TokenFileError) -> ArraySlice<UInt8> {
    while buffer.count - start < count && !hasEnded { try fill() }
    return buffer[start..<min(start + count, buffer.count)]
  }

  /// Whether all bytes were read.
  var isAtEnd: Bool {
    get throws(TokenFileError) { try peek(1).isEmpty }
  }

  /// The next `count` bytes, which `what` says the meaning of.
  func read(_ count: Int, _ what: String) throws(TokenFileError) -> [UInt8] {
    var result: [UInt8] = []
    try pass(count, what) { result += $0 }
    return result
  }

  /// Leaves out the next `count` bytes.
  func skip(_ count: Int, _ what: String) throws(TokenFileError) { try pass(count, what) { _ in } }

  /// All that is left, if it is no more than `limit` bytes.
  func readAll(limit: Int) throws(TokenFileError) -> [UInt8] {
    var result: [UInt8] = []
    while !(try peek(1).isEmpty) {
      guard result.count + buffer.count - start <= limit else {
        throw malformed("more than \(limit) bytes")
      }
      result += buffer[start...]
      consume(buffer.count - start)
    }
    return result
  }

  /// The bytes up to the next line feed, without it; nil at the end.
  func line(limit: Int) throws(TokenFileError) -> [UInt8]? {
    guard !(try isAtEnd) else { return nil }
    var searched = 0
    while true {
      if let end = buffer[(start + searched)...].firstIndex(of: 0x0A) {
        defer { consume(end + 1 - start) }
        return Array(buffer[start..<end])
      }
      searched = buffer.count - start
      guard searched <= limit else { throw malformed("a line of more than \(limit) bytes") }
      if hasEnded {
        defer { consume(searched) }
        return Array(buffer[start...])
      }
      try fill()
    }
  }

  private func pass(
    _ count: Int, _ what: String, _ body: (ArraySlice<UInt8>) -> Void
  ) throws(TokenFileError) {
    var missing = count
    while missing > 0 {
      let part = try peek(min(missing, Self.blockSize))
      guard !part.isEmpty else {
        throw malformed("ends \(missing) bytes before the end of \(what)")
      }
      body(part)
      missing -= part.count
      consume(part.count)
    }
  }

  private func consume(_ count: Int) {
    start += count
    position += count
  }

  private func fill() throws(TokenFileError) {
    guard let descriptor else {
      hasEnded = true
      return
    }
    if start > 0 {
      buffer.removeFirst(start)
      start = 0
    }
    do {
      let bytes = try descriptor.readSome(atMost: Self.blockSize)
      hasEnded = bytes.isEmpty
      buffer += bytes
    } catch { throw TokenFileError(reading: name, error) }
  }
}
