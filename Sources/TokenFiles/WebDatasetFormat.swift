// SPDX-License-Identifier: Apache-2.0

/// Recordings' tokens as a WebDataset shard: a tar archive with `KEY.npy`, the tokens as
/// ``NumPyFormat`` has them, and `KEY.json`, what is known about the recording.
enum WebDatasetFormat {
  private static let memberLimit = 1 << 31

  /// The two members of a record.
  static func bytes(of record: TokenRecord, path: String) throws(TokenFileError) -> [UInt8] {
    var bytes: [UInt8] = []
    let key = key(of: record.id)
    for (field, content) in [
      ("npy", try NumPyFormat.bytes(of: record, path: path)),
      ("json", try record.json(withTokens: false)),
    ] {
      guard let member = TapeArchive.member(name: key + Array(".\(field)".utf8), content: content)
      else {
        throw .unsupported(
          path: path, detail: "'\(record.id)' is too long for a name in an archive")
      }
      bytes += member
    }
    return bytes
  }

  /// What a recording is called in an archive: its id without what has a meaning there.
  ///
  /// A key ends at the first dot of its last component; the description holds the id as it is.
  static func key(of id: String) -> [UInt8] {
    let components = id.utf8.split(separator: UInt8(ascii: "/")).map { component in
      component.map { byte in
        byte < 0x21 || byte == 0x7F || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "\\")
          ? UInt8(ascii: "_") : byte
      }
    }
    return components.isEmpty
      ? [UInt8(ascii: "_")] : Array(components.joined(separator: [UInt8(ascii: "/")]))
  }

  /// Splits a member's name at the first dot of its last component.
  private static func parts(_ name: [UInt8]) -> (key: [UInt8], field: [UInt8]) {
    let base = name.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
    guard let dot = name[base...].firstIndex(of: UInt8(ascii: ".")) else { return (name, []) }
    return (Array(name[..<dot]), Array(name[(dot + 1)...]))
  }

  /// Reads an archive, a record for each key that has tokens.
  final class Reader: RecordReader {
    private let stream: ByteStream
    private var pending: (name: [UInt8], content: [UInt8])?

    init(_ stream: ByteStream) { self.stream = stream }

    func next(fallbackID: (Int?) -> String) throws(TokenFileError) -> TokenRecord? {
      while true {
        if pending == nil { pending = try TapeArchive.read(stream, sizeLimit: memberLimit) }
        guard let first = pending else { return nil }
        let key = parts(first.name).key
        var array: [UInt8]?
        var description: [UInt8]?
        while let member = pending, parts(member.name).key == key {
          let field = String(decoding: parts(member.name).field, as: UTF8.self)
          if field == "npy" || field.hasSuffix(".npy") { array = member.content }
          if field == "json" { description = member.content }
          pending = try TapeArchive.read(stream, sizeLimit: memberLimit)
        }
        // Other fields make no sample of tokens.
        if let array { return try record(key, array, description) }
      }
    }

    private func record(
      _ key: [UInt8], _ array: [UInt8], _ description: [UInt8]?
    ) throws(TokenFileError) -> TokenRecord {
      let id = String(decoding: key, as: UTF8.self)
      let place = "\(stream.name): \(id)"
      let tokens = try NumPyFormat.read(ByteStream(bytes: array, name: place + ".npy"), id)
      guard let description else { return tokens }
      var record = try JSONLinesFormat.description(description, id: id, path: place + ".json")
      record.tokens = tokens.tokens
      try record.check(path: place)
      return record
    }
  }
}
