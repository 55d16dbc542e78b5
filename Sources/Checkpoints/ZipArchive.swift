// SPDX-License-Identifier: Apache-2.0

/// The directory of a zip archive whose entries are stored, not compressed, as PyTorch writes them.
///
/// Only the central directory is read here. The local header of an entry, which decides where its
/// data begins, is read when the data is asked for: a checkpoint with thousands of entries then
/// opens without touching each of them. Checksums are not verified, as PyTorch doesn't either.
struct ZipArchive {
  /// By name.
  let entries: [String: ZipEntry]

  init(_ bytes: UnsafeRawBufferPointer, path: String) throws(CheckpointError) {
    let directory = try ZipDirectoryLocation(bytes, path: path)
    let window = UnsafeRawBufferPointer(rebasing: bytes[directory.range])
    var reader = try ByteReader(window, path: path)
    // An entry takes at least 46 bytes, so the announced count cannot make this reserve much.
    guard directory.entryCount <= directory.range.count / 46 else {
      throw reader.malformed("\(directory.entryCount) entries in \(directory.range.count) bytes")
    }
    var entries: [String: ZipEntry] = [:]
    entries.reserveCapacity(directory.entryCount)
    for _ in 0..<directory.entryCount {
      let entry = try ZipEntry(&reader, limit: directory.range.lowerBound)
      guard entries.updateValue(entry, forKey: entry.name) == nil else {
        throw reader.malformed("two entries are called \(entry.name)")
      }
    }
    guard reader.remaining == 0 else { throw reader.malformed("the zip directory has a tail") }
    var end = 0
    for entry in entries.values.sorted(by: { $0.headerOffset < $1.headerOffset }) {
      guard entry.headerOffset >= end else {
        throw reader.malformed("\(entry.name) overlaps another entry")
      }
      end = entry.headerOffset + ZipEntry.headerCount + entry.name.utf8.count + entry.count
    }
    self.entries = entries
  }
}

/// A stored file in a zip archive.
struct ZipEntry: Sendable {
  /// How many bytes of a local header come before the name.
  static let headerCount = 30

  let name: String
  /// Where the local header begins.
  let headerOffset: Int
  /// How many bytes the file has.
  let count: Int
  /// Where the archive's directory begins: data must end before.
  private let limit: Int

  /// Reads a record of the central directory, which begins at `limit`.
  init(_ reader: inout ByteReader, limit: Int) throws(CheckpointError) {
    guard try reader.number(UInt32.self) == 0x0201_4B50 else {
      throw reader.malformed("the zip directory is damaged")
    }
    _ = try reader.take(4)
    let flags = try reader.number(UInt16.self)
    let method = try reader.number(UInt16.self)
    _ = try reader.take(8)
    let packed = try reader.number(UInt32.self)
    let unpacked = try reader.number(UInt32.self)
    let nameCount = Int(try reader.number(UInt16.self))
    let extraCount = Int(try reader.number(UInt16.self))
    let commentCount = Int(try reader.number(UInt16.self))
    _ = try reader.take(8)
    let header = try reader.number(UInt32.self)
    let nameBytes = try reader.take(nameCount)
    guard let name = String(validating: nameBytes, as: UTF8.self) else {
      throw reader.malformed("a zip entry's name is not UTF-8")
    }
    var extra = try ByteReader(try reader.take(extraCount), path: reader.path)
    _ = try reader.take(commentCount)

    var wide: ByteReader?
    while extra.remaining >= 4 {
      let tag = try extra.number(UInt16.self)
      let field = try extra.take(Int(try extra.number(UInt16.self)))
      if tag == 1 { wide = try ByteReader(field, path: reader.path) }
    }
    /// A field of 32 bits that says "see the zip64 record" when it is full; the record holds such
    /// fields in this order.
    func widened(_ narrow: UInt32) throws(CheckpointError) -> Int {
      guard narrow == .max else { return Int(narrow) }
      guard wide != nil, let value = try wide?.count64() else {
        throw reader.malformed("\(name) lacks its zip64 record")
      }
      return value
    }
    let count = try widened(unpacked)
    let packedCount = try widened(packed)
    headerOffset = try widened(header)
    guard flags & 1 == 0 else {
      throw .unsupported(path: reader.path, detail: "\(name) is encrypted")
    }
    guard method == 0 else {
      throw .unsupported(
        path: reader.path, detail: "\(name) is compressed; PyTorch stores entries as they are")
    }
    guard count == packedCount, headerOffset <= limit,
      Self.headerCount + nameCount <= limit - headerOffset,
      count <= limit - headerOffset - Self.headerCount - nameCount
    else { throw reader.malformed("\(name) reaches outside the archive") }
    self.name = name
    self.count = count
    self.limit = limit
  }

