// SPDX-License-Identifier: Apache-2.0

/// One recording's tokens as NumPy's `.npy`: an array `[1, tokens]` of int16, or of int32 where the
/// codebook is larger than 32768 codes.
///
/// Nothing else is stored. Any array of integers with at most one axis longer than 1 is read.
enum NumPyFormat {
  static let signature: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]
  private static let headerLimit = 1 << 16

  /// A record's file.
  static func bytes(of record: TokenRecord, path: String) throws(TokenFileError) -> [UInt8] {
    try record.check(path: path)
    let type = IntegerType.signed(for: record)
    let text =
      "{'descr': '<i\(type.byteCount)', 'fortran_order': False, "
      + "'shape': (1, \(record.tokens.count)), }"
    // The data begins at a multiple of 64.
    let padding = 63 - (signature.count + 4 + text.utf8.count) % 64
    let header = Array(text.utf8) + Array(repeating: UInt8(ascii: " "), count: padding) + [0x0A]
    var bytes = signature + [1, 0]
    bytes.append(littleEndian: UInt16(header.count))
    return bytes + header + type.bytes(of: record.tokens)
  }

  /// The array of a whole file.
  static func read(_ stream: ByteStream, _ id: String) throws(TokenFileError) -> TokenRecord {
    let start = try stream.read(8, "a NumPy header")
    guard start.starts(with: signature), (1...3).contains(start[6]) else {
      throw stream.malformed("no NumPy header of version 1 to 3")
    }
    let countBytes = start[6] == 1 ? 2 : 4
    let count = try stream.read(countBytes, "a NumPy header")
    let headerCount =
      countBytes == 2
      ? Int(count.number(UInt16.self, at: 0)) : Int(count.number(UInt32.self, at: 0))
    guard headerCount <= headerLimit else {
      throw stream.malformed("a NumPy header of \(headerCount) bytes")
    }
    let text = String(decoding: try stream.read(headerCount, "a NumPy header"), as: UTF8.self)
    guard let header = NumPyHeader(text) else {
      throw stream.malformed(
        "a NumPy header that describes no array of integers: \(text.prefix(80))")
    }
    guard header.shape.count(where: { $0 != 1 }) <= 1 else {
      throw .unsupported(
        path: stream.name,
        detail: "an array of shape \(header.shape): only codecs with one codebook are known here")
    }
    guard let tokenCount = header.elementCount, tokenCount < 1 << 56 else {
      throw stream.malformed("an array of shape \(header.shape)")
    }
    var data = try stream.read(tokenCount * header.type.byteCount, "the array")
    if header.isBigEndian { data = data.reversed() }
    var values = header.type.values(in: data)
    if header.isBigEndian { values.reverse() }
    return TokenRecord(
      id: id, tokens: try TokenRecord.tokens(values, path: stream.name, id: id))
  }
}

/// What the text of a `.npy` header says.
private struct NumPyHeader {
  let type: IntegerType
  let isBigEndian: Bool
  let shape: [Int]

  /// The product of the shape; nil where it overflows.
  var elementCount: Int? {
    shape.reduce(1) { (product: Int?, count) in
      product.flatMap { product in
        let (result, overflows) = product.multipliedReportingOverflow(by: count)
        return overflows ? nil : result
      }
    }
  }

  /// Reads the header's dictionary; nil where it isn't one of an array of integers.
  init?(_ text: String) {
    guard let descriptor = Self.value(of: "descr", in: text)?.split(separator: "'").first,
      let shapeText = Self.value(of: "shape", in: text)
    else { return nil }
    switch descriptor.dropFirst() {
    case "i1": type = .int8
    case "i2": type = .int16
    case "i4": type = .int32
    case "i8": type = .int64
    case "u1": type = .uint8
    case "u2": type = .uint16
    default: return nil
    }
    guard let order = descriptor.first, "<>|=".contains(order) else { return nil }
    isBigEndian = order == ">"
    guard shapeText.first == "(", let end = shapeText.firstIndex(of: ")") else { return nil }
    var shape: [Int] = []
    for part in shapeText[..<end].dropFirst().split(separator: ",") {
      let digits = part.filter { $0 != " " }
      if digits.isEmpty { continue }
      guard let count = Int(digits), count >= 0, shape.count < 32 else { return nil }
      shape.append(count)
    }
    self.shape = shape
  }

  /// What stands behind a key of the dictionary.
  private static func value(of key: String, in text: String) -> Substring? {
    guard let range = text.firstRange(of: "'\(key)':") else { return nil }
    return text[range.upperBound...].drop { $0 == " " }
  }
}
