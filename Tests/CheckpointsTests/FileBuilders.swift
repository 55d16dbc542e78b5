// SPDX-License-Identifier: Apache-2.0

/// The little-endian bytes of a number.
func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// Pickle opcodes, spelled one by one so that a test can write what no pickler would.
enum Pickle {
  static let stop: [UInt8] = [0x2E]
  static let reduce: [UInt8] = [0x52]
  static let mark: [UInt8] = [0x28]
  static let tuple: [UInt8] = [0x74]
  static let persistentID: [UInt8] = [0x51]

  static func proto(_ version: UInt8 = 2) -> [UInt8] { [0x80, version] }
  static func text(_ text: String) -> [UInt8] {
    [0x58] + littleEndian(UInt32(text.utf8.count)) + text.utf8
  }
  static func int(_ value: Int) -> [UInt8] { [0x8A, 8] + littleEndian(Int64(value)) }
  static func global(_ module: String, _ name: String) -> [UInt8] {
    [0x63] + "\(module)\n\(name)\n".utf8
  }
  static func stackGlobal(_ module: String, _ name: String) -> [UInt8] {
    text(module) + text(name) + [0x93]
  }
  static func tuple(_ items: [UInt8]...) -> [UInt8] { mark + items.flatMap { $0 } + tuple }
  static func call(_ function: [UInt8], _ arguments: [UInt8]...) -> [UInt8] {
    function + mark + arguments.flatMap { $0 } + tuple + reduce
  }
  static func storage(_ type: String = "FloatStorage", key: String = "0", count: Int) -> [UInt8] {
    tuple(text("storage"), global("torch", type), text(key), text("cpu"), int(count)) + persistentID
  }
  static func tensor(
    _ storage: [UInt8], offset: Int = 0, shape: [Int], strides: [Int]
  ) -> [UInt8] {
    call(
      global("torch._utils", "_rebuild_tensor_v2"), storage, int(offset),
      mark + shape.flatMap(int) + tuple, mark + strides.flatMap(int) + tuple, [0x89], [0x7D])
  }
}

/// A zip archive of stored files, with every field open to spoiling.
struct ZipBuilder {
  struct Entry {
    var name: String
    var data: [UInt8]
    var method: UInt16 = 0
    var flags: UInt16 = 0
    /// What the directory says instead of the truth.
    var announcedCount: UInt32?
    var announcedOffset: UInt32?
    var localName: String?
  }

  var entries: [Entry]
  var announcedEntries: UInt16?
  var directoryShift = 0
  var isZip64 = false

  /// As torch.save would lay it out.
  init(pickle: [UInt8], storages: [(String, [UInt8])] = []) {
    entries =
      [Entry(name: "archive/data.pkl", data: pickle)]
      + storages.map { Entry(name: "archive/data/\($0.0)", data: $0.1) }
  }

  func bytes() -> [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let offset = file.count
      let localName = Array((entry.localName ?? entry.name).utf8)
      file += [0x50, 0x4B, 3, 4, 0, 0] + littleEndian(entry.flags) + littleEndian(entry.method)
      file += [UInt8](repeating: 0, count: 16)
      file += littleEndian(UInt16(localName.count)) + [3, 0] + localName + [0, 0, 0] + entry.data
      let count = entry.announcedCount ?? UInt32(entry.data.count)
      let extra: [UInt8] =
        isZip64
        ? [1, 0, 24, 0] + littleEndian(UInt64(count)) + littleEndian(UInt64(count))
          + littleEndian(UInt64(offset)) : []
      directory += [0x50, 0x4B, 1, 2, 0, 0, 0, 0] + littleEndian(entry.flags)
      directory += littleEndian(entry.method) + [UInt8](repeating: 0, count: 8)
      directory += littleEndian(isZip64 ? .max : count) + littleEndian(isZip64 ? .max : count)
      directory += littleEndian(UInt16(entry.name.utf8.count)) + littleEndian(UInt16(extra.count))
      directory += [UInt8](repeating: 0, count: 10)
      directory += littleEndian(isZip64 ? .max : entry.announcedOffset ?? UInt32(offset))
      directory += Array(entry.name.utf8) + extra
    }
    let start = file.count
    file += directory
    let count = announcedEntries ?? UInt16(entries.count)
    if isZip64 {
      let record = file.count
      file += [0x50, 0x4B, 6, 6] + littleEndian(UInt64(44)) + [UInt8](repeating: 0, count: 12)
      file += littleEndian(UInt64(count)) + littleEndian(UInt64(count))
      file += littleEndian(UInt64(directory.count)) + littleEndian(UInt64(start + directoryShift))
      file += [0x50, 0x4B, 6, 7, 0, 0, 0, 0] + littleEndian(UInt64(record)) + [1, 0, 0, 0]
    }
    file += [0x50, 0x4B, 5, 6, 0, 0, 0, 0]
    file += littleEndian(isZip64 ? .max : count) + littleEndian(isZip64 ? .max : count)
    file += littleEndian(isZip64 ? .max : UInt32(directory.count))
    file += littleEndian(isZip64 ? .max : UInt32(start + directoryShift)) + [0, 0]
    return file
  }
}
