// SPDX-License-Identifier: Apache-2.0

/// A line of text for each recording, each code written as a template says.
enum TextFormat {
  private static let lineLimit = 1 << 29

  /// A record's line.
  static func bytes(
    of record: TokenRecord, vocabulary: TokenVocabulary, path: String
  ) throws(TokenFileError) -> [UInt8] {
    try record.check(path: path)
    var bytes: [UInt8] = []
    for (index, token) in record.tokens.enumerated() {
      bytes += self.bytes(of: token, isFirst: index == 0, vocabulary: vocabulary)
    }
    bytes.append(0x0A)
    return bytes
  }

  /// One code's text, for output while sound is coming in; the line's end is a line feed.
  static func bytes(of token: Int32, isFirst: Bool, vocabulary: TokenVocabulary) -> [UInt8] {
    let text = vocabulary.template.text(Int(token) + vocabulary.offset)
    return Array((isFirst ? text : vocabulary.separator + text).utf8)
  }

  /// Reads a stream, a record for each line.
  final class Reader: RecordReader {
    private let stream: ByteStream
    private let vocabulary: TokenVocabulary
    private var count = 0

    init(_ stream: ByteStream, vocabulary: TokenVocabulary) {
      self.stream = stream
      self.vocabulary = vocabulary
    }

    func next(fallbackID: (Int?) -> String) throws(TokenFileError) -> TokenRecord? {
      guard var line = try stream.line(limit: lineLimit) else { return nil }
      if line.last == 0x0D { line.removeLast() }
      let isOnly = count == 0 ? try stream.isAtEnd : false
      let id = fallbackID(isOnly ? nil : count)
      count += 1
      var values: [Int] = []
      var rest = line[...]
      while !rest.isEmpty {
        let isSeparated = values.isEmpty || TokenTemplate.skip(vocabulary.separator, in: &rest)
        guard isSeparated, let value = vocabulary.template.takeID(from: &rest) else {
          let place = String(decoding: rest.prefix(24), as: UTF8.self)
          throw stream.malformed(
            "line \(count) does not go on as '\(vocabulary.template)' says: \(place)")
        }
        values.append(value)
      }
      return TokenRecord(
        id: id,
        tokens: try TokenRecord.tokens(
          values, offset: vocabulary.offset, path: stream.name, id: id))
    }
  }
}
