// SPDX-License-Identifier: Apache-2.0

/// The value of an IEEE binary16, exactly; NaNs stay NaNs.
///
/// Shifted into the fields of a binary32 the number is 2^-112 of its value, subnormals included, so
/// one exact multiplication repairs it. Only infinities and NaNs need their exponent set. Unlike a
/// conversion by `Float16` this vectorises without instructions that the baseline lacks.
@inline(__always)
func float(half bits: UInt16) -> Float {
  let magnitude = UInt32(bits & 0x7FFF) << 13
  let scaled = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
  let special: UInt32 = bits & 0x7C00 == 0x7C00 ? 0x7F80_0000 : 0
  return Float(bitPattern: scaled | special | UInt32(bits & 0x8000) << 16)
}

/// The value of a bfloat16, exactly.
@inline(__always)
func float(bfloat16 bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

extension ElementType {
  /// Writes the elements in `source` to `target` as float32.
  ///
  /// Exact for all types of up to 16 bits, float32 and bool; float64 and wider integers are rounded
  /// to nearest. False where the type is not known. `source` must be aligned to an element.
  func widen(_ source: UnsafeRawBufferPointer, to target: UnsafeMutablePointer<Float>) -> Bool {
    func each<Element>(_ convert: (Element) -> Float) -> Bool {
      let elements = source.bindMemory(to: Element.self)
      for index in 0..<elements.count { target[index] = convert(elements[index]) }
      return true
    }
    switch self {
    case .float32: return each { (value: Float) in value }
    case .float16: return each { (bits: UInt16) in float(half: bits) }
    case .bfloat16: return each { (bits: UInt16) in float(bfloat16: bits) }
    case .float64: return each { (value: Double) in Float(value) }
    case .int8: return each { (value: Int8) in Float(value) }
    case .int16: return each { (value: Int16) in Float(value) }
    case .int32: return each { (value: Int32) in Float(value) }
    case .int64: return each { (value: Int64) in Float(value) }
    case .uint8: return each { (value: UInt8) in Float(value) }
    case .uint16: return each { (value: UInt16) in Float(value) }
    case .uint32: return each { (value: UInt32) in Float(value) }
    case .uint64: return each { (value: UInt64) in Float(value) }
    case .bool: return each { (byte: UInt8) in byte == 0 ? 0 : 1 }
    case .other: return false
    }
  }

  /// The elements in `source`, if they are integers that fit into 64 signed bits.
  func integers(_ source: UnsafeRawBufferPointer) -> [Int]? {
    func each<Element: BinaryInteger>(_ type: Element.Type) -> [Int]? {
      let elements = source.bindMemory(to: type)
      let values = elements.compactMap { Int(exactly: $0) }
      return values.count == elements.count ? values : nil
    }
    switch self {
    case .int8: return each(Int8.self)
    case .int16: return each(Int16.self)
    case .int32: return each(Int32.self)
    case .int64: return each(Int64.self)
    case .uint8: return each(UInt8.self)
    case .uint16: return each(UInt16.self)
    case .uint32: return each(UInt32.self)
    case .uint64: return each(UInt64.self)
    case .bool: return source.map { $0 == 0 ? 0 : 1 }
    case .float16, .bfloat16, .float32, .float64, .other: return nil
    }
  }
}
