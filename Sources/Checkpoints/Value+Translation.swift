// SPDX-License-Identifier: Apache-2.0

extension Value {
  /// What the call `name(arguments)`, followed by setting `state`, means as plain data; the opaque
  /// placeholder where it means nothing here.
  static func translating(name: String, arguments: [Value], state: Value?) -> Value {
    let opaque = Value.opaque(name: name, arguments: arguments, state: state)
    switch name {
    case "argparse.Namespace":
      if let state, case .dict = state { return state }
      return opaque
    case "torch.torch_version.TorchVersion":
      guard let text = arguments.first, text.string != nil else { return opaque }
      return text
    case "pathlib.PosixPath", "pathlib.PurePosixPath", "pathlib.Path", "pathlib.PurePath",
      "pathlib._local.PosixPath", "pathlib._local.PurePosixPath":
      let parts = arguments.compactMap(\.string)
      guard !parts.isEmpty, parts.count == arguments.count else { return opaque }
      let isRooted = parts[0] == "/"
      return .string(
        (isRooted ? "/" : "") + parts.dropFirst(isRooted ? 1 : 0).joined(separator: "/"))
    case "torch.Size":
      return arguments.first?.list.map { .tuple($0) } ?? opaque
    case "builtins.set", "builtins.frozenset", "__builtin__.set", "__builtin__.frozenset":
      return arguments.first?.list.map { .list($0) } ?? (arguments.isEmpty ? .list([]) : opaque)
    case "builtins.bytearray", "builtins.bytes", "__builtin__.bytearray":
      if let first = arguments.first, case .bytes = first { return first }
      return arguments.isEmpty ? .bytes([]) : opaque
    case "_codecs.encode":
      // How protocol 2 spells bytes: text whose code points are the byte values.
      guard arguments.count == 2, let text = arguments[0].string,
        arguments[1].string == "latin1" || arguments[1].string == "latin-1"
      else { return opaque }
      let bytes = text.unicodeScalars.compactMap { UInt8(exactly: $0.value) }
      return bytes.count == text.unicodeScalars.count ? .bytes(bytes) : opaque
    case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar":
      return numpyScalar(arguments) ?? opaque
    default:
      return opaque
    }
  }

  /// The number that `scalar(dtype, bytes)` stands for.
  private static func numpyScalar(_ arguments: [Value]) -> Value? {
    guard arguments.count == 2, case .bytes(let stored) = arguments[1], stored.count <= 8,
      case .opaque("numpy.dtype", let type, let state) = arguments[0], let code = type.first?.string
    else { return nil }
    let bytes = state?[1]?.string == ">" ? stored.reversed() : stored
    let bits = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    switch (code, bytes.count) {
    case ("f8", 8): return .double(Double(bitPattern: bits))
    case ("f4", 4): return .double(Double(Float(bitPattern: UInt32(bits))))
    case ("f2", 2): return .double(Double(float(half: UInt16(bits))))
    case ("i8", 8): return .int(Int(Int64(bitPattern: bits)))
    case ("i4", 4): return .int(Int(Int32(truncatingIfNeeded: bits)))
    case ("i2", 2): return .int(Int(Int16(truncatingIfNeeded: bits)))
    case ("i1", 1): return .int(Int(Int8(truncatingIfNeeded: bits)))
    case ("u8", 8), ("u4", 4), ("u2", 2), ("u1", 1): return Int(exactly: bits).map { .int($0) }
    case ("b1", 1): return .bool(bits != 0)
    default: return nil
    }
  }
}
