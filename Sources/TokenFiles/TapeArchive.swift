// SPDX-License-Identifier: Apache-2.0

/// POSIX tar archives ("ustar"), as far as data sets need them.
enum TapeArchive {
  static let blockSize = 512
  /// Two empty blocks end an archive.
  static let end = [UInt8](repeating: 0, count: 2 * blockSize)
  /// What stands at byte 257 of a header.
  static let signature = Array("ustar".utf8)
  private static let signaturePlace = 257

  /// A file of an archive: its header, its content, padding.
  ///
  /// Times, owners and rights are constants: equal content gives equal archives.
  ///
  /// - Returns: nil where the name has no place in a header: more than 255 bytes, or more than 100
  ///   behind every slash.
  static func member(name: [UInt8], content: [UInt8]) -> [UInt8]? {
    guard let (prefix, name) = split(name) else { return nil }
    var header = [UInt8](repeating: 0, count: blockSize)
    func put(_ bytes: some Sequence<UInt8>, at place: Int) {
      for (offset, byte) in bytes.enumerated() { header[place + offset] = byte }
    }
    func octal(_ value: Int, digits: Int) -> [UInt8] {
      let text = String(value, radix: 8)
      return Array((String(repeating: "0", count: max(0, digits - text.utf8.count)) + text).utf8)
    }
    // Twelve octal digits hold what eleven and a terminator can't, up to 64 GiB.
    guard content.count < 1 << 33 else { return nil }
    put(name, at: 0)
    put(octal(0o644, digits: 7), at: 100)
    put(octal(0, digits: 7), at: 108)
    put(octal(0, digits: 7), at: 116)
    put(octal(content.count, digits: 11), at: 124)
    put(octal(0, digits: 11), at: 136)
    put(octal(0, digits: 7), at: 329)
    put(octal(0, digits: 7), at: 337)
    header[156] = UInt8(ascii: "0")
    put(signature, at: signaturePlace)
    put("00".utf8, at: 263)
    put(prefix, at: 345)
    put(octal(checksum(header), digits: 6) + [0, 0x20], at: 148)
    let padding = (blockSize - content.count % blockSize) % blockSize
    return header + content + [UInt8](repeating: 0, count: padding)
  }

  /// A name as the header's two fields hold it.
  private static func split(_ name: [UInt8]) -> (
    prefix: ArraySlice<UInt8>, name: ArraySlice<UInt8>
  )? {
    if name.isEmpty { return nil }
    if name.count <= 100 { return (name[..<0], name[...]) }
    let slash = name.indices.first { place in
      name[place] == UInt8(ascii: "/") && name.count - place - 1 <= 100
    }
    guard let slash, (1...155).contains(slash), slash < name.count - 1 else { return nil }
    return (name[..<slash], name[(slash + 1)...])
  }

  /// The sum of a header's bytes, its checksum field taken as blanks.
  private static func checksum(_ header: [UInt8]) -> Int {
    header.enumerated().reduce(0) { sum, byte in
      sum + ((148..<156).contains(byte.offset) ? 0x20 : Int(byte.element))
    }
  }

  /// Whether `bytes`, a file's first, are a tar header.
  static func isHeader(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.dropFirst(signaturePlace).starts(with: signature)
  }

  /// What stands before a member's content.
  struct Header {
    var name: [UInt8]
    let size: Int
    let kind: UInt8

    /// Reads a header block; nil for an empty block.
    init?(_ block: [UInt8], of stream: ByteStream) throws(TokenFileError) {
      if block.allSatisfy({ $0 == 0 }) { return nil }
      guard Self.octal(block[148..<156]) == checksum(block) else {
        throw stream.malformed("the checksum of an archive header does not match")
      }
      guard let size = Self.octal(block[124..<136]) else {
        throw stream.malformed("an archive member without a length")
      }
      self.size = size
      kind = block[156]
      let prefix = Self.text(block[345..<500])
      let isPOSIX = block[257..<263].elementsEqual(signature + [0])
      name =
        (isPOSIX && !prefix.isEmpty ? prefix + [UInt8(ascii: "/")] : [])
        + Self.text(block[0..<100])
    }

    private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] {
      Array(field.prefix { $0 != 0 })
    }

    private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
      let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
      guard !digits.isEmpty, digits.count <= 12 else { return nil }
      var value = 0
      for digit in digits {
        guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { return nil }
        value = 8 * value + Int(digit - UInt8(ascii: "0"))
      }
      return value
    }
  }

  /// The next file of an archive; nil at its end.
  ///
  /// Long names in the ways of GNU and of POSIX's extended headers are understood; folders, links
  /// and the like are left out.
  static func read(
    _ stream: ByteStream, sizeLimit: Int
  ) throws(TokenFileError) -> (name: [UInt8], content: [UInt8])? {
    var longName: [UInt8]?
    while !(try stream.isAtEnd) {
      let block = try stream.read(blockSize, "an archive header")
      guard let header = try Header(block, of: stream) else { return nil }
      guard header.size <= sizeLimit else {
        throw stream.malformed("an archive member of \(header.size) bytes")
      }
      let isWanted = [0, UInt8(ascii: "0"), UInt8(ascii: "L"), UInt8(ascii: "x")].contains(
        header.kind)
      let content = isWanted ? try stream.read(header.size, "an archive member") : []
      let left = isWanted ? 0 : header.size
      let padding = (blockSize - header.size % blockSize) % blockSize
      try stream.skip(left + padding, "an archive member")
      switch header.kind {
      case UInt8(ascii: "L"): longName = Array(content.prefix { $0 != 0 })
      case UInt8(ascii: "x"): longName = path(inExtendedHeader: content) ?? longName
      case 0, UInt8(ascii: "0"): return (longName ?? header.name, content)
      default: longName = nil
      }
    }
    throw stream.malformed("the archive has no end")
  }

  /// The path among the records "LENGTH KEY=VALUE\n" of an extended header.
  private static func path(inExtendedHeader content: [UInt8]) -> [UInt8]? {
    var rest = content[...]
    while let blank = rest.firstIndex(of: 0x20) {
      guard let length = Int(String(decoding: rest[..<blank], as: UTF8.self)),
        length > blank - rest.startIndex + 1, length <= rest.count
      else { return nil }
      let record = rest[(blank + 1)..<(rest.startIndex + length - 1)]
      if record.starts(with: "path=".utf8) { return Array(record.dropFirst(5)) }
      rest = rest.dropFirst(length)
    }
    return nil
  }
}
