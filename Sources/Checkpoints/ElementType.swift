// SPDX-License-Identifier: Apache-2.0

/// How a stored number is encoded, always little-endian.
public enum ElementType: Sendable, Hashable {
  /// IEEE binary16.
  case float16
  /// The upper half of a binary32.
  case bfloat16
  /// IEEE binary32.
  case float32
  /// IEEE binary64.
  case float64
  /// A signed integer of 8 bits.
  case int8
  /// A signed integer of 16 bits.
  case int16
  /// A signed integer of 32 bits.
  case int32
  /// A signed integer of 64 bits.
  case int64
  /// An unsigned integer of 8 bits.
  case uint8
  /// An unsigned integer of 16 bits.
  case uint16
  /// An unsigned integer of 32 bits.
  case uint32
  /// An unsigned integer of 64 bits.
  case uint64
  /// A byte that is 0 for false.
  case bool
  /// A type that is known by name and size only; tensors of it can be listed, not read.
  case other(name: String, byteCount: Int)

  /// How many bytes an element takes.
  public var byteCount: Int {
    switch self {
    case .int8, .uint8, .bool: 1
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    case .other(_, let byteCount): byteCount
    }
  }

  /// What safetensors calls the type.
  var safetensorsName: String {
    switch self {
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .float32: "F32"
    case .float64: "F64"
    case .int8: "I8"
    case .int16: "I16"
    case .int32: "I32"
    case .int64: "I64"
    case .uint8: "U8"
    case .uint16: "U16"
    case .uint32: "U32"
    case .uint64: "U64"
    case .bool: "BOOL"
    case .other(let name, _): name
    }
  }

  /// The type that safetensors calls `name`.
  init?(safetensors name: String) {
    switch name {
    case "F16": self = .float16
    case "BF16": self = .bfloat16
    case "F32": self = .float32
    case "F64": self = .float64
    case "I8": self = .int8
    case "I16": self = .int16
    case "I32": self = .int32
    case "I64": self = .int64
    case "U8": self = .uint8
    case "U16": self = .uint16
    case "U32": self = .uint32
    case "U64": self = .uint64
    case "BOOL": self = .bool
    case "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ":
      self = .other(name: name, byteCount: 1)
    case "C64": self = .other(name: name, byteCount: 8)
    default: return nil
    }
  }

  /// The elements of the storage class `torch.<name>Storage`.
  init?(torchStorage name: String) {
    switch name {
    case "Half": self = .float16
    case "BFloat16": self = .bfloat16
    case "Float": self = .float32
    case "Double": self = .float64
    case "Char": self = .int8
    case "Short": self = .int16
    case "Int": self = .int32
    case "Long": self = .int64
    case "Byte", "Untyped", "_Untyped": self = .uint8
    case "Bool": self = .bool
    case "ComplexFloat": self = .other(name: "complex64", byteCount: 8)
    case "ComplexDouble": self = .other(name: "complex128", byteCount: 16)
    case "QInt8", "QUInt8": self = .other(name: name, byteCount: 1)
    case "QInt32": self = .other(name: name, byteCount: 4)
    default: return nil
    }
  }

  /// The type that PyTorch calls `torch.<name>`.
  init?(torchType name: String) {
    switch name {
    case "float16", "half": self = .float16
    case "bfloat16": self = .bfloat16
    case "float32", "float": self = .float32
    case "float64", "double": self = .float64
    case "int8": self = .int8
    case "int16", "short": self = .int16
    case "int32", "int": self = .int32
    case "int64", "long": self = .int64
    case "uint8": self = .uint8
    case "uint16": self = .uint16
    case "uint32": self = .uint32
    case "uint64": self = .uint64
    case "bool": self = .bool
    case _ where name.hasPrefix("float8_"): self = .other(name: name, byteCount: 1)
    case "complex32": self = .other(name: name, byteCount: 4)
    case "complex64": self = .other(name: name, byteCount: 8)
    case "complex128": self = .other(name: name, byteCount: 16)
    default: return nil
    }
  }
}
