// SPDX-License-Identifier: Apache-2.0

/// Reads JSON strictly, piece by piece as the caller expects it: a safetensors header, and texts in it.
///
/// What isn't expected is an error. Unlike a general decoder this lets the caller see a key that
/// occurs twice.
struct JSONReader {
  private let bytes: UnsafeRawBufferPointer
  private let path: String
  private let place: String
  private var position = 0

  /// Begins to read; messages name the file and the place in it.
  init(_ bytes: UnsafeRawBufferPointer, path: String, place: String = "safetensors header") {
    self.bytes = bytes
    self.path = path
    self.place = place
  }

  func malformed(_ detail: String) -> CheckpointError {
    .malformed(path: path, detail: "\(detail) (\(place), byte \(position))")
  }

  /// An object; `member` must consume the value of each key.
  mutating func object(
    _ member: (_ key: String, _ json: inout JSONReader) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try expect("{")
    if skip("}") { return }
    repeat {
      let key = try string()
      try expect(":")
      try member(key, &self)
    } while skip(",")
    try expect("}")
  }

  /// An array; `item` must consume each item.
  mutating func array(
    _ item: (_ json: inout JSONReader) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try expect("[")
    if skip("]") { return }
    repeat { try item(&self) } while skip(",")
    try expect("]")
  }

  /// The next byte that isn't blank; 0 at the end.
  mutating func peek() -> UInt8 {
    skipBlanks()
    return position < bytes.count ? bytes[position] : 0
  }

  /// Letters, digits, signs and points up to something else: a number, or a name such as `true`.
  mutating func word() -> String {
    var text = ""
    while position < bytes.count {
      let character = Character(Unicode.Scalar(bytes[position]))
      guard character.isASCII, character.isLetter || character.isNumber || "+-.".contains(character)
      else { break }
      text.append(character)
      position += 1
    }
    return text
  }

  /// An array of integers that are not negative.
  mutating func counts(atMost limit: Int) throws(CheckpointError) -> [Int] {
    try expect("[")
    if skip("]") { return [] }
    var counts: [Int] = []
    repeat {
      guard counts.count < limit else { throw malformed("an array of more than \(limit) numbers") }
      counts.append(try count())
    } while skip(",")
    try expect("]")
    return counts
  }

  /// A string, which must be valid Unicode.
  mutating func string() throws(CheckpointError) -> String {
    try expect("\"")
    var text: [UInt8] = []
    while true {
      let byte = try next()
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw malformed("a string is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): text.append(contentsOf: String(try escape()).utf8)
      case ..<0x20: throw malformed("a control character in a string")
      default: text.append(byte)
      }
    }
  }

  /// Nothing but blanks may be left.
  mutating func end() throws(CheckpointError) {
    skipBlanks()
    guard position == bytes.count else { throw malformed("text after the end") }
  }

  /// What follows a backslash.
  private mutating func escape() throws(CheckpointError) -> Unicode.Scalar {
    switch try next() {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code) {
        guard try next() == UInt8(ascii: "\\"), try next() == UInt8(ascii: "u") else {
          throw malformed("half of a surrogate pair")
        }
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw malformed("half of a surrogate pair") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw malformed("half of a surrogate pair") }
      return scalar
    default: throw malformed("an unknown escape")
    }
  }

  private mutating func hexadecimal() throws(CheckpointError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(try next())).hexDigitValue else {
        throw malformed("an escape without four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
    }
    return code
  }

  private mutating func count() throws(CheckpointError) -> Int {
    skipBlanks()
    let start = position
    var value = 0
    while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position])
    {
      let (tens, overflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, carries) = tens.addingReportingOverflow(Int(bytes[position] - UInt8(ascii: "0")))
      guard !overflows, !carries else { throw malformed("a number beyond all files") }
      value = sum
      position += 1
    }
    let digits = position - start
    guard digits > 0, digits == 1 || bytes[start] != UInt8(ascii: "0") else {
      throw malformed("a count was expected")
    }
    return value
  }

  private mutating func next() throws(CheckpointError) -> UInt8 {
    guard position < bytes.count else { throw malformed("ends too early") }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func skipBlanks() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(CheckpointError) {
    guard skip(character) else { throw malformed("a \(character) was expected") }
  }
}
