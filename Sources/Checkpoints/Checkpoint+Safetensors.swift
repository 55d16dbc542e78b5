// SPDX-License-Identifier: Apache-2.0

extension Checkpoint.Contents {
  /// A header count of 8 bytes, a JSON header, the data; its tensors must cover the data without
  /// gap or overlap.
  init(safetensors bytes: UnsafeRawBufferPointer, source: ByteSource) throws(CheckpointError) {
    let path = source.path
    func malformed(_ detail: String) -> CheckpointError { .malformed(path: path, detail: detail) }
    var file = try ByteReader(bytes, path: path)
    let headerCount = try file.count64()
    guard headerCount <= SafetensorsHeader.maximumCount, headerCount <= file.remaining else {
      throw malformed("a safetensors header of \(headerCount) bytes in a file of \(bytes.count)")
    }
    let header = try SafetensorsHeader(JSONReader(try file.take(headerCount), path: path))
    let data = StoredBytes(source: source, place: .offset(file.position), count: file.remaining)

    var end = 0
    for tensor in header.tensors.sorted(by: { $0.range < $1.range }) {
      guard tensor.range.start == end else {
        throw malformed(
          "\(tensor.name) begins at \(tensor.range.start), the tensor before it ends at \(end)")
      }
      end = tensor.range.end
    }
    guard end == data.count else {
      throw malformed("the tensors take \(end) bytes, the file has \(data.count)")
    }
    var entries: [(key: Value, value: Value)] = []
    for tensor in header.tensors {
      let byteCount = tensor.range.end - tensor.range.start
      let capacity = byteCount / tensor.elementType.byteCount
      guard
        let layout = TensorLayout(rowMajor: tensor.shape, offset: 0, capacity: capacity),
        layout.count * tensor.elementType.byteCount == byteCount
      else { throw malformed("\(tensor.name) of shape \(tensor.shape) has \(byteCount) bytes") }
      let stored = StoredBytes(
        source: source, place: .offset(file.position + tensor.range.start), count: byteCount)
      let reference = TensorReference(
        elementType: tensor.elementType, layout: layout, storage: stored)
      entries.append((key: .string(tensor.name), value: .tensor(reference)))
    }
    container = .safetensors
    root = .dict(entries)
    metadata = header.metadata
  }
}

/// What the JSON of a safetensors file says, before it is compared with the file.
struct SafetensorsHeader {
  /// The reference implementation's limit.
  static let maximumCount = 100_000_000

  struct Tensor {
    let name: String
    let elementType: ElementType
    let shape: [Int]
    /// Counted from the end of the header.
    let range: (start: Int, end: Int)
  }

  private(set) var tensors: [Tensor] = []
  private(set) var metadata: [String: String] = [:]

  init(_ json: JSONReader) throws(CheckpointError) {
    var json = json
    var names: Set<String> = []
    try json.object { name, json throws(CheckpointError) in
      guard names.insert(name).inserted else { throw json.malformed("\(name) occurs twice") }
      if name == "__metadata__" {
        metadata = try Self.metadata(&json)
      } else {
        tensors.append(try Self.tensor(name, &json))
      }
    }
    try json.end()
  }

  private static func metadata(
    _ json: inout JSONReader
  ) throws(CheckpointError) -> [String: String] {
    var metadata: [String: String] = [:]
    try json.object { key, json throws(CheckpointError) in
      guard metadata.updateValue(try json.string(), forKey: key) == nil else {
        throw json.malformed("metadata \(key) occurs twice")
      }
    }
    return metadata
  }

  private static func tensor(
    _ name: String, _ json: inout JSONReader
  ) throws(CheckpointError) -> Tensor {
    var type: String?
    var shape: [Int]?
    var offsets: [Int]?
    try json.object { key, json throws(CheckpointError) in
      let isFirst: Bool
      switch key {
      case "dtype":
        isFirst = type == nil
        type = try json.string()
      case "shape":
        isFirst = shape == nil
        shape = try json.counts(atMost: TensorLayout.maximumRank)
      case "data_offsets":
        isFirst = offsets == nil
        offsets = try json.counts(atMost: 2)
      default:
        throw json.malformed("\(name) has an unknown field \(key)")
      }
      guard isFirst else { throw json.malformed("\(name) has two fields \(key)") }
    }
    guard let type, let shape, let offsets, offsets.count == 2, offsets[0] <= offsets[1] else {
      throw json.malformed("\(name) lacks dtype, shape or data_offsets")
    }
    guard let elementType = ElementType(safetensors: type) else {
      throw json.malformed("\(name) has an unknown type \(type)")
    }
    return Tensor(
      name: name, elementType: elementType, shape: shape, range: (offsets[0], offsets[1]))
  }
}
