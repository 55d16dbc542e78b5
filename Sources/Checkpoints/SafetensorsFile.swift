// SPDX-License-Identifier: Apache-2.0
internal import Files
public import Tensors

/// Writes safetensors files.
public enum SafetensorsFile {
  /// Writes float32 tensors, in the order of their names, and replaces what is at `path` only when
  /// all is written.
  ///
  /// Throws `cannotWrite`; then nothing has changed at `path`.
  public static func write(
    _ tensors: [String: Tensor], metadata: [String: String] = [:], to path: String
  ) throws(CheckpointError) {
    let sorted = tensors.sorted { $0.key < $1.key }
    do throws(SystemFailure) {
      let file = try PartialFile(Array(path.utf8), replacing: true)
      try file.descriptor.write(
        headerBytes(
          sorted.map { ($0.key, .float32, $0.value.shape, $0.value.count * 4) }, metadata: metadata)
      )
      for (_, tensor) in sorted {
        defer { extendLifetime(tensor) }
        try file.descriptor.write(
          UnsafeRawBufferPointer(start: tensor.pointer, count: tensor.count * 4))
      }
      try file.commit(isDurable: true)
    } catch { throw .cannotWrite(path: path, reason: error.reason) }
  }

  /// A tensor of any type, as its file holds it.
  package struct Entry: Sendable {
    let name: String
    let elementType: ElementType
    let shape: [Int]
    let bytes: [UInt8]

    /// Makes an entry; `bytes` are the elements, row-major and little-endian.
    package init(name: String, elementType: ElementType, shape: [Int], bytes: [UInt8]) {
      self.name = name
      self.elementType = elementType
      self.shape = shape
      self.bytes = bytes
    }
  }

  /// A whole file in memory, its tensors in the order given.
  package static func bytes(of entries: [Entry], metadata: [String: String]) -> [UInt8] {
    let directory = entries.map { ($0.name, $0.elementType, $0.shape, $0.bytes.count) }
    return entries.reduce(into: headerBytes(directory, metadata: metadata)) { $0 += $1.bytes }
  }

  /// The header's count and the header, padded so that the data is aligned.
  private static func headerBytes(
    _ tensors: [(name: String, elementType: ElementType, shape: [Int], byteCount: Int)],
    metadata: [String: String]
  ) -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }
        .map { "\(quoted($0.key)):\(quoted($0.value))" }
      members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.byteCount
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      members.append(
        "\(quoted(tensor.name)):{\"dtype\":\"\(tensor.elementType.safetensorsName)\","
          + "\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var header = Array("{\(members.joined(separator: ","))}".utf8)
    while !header.count.isMultiple(of: 8) { header.append(UInt8(ascii: " ")) }
    return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case ..<" ":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