  /// Where the data begins, by the local header, which must agree with the directory.
  func dataOffset(in source: ByteSource) throws(CheckpointError) -> Int {
    let nameCount = name.utf8.count
    var header = [UInt8](repeating: 0, count: Self.headerCount + nameCount)
    try header.withUnsafeMutableBufferPointer { bytes throws(CheckpointError) in
      try source.read(at: headerOffset, into: UnsafeMutableRawBufferPointer(bytes))
    }
    let extraCount = Int(header[28]) | Int(header[29]) << 8
    let start = headerOffset + header.count + extraCount
    guard header[..<4] == [0x50, 0x4B, 3, 4], header[8] == 0, header[9] == 0,
      Int(header[26]) | Int(header[27]) << 8 == nameCount,
      header[Self.headerCount...].elementsEqual(name.utf8), start <= limit, count <= limit - start
    else {
      throw .malformed(
        path: source.path, detail: "\(name)'s local header disagrees with the zip directory")
    }
    return start
  }
}

/// Where a zip archive's end record, or its zip64 one, says that the directory is.
private struct ZipDirectoryLocation {
  let range: Range<Int>
  let entryCount: Int

  init(_ bytes: UnsafeRawBufferPointer, path: String) throws(CheckpointError) {
    let recordCount = 22
    func malformed(_ detail: String) -> CheckpointError { .malformed(path: path, detail: detail) }
    func signature(at offset: Int) -> UInt32 {
      UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    // The record is last but for a comment of at most 65535 bytes.
    guard bytes.count >= recordCount,
      let record = (max(0, bytes.count - recordCount - 0xFFFF)...(bytes.count - recordCount))
        .last(where: {
          signature(at: $0) == 0x0605_4B50
            && $0 + recordCount + Int(bytes[$0 + 20]) + Int(bytes[$0 + 21]) << 8 == bytes.count
        })
    else { throw malformed("the zip archive has no end: the file is cut short") }

    var reader = try ByteReader(bytes, path: path, position: record + 4)
    let disks = try reader.number(UInt32.self)
    _ = try reader.take(2)
    var entryCount = Int(try reader.number(UInt16.self))
    var directoryCount = Int(try reader.number(UInt32.self))
    var start = Int(try reader.number(UInt32.self))
    var end = record
    let locator = record - 20
    if locator >= 0, signature(at: locator) == 0x0706_4B50 {
      var reader = try ByteReader(bytes, path: path, position: locator + 8)
      let wide = try reader.count64()
      guard wide <= locator, locator - wide >= 56, signature(at: wide) == 0x0606_4B50 else {
        throw malformed("the zip64 end record is missing")
      }
      reader = try ByteReader(bytes, path: path, position: wide + 32)
      entryCount = try reader.count64()
      directoryCount = try reader.count64()
      start = try reader.count64()
      end = wide
    }
    guard disks == 0, start <= end, directoryCount == end - start else {
      throw malformed("the zip directory isn't where the archive's end says")
    }
    range = start..<end
    self.entryCount = entryCount
  }
}
