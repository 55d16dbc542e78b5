// SPDX-License-Identifier: Apache-2.0

extension JSONReader {
  /// Any value, up to a depth that no constructor's arguments have: objects as dictionaries, arrays as
  /// lists, numbers as integers where they are written as such.
  mutating func value(depth: Int = 0) throws(CheckpointError) -> Value {
    guard depth < 32 else { throw malformed("values within values beyond reason") }
    switch peek() {
    case UInt8(ascii: "{"):
      var entries: [(key: Value, value: Value)] = []
      try object { key, json throws(CheckpointError) in
        entries.append((.string(key), try json.value(depth: depth + 1)))
      }
      return .dict(entries)
    case UInt8(ascii: "["):
      var items: [Value] = []
      try array { json throws(CheckpointError) in items.append(try json.value(depth: depth + 1)) }
      return .list(items)
    case UInt8(ascii: "\""): return .string(try string())
    default: break
    }
    let word = word()
    switch word {
    case "null": return .none
    case "true": return .bool(true)
    case "false": return .bool(false)
    default:
      if let number = Int(word) { return .int(number) }
      // Swift would take "inf" and "0x10" for numbers, too.
      if word.allSatisfy("0123456789+-.eE".contains), let number = Double(word), number.isFinite {
        return .double(number)
      }
      throw malformed("a value was expected")
    }
  }

  /// A text that is one value.
  static func value(
    of text: String, path: String, place: String
  ) throws(CheckpointError) -> Value {
    try Array(text.utf8).withUnsafeBytes { bytes in
      Result { () throws(CheckpointError) in
        var reader = JSONReader(bytes, path: path, place: place)
        let value = try reader.value()
        try reader.end()
        return value
      }
    }.get()
  }
}
