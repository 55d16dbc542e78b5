// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
  /// Adds a number's bytes, the lowest first.
  mutating func append<Number: FixedWidthInteger>(littleEndian value: Number) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  /// The number that begins at `offset`, its lowest byte first.
  func number<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number {
    precondition(offset >= 0 && offset <= count - MemoryLayout<Number>.size, "outside the bytes")
    return withUnsafeBytes {
      Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type))
    }
  }
}

/// How integers are stored, one after the other and little-endian.
enum IntegerType: Sendable, CaseIterable {
  case int8
  case int16
  case int32
  case int64
  case uint8
  case uint16

  var byteCount: Int {
    switch self {
    case .int8, .uint8: 1
    case .int16, .uint16: 2
    case .int32: 4
    case .int64: 8
    }
  }

  /// The smaller of int16 and int32 that holds each code of a codebook, or each of `tokens` where
  /// its size isn't known.
  static func signed(for record: TokenRecord) -> IntegerType {
    let largest = record.codec.map { $0.codebookSize - 1 } ?? Int(record.tokens.max() ?? 0)
    return largest <= Int(Int16.max) ? .int16 : .int32
  }

  /// The bytes of `values`, each of which must fit.
  func bytes(of values: [Int32]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * byteCount)
    for value in values {
      let value = Int(value)
      switch self {
      case .int8: bytes.append(littleEndian: Int8(value))
      case .int16: bytes.append(littleEndian: Int16(value))
      case .int32: bytes.append(littleEndian: Int32(value))
      case .int64: bytes.append(littleEndian: Int64(value))
      case .uint8: bytes.append(littleEndian: UInt8(value))
      case .uint16: bytes.append(littleEndian: UInt16(value))
      }
    }
    return bytes
  }

  /// The values that `bytes` hold, whose count is a multiple of the type's.
  func values(in bytes: [UInt8]) -> [Int] {
    stride(from: 0, to: bytes.count, by: byteCount).map { offset in
      switch self {
      case .int8: Int(bytes.number(Int8.self, at: offset))
      case .int16: Int(bytes.number(Int16.self, at: offset))
      case .int32: Int(bytes.number(Int32.self, at: offset))
      case .int64: Int(bytes.number(Int64.self, at: offset))
      case .uint8: Int(bytes.number(UInt8.self, at: offset))
      case .uint16: Int(bytes.number(UInt16.self, at: offset))
      }
    }
  }
}

extension TokenRecord {
  /// The ids in `values` as tokens, `offset` taken off each.
  ///
  /// - Throws: `.outOfRange` for one that is negative then, or needs more than 31 bits.
  static func tokens(
    _ values: [Int], offset: Int = 0, path: String, id: String
  ) throws(TokenFileError) -> [Int32] {
    var tokens: [Int32] = []
    tokens.reserveCapacity(values.count)
    for (index, value) in values.enumerated() {
      let (code, overflows) = value.subtractingReportingOverflow(offset)
      guard !overflows, code >= 0, let token = Int32(exactly: code) else {
        throw .outOfRange(
          path: path, id: id, index: index, token: overflows ? value : code,
          codebookSize: CodecIdentity.largestCodebook)
      }
      tokens.append(token)
    }
    return tokens
  }
}
