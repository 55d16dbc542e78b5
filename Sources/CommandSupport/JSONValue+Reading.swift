// SPDX-License-Identifier: Apache-2.0

/// Why a text is no JSON document.
package struct JSONSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong.
  package let detail: String
  /// Where, in bytes from the beginning.
  package let offset: Int

  package var description: String { "\(detail) at byte \(offset)" }
}

extension JSONValue {
  /// Reads a document, strictly as RFC 8259 has it, except that `NaN` counts as null, because other
  /// tools write it.
  ///
  /// Of a key that occurs twice, both members are kept.
  package init(reading text: some Collection<UInt8>) throws(JSONSyntaxError) {
    var reader = JSONTextReader(Array(text))
    self = try reader.document()
  }

  /// The value of `key` in an object; nil where there is none, or where this is no object.
  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// The text of a string.
  package var text: String? { if case .string(let text) = self { text } else { nil } }

  /// The value of a number.
  package var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}

/// The parser behind `JSONValue.init(reading:)`.
private struct JSONTextReader {
  /// Deeper documents come from nobody who means well.
  private static let deepest = 64

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONSyntaxError) -> JSONValue {
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw error("something follows the document") }
    return value
  }

  private mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONValue {
    guard depth < Self.deepest else { throw error("more than \(Self.deepest) levels") }
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte):
      return try number()
    default:
      for (word, value) in Self.words where skip(word) { return value }
      throw error(peek == nil ? "the document ends too early" : "not JSON")
    }
  }

  private static let words: [(String, JSONValue)] = [
    ("true", true), ("false", false), ("null", nil), ("NaN", nil),
  ]

  private mutating func object(depth: Int) throws(JSONSyntaxError) -> JSONValue {
    try expect("{")
    var members: [JSONValue.Member] = []
    skipSpace()
    if skip("}") { return .object(members) }
    repeat {
      skipSpace()
      let key = try string()
      skipSpace()
      try expect(":")
      members.append(JSONValue.Member(key, try value(depth: depth + 1)))
      skipSpace()
    } while skip(",")
    try expect("}")
    return .object(members)
  }

  private mutating func array(depth: Int) throws(JSONSyntaxError) -> JSONValue {
    try expect("[")
    var elements: [JSONValue] = []
    skipSpace()
    if skip("]") { return .array(elements) }
    repeat {
      elements.append(try value(depth: depth + 1))
      skipSpace()
    } while skip(",")
    try expect("]")
    return .array(elements)
  }

  private mutating func number() throws(JSONSyntaxError) -> JSONValue {
    let start = position
    while let byte = peek, Self.numberBytes.contains(byte) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    let digits = text.drop { $0 == "-" }
    let isPlain = digits.first != "0" || digits.dropFirst().first?.isNumber != true
    if isPlain, let value = Int(text) { return .integer(value) }
    guard isPlain, let value = Double(text), value.isFinite, text.last?.isNumber == true else {
      position = start
      throw error("a malformed number")
    }
    return .number(value)
  }

  private static let numberBytes = Set("+-.0123456789eE".utf8)

  private mutating func string() throws(JSONSyntaxError) -> String {
    try expect("\"")
    var text: [UInt8] = []
    while let byte = peek {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw error("a string that is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): text.append(contentsOf: String(try escape()).utf8)
      case 0x20...: text.append(byte)
      default: throw error("a control character in a string")
      }
    }
    throw error("a string without end")
  }

  private mutating func escape() throws(JSONSyntaxError) -> Unicode.Scalar {
    guard let byte = peek else { throw error("a string without end") }
    position += 1
    if let plain = Self.escapes[byte] { return plain }
    guard byte == UInt8(ascii: "u") else { throw error("an unknown escape") }
    let unit = try hexadecimal()
    if let scalar = Unicode.Scalar(unit) { return scalar }
    // A pair of surrogates.
    guard unit < 0xDC00, skip("\\u") else { throw error("half a surrogate pair") }
    let low = try hexadecimal()
    guard (0xDC00..<0xE000).contains(low),
      let scalar = Unicode.Scalar(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
    else { throw error("half a surrogate pair") }
    return scalar
  }

  private static let escapes: [UInt8: Unicode.Scalar] = [
    UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/",
    UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "n"): "\n",
    UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
  ]

  private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt32 {
    let digits = bytes[position..<min(position + 4, bytes.count)]
    let text = String(decoding: digits, as: UTF8.self)
    guard digits.count == 4, text.allSatisfy(\.isHexDigit), let value = UInt32(text, radix: 16)
    else { throw error("a malformed \\u escape") }
    position += 4
    return value
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D {
      position += 1
    }
  }

  private mutating func skip(_ word: String) -> Bool {
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func expect(_ word: String) throws(JSONSyntaxError) {
    guard skip(word) else { throw error("'\(word)' is missing") }
  }

  private func error(_ detail: String) -> JSONSyntaxError {
    JSONSyntaxError(detail: detail, offset: position)
  }
}
