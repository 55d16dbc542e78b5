// SPDX-License-Identifier: Apache-2.0

extension Checkpoint.Contents {
  /// `<root>/data.pkl`, whose tensors refer to `<root>/data/<key>`, below a root of any name.
  init(torchZip bytes: UnsafeRawBufferPointer, source: ByteSource) throws(CheckpointError) {
    let path = source.path
    let archive = try ZipArchive(bytes, path: path)
    let pickles = archive.entries.values.filter {
      $0.name.hasSuffix("/data.pkl") && !$0.name.dropLast(9).contains("/")
    }
    guard pickles.count == 1, let pickle = pickles.first else {
      throw .malformed(
        path: path, detail: "a zip archive with \(pickles.count) data.pkl entries, not one")
    }
    let root = pickle.name.dropLast(8)
    guard archive.entries["\(root)constants.pkl"] == nil else {
      throw .unsupported(path: path, detail: "a TorchScript program; save its state_dict instead")
    }
    func content(_ entry: ZipEntry) throws(CheckpointError) -> UnsafeRawBufferPointer {
      var reader = try ByteReader(bytes, path: path, position: try entry.dataOffset(in: source))
      return try reader.take(entry.count)
    }
    if let entry = archive.entries["\(root)byteorder"] {
      guard try content(entry).elementsEqual("little".utf8) else {
        throw .unsupported(path: path, detail: "numbers that are not little-endian")
      }
    }

    var unpickler = Unpickler(try ByteReader(try content(pickle), path: path))
    let object = try unpickler.load()
    var storages: [String: StoredBytes] = [:]
    for storage in unpickler.graph.storages {
      let needed = storage.wholeCount * storage.elementType.byteCount
      if let known = storages[storage.key], known.count >= needed { continue }
      guard let entry = archive.entries["\(root)data/\(storage.key)"] else {
        throw .malformed(path: path, detail: "storage \(storage.key) is missing")
      }
      guard entry.count >= needed else {
        throw .malformed(
          path: path,
          detail: "storage \(storage.key) has \(entry.count) bytes, its tensors need \(needed)")
      }
      storages[storage.key] = StoredBytes(
        source: source, place: .zipEntry(entry), count: entry.count)
    }
    container = .torchZip
    var reader = PickleGraphReader(unpickler.graph, storages: storages, path: path)
    self.root = try reader.value(of: object)
  }

  /// Pickles of a magic number, a version, the writer's properties, the object and the keys of the
  /// storages; then, for each key, an element count and the elements.
  init(torchLegacy bytes: UnsafeRawBufferPointer, source: ByteSource) throws(CheckpointError) {
    let path = source.path
    var unpickler = Unpickler(try ByteReader(bytes, path: path))
    _ = try unpickler.load()
    let version = try unpickler.load()
    guard unpickler.graph.int(version) == 1001 else {
      throw .unsupported(path: path, detail: "an unknown version of PyTorch's old format")
    }
    let properties = try unpickler.load()
    var propertiesReader = PickleGraphReader(unpickler.graph, storages: [:], path: path)
    guard try propertiesReader.value(of: properties)["little_endian"]?.bool != false else {
      throw .unsupported(path: path, detail: "numbers that are not little-endian")
    }
    let object = try unpickler.load()
    let keys = try unpickler.load()
    let graph = unpickler.graph
    guard let keys = graph.items(keys)?.map({ graph.string($0) }) else {
      throw .malformed(path: path, detail: "the list of storages is missing")
    }

    var planned: [String: PickleGraph.Storage] = [:]
    for storage in graph.storages {
      if let other = planned.updateValue(storage, forKey: storage.key) {
        guard other.elementType == storage.elementType, other.wholeCount == storage.wholeCount
        else {
          throw .malformed(path: path, detail: "storage \(storage.key) has two types or sizes")
        }
      }
    }
    var storages: [String: StoredBytes] = [:]
    var data = unpickler.reader
    for key in keys {
      guard let key, let storage = planned[key] else {
        throw .malformed(path: path, detail: "storage \(key ?? "?") belongs to no tensor")
      }
      let count = try data.count64()
      guard count == storage.wholeCount else {
        throw data.malformed("storage \(key) has \(count) elements, not \(storage.wholeCount)")
      }
      let stored = StoredBytes(
        source: source, place: .offset(data.position),
        count: count * storage.elementType.byteCount)
      _ = try data.take(stored.count)
      guard storages.updateValue(stored, forKey: key) == nil else {
        throw data.malformed("storage \(key) is listed twice")
      }
    }
    for key in planned.keys where storages[key] == nil {
      throw .malformed(path: path, detail: "storage \(key) is missing")
    }
    container = .torchLegacy
    var reader = PickleGraphReader(graph, storages: storages, path: path)
    root = try reader.value(of: object)
  }
}

/// The number 0x1950a86a20f9469cfc6c, which is the first pickle of PyTorch's old format.
enum TorchLegacyMagic {
  /// As an opcode, a count and little-endian bytes.
  private static let opcode: [UInt8] = [
    0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
  ]

  /// Whether a file begins so: the number comes after the protocol and, in later ones, a frame.
  static func begins(_ file: UnsafeRawBufferPointer) -> Bool {
    guard file.first == 0x80 else { return false }
    return [2, 11].contains { file.dropFirst($0).starts(with: opcode) }
  }
}
