// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints
internal import Tensors

/// A condition vector on disk: NumPy's format of one array, or safetensors.
public enum ConditionFile {
  /// Reads a vector.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - path: Where they come from, for messages.
  /// - Throws: `UniversalSeparationError.unreadable`.
  public static func read(
    _ bytes: [UInt8], path: String
  ) throws(UniversalSeparationError) -> [Float] {
    if bytes.starts(with: magic) { return try array(bytes, path: path) }
    do {
      let checkpoint = try Checkpoint(bytes: bytes, name: path)
      let weights = try checkpoint.weights()
      guard checkpoint.container == .safetensors, weights.names.count == 1 else {
        throw CheckpointError.unsupported(
          path: path, detail: "\(weights.names.count) tensors where one is expected")
      }
      return try weights.reference(weights.names[0]).read(key: weights.names[0]).elements
    } catch {
      let text = "\(error)"
      throw .unreadable(
        path: path,
        detail: text.hasPrefix("\(path): ") ? String(text.dropFirst(path.count + 2)) : text)
    }
  }

  /// The bytes of a vector's NumPy file.
  public static func array(of condition: [Float]) -> [UInt8] {
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(condition.count),), }"
    // The numbers begin at a multiple of 64 bytes.
    let used = magic.count + 4 + header.utf8.count + 1
    header += String(repeating: " ", count: (64 - used % 64) % 64) + "\n"
    let length = UInt16(header.utf8.count)
    return magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(header.utf8)
      + littleEndian(condition)
  }

  /// The bytes of a vector's safetensors file.
  public static func tensors(of condition: [Float]) -> [UInt8] {
    SafetensorsFile.bytes(
      of: [
        .init(
          name: "condition", elementType: .float32, shape: [condition.count],
          bytes: littleEndian(condition))
      ], metadata: [:])
  }

  private static func littleEndian(_ condition: [Float]) -> [UInt8] {
    condition.flatMap { value in (0..<4).map { UInt8(value.bitPattern >> ($0 * 8) & 255) } }
  }

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Any array of floats, however it is shaped.
  private static func array(
    _ bytes: [UInt8], path: String
  ) throws(UniversalSeparationError) -> [Float] {
    func number(_ range: Range<Int>) -> UInt64 {
      bytes[range].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    let start = bytes.count > 6 && bytes[6] == 1 ? 10 : 12
    guard bytes.count >= start else { throw .unreadable(path: path, detail: "it is cut short") }
    let length = Int(number(8..<start))
    guard bytes.count - start >= length else {
      throw .unreadable(path: path, detail: "it is cut short")
    }
    let header = String(decoding: bytes[start..<start + length], as: UTF8.self)
    let body = start + length
    let size = header.contains("'<f4'") ? 4 : header.contains("'<f8'") ? 8 : 0
    guard size > 0 else {
      throw .unreadable(path: path, detail: "its numbers are no little-endian floats")
    }
    guard (bytes.count - body) % size == 0, bytes.count > body else {
      throw .unreadable(path: path, detail: "it is cut short")
    }
    return stride(from: body, to: bytes.count, by: size).map { offset in
      let bits = number(offset..<offset + size)
      return size == 4
        ? Float(bitPattern: UInt32(bits)) : Float(Double(bitPattern: bits))
    }
  }
}
