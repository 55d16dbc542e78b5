// SPDX-License-Identifier: Apache-2.0

/// The records of one file, in order.
protocol RecordReader: AnyObject {
  /// The next record, called as `fallbackID` says where the file doesn't name it: by its number, or
  /// by nil where it is the only one.
  func next(fallbackID: (Int?) -> String) throws(TokenFileError) -> TokenRecord?

  /// How many records passed by that say their work failed.
  var failedRecords: Int { get }
}

extension RecordReader {
  var failedRecords: Int { 0 }
}

/// A file of tokens, or a pipe that carries one; its content tells the format.
///
/// Records come one by one: memory follows the longest, not the file. What a file announces is
/// compared with what it holds before memory is taken.
public final class TokenFileReader {
  /// The format that the content told.
  public let format: TokenFormat

  /// How many records were left out because they only say that their work failed, as a batch over a
  /// list writes them.
  public var failedRecords: Int { records.failedRecords }

  private let path: String
  private let stem: String
  private let records: any RecordReader

  /// Opens the file at `path`; `-` is standard input.
  ///
  /// - Parameters:
  ///   - path: The file. Of a Megatron data set either file, or their common prefix.
  ///   - vocabulary: How text and Megatron files write codes.
  /// - Throws: `.missing`, `.unreadable`, `.unknownFormat` or `.malformed`.
  public convenience init(
    path: String, vocabulary: TokenVocabulary = TokenVocabulary()
  ) throws(TokenFileError) {
    try self.init(pathBytes: Array(path.utf8), vocabulary: vocabulary)
  }

  /// Opens the file at a path that need not be text.
  package init(pathBytes: [UInt8], vocabulary: TokenVocabulary) throws(TokenFileError) {
    path = String(decoding: pathBytes, as: UTF8.self)
    stem = Self.stem(of: path)
    if let prefix = Self.megatronPrefix(pathBytes) {
      format = .megatron
      records = try MegatronReader(prefix: prefix, vocabulary: vocabulary)
      return
    }
    let stream = try ByteStream(path: pathBytes, name: path)
    (format, records) = try Self.open(stream, stem: stem, vocabulary: vocabulary)
  }

  /// Reads bytes that are in memory; `name` takes the path's place.
  public init(
    bytes: [UInt8], name: String, vocabulary: TokenVocabulary = TokenVocabulary()
  ) throws(TokenFileError) {
    path = name
    stem = Self.stem(of: name)
    (format, records) = try Self.open(
      ByteStream(bytes: bytes, name: name), stem: stem, vocabulary: vocabulary)
  }

  /// The next recording's tokens; nil at the end.
  ///
  /// - Throws: `.malformed`, `.wrongChecksum`, `.outOfRange`, `.unsupported` or `.unreadable`.
  public func next() throws(TokenFileError) -> TokenRecord? {
    try records.next { [stem] number in
      number.map { "\(stem)-\(Self.padded($0))" } ?? stem
    }
  }

  private static func open(
    _ stream: ByteStream, stem: String, vocabulary: TokenVocabulary
  ) throws(TokenFileError) -> (TokenFormat, any RecordReader) {
    let start = try stream.peek(TokenFormat.detectionLength)
    guard !start.isEmpty else {
      throw .unknownFormat(path: stream.name, detail: "it is empty")
    }
    var text = start.prefix { $0 != 0x0A }
    let isText = start.first == 0x0A || vocabulary.template.takeID(from: &text) != nil
    guard let format = TokenFormat(firstBytes: start) ?? (isText ? .text : nil) else {
      throw .unknownFormat(
        path: stream.name,
        detail:
          "expected JSON lines, npy, safetensors, .tokens, Megatron's .idx, tar, or text like "
          + "'\(vocabulary.template.text(17))'")
    }
    let records: any RecordReader =
      switch format {
      case .json: JSONLinesFormat.Reader(stream)
      case .packed: PackedFormat.Reader(stream)
      case .text: TextFormat.Reader(stream, vocabulary: vocabulary)
      case .webdataset: WebDatasetFormat.Reader(stream)
      case .npy: SingleRecordReader(stream, NumPyFormat.read)
      case .safetensors: SingleRecordReader(stream, SafetensorsFormat.read)
      case .megatron:
        throw .unsupported(path: stream.name, detail: "Megatron's files cannot come through a pipe")
      }
    return (format, records)
  }

  /// The prefix of a Megatron data set, where `path` is that, or one of its files.
  private static func megatronPrefix(_ path: [UInt8]) -> [UInt8]? {
    for ending in [".idx", ".bin", ""]
    where path.suffix(ending.utf8.count).elementsEqual(ending.utf8) {
      let prefix = Array(path.dropLast(ending.utf8.count))
      let hasIndex = ByteStream.fileExists(prefix + Array(".idx".utf8))
      if hasIndex && (!ending.isEmpty || !ByteStream.fileExists(path)) { return prefix }
    }
    return nil
  }

  /// The name without folders and endings.
  private static func stem(of path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard name != "-" else { return "stdin" }
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return name }
    return String(name[..<dot])
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }
}

/// The record of a format that holds one.
private final class SingleRecordReader: RecordReader {
  private let stream: ByteStream
  private let read: (ByteStream, String) throws(TokenFileError) -> TokenRecord
  private var wasRead = false

  init(
    _ stream: ByteStream,
    _ read: @escaping (ByteStream, String) throws(TokenFileError) -> TokenRecord
  ) {
    self.stream = stream
    self.read = read
  }

  func next(fallbackID: (Int?) -> String) throws(TokenFileError) -> TokenRecord? {
    guard !wasRead else { return nil }
    wasRead = true
    let record = try read(stream, fallbackID(nil))
    guard try stream.isAtEnd else { throw stream.malformed("bytes behind its end") }
    return record
  }
}
