// SPDX-License-Identifier: Apache-2.0
internal import Files

/// The `.idx` file of a Megatron data set: how its `.bin`, which is nothing but tokens, falls into
/// sequences and documents.
///
/// | bytes | field (numbers are little-endian) |
/// |---|---|
/// | 9 | `MMIDIDX`, two zeros |
/// | 8 | version, 1 |
/// | 1 | type of a token: 1 uint8, 2 int8, 3 int16, 4 int32, 5 int64, 8 uint16 |
/// | 8, 8 | count S of sequences; count D of document boundaries |
/// | 4·S | each sequence's length in tokens |
/// | 8·S | each sequence's first byte in `.bin` |
/// | 8·D | the sequence each document begins with, and S |
struct MegatronIndex {
  static let signature: [UInt8] = Array("MMIDIDX".utf8) + [0, 0]
  private static let headerCount = 34
  private static let sizeLimit = 1 << 33

  /// The types by Megatron's codes.
  private static let codes: [UInt8: IntegerType] = [
    1: .uint8, 2: .int8, 3: .int16, 4: .int32, 5: .int64, 8: .uint16,
  ]

  let type: IntegerType
  private(set) var lengths: [Int32] = []
  /// The sequence that each document begins with, and the number of sequences.
  private(set) var boundaries: [Int] = [0]
  /// How many tokens there are.
  private(set) var tokenCount = 0

  /// An index without documents.
  ///
  /// Megatron's own rule for the type: uint16 for vocabularies below 65500, else int32.
  init(vocabularySize: Int) { type = vocabularySize < 65_500 ? .uint16 : .int32 }

  /// Adds a document of one sequence.
  mutating func addDocument(tokens: Int32) {
    lengths.append(tokens)
    boundaries.append(lengths.count)
    tokenCount += Int(tokens)
  }

  /// The file's bytes.
  var bytes: [UInt8] {
    var bytes = Self.signature
    bytes.append(littleEndian: UInt64(1))
    bytes.append(Self.codes.first { $0.value == type }?.key ?? 0)
    bytes.append(littleEndian: UInt64(lengths.count))
    bytes.append(littleEndian: UInt64(boundaries.count))
    for length in lengths { bytes.append(littleEndian: length) }
    var place = 0
    for length in lengths {
      bytes.append(littleEndian: Int64(place))
      place += Int(length) * type.byteCount
    }
    for boundary in boundaries { bytes.append(littleEndian: Int64(boundary)) }
    return bytes
  }

  /// Reads an index.
  ///
  /// - Throws: `.malformed` unless every number in it agrees with the others: sequences follow each
  ///   other without gap, documents cover all sequences.
  init(_ stream: ByteStream) throws(TokenFileError) {
    let header = try stream.read(Self.headerCount, "an index")
    guard header.starts(with: Self.signature), header.number(UInt64.self, at: 9) == 1 else {
      throw stream.malformed("no Megatron index of version 1")
    }
    guard let type = Self.codes[header[17]] else {
      throw stream.malformed("tokens of type \(header[17]), expected an integer type")
    }
    self.type = type
    let sequences = header.number(UInt64.self, at: 18)
    let documents = header.number(UInt64.self, at: 26)
    guard sequences < Self.sizeLimit, (1...Self.sizeLimit).contains(Int(clamping: documents)) else {
      throw stream.malformed("\(sequences) sequences and \(documents) document boundaries")
    }
    let count = Int(sequences)
    let lengths = try stream.read(4 * count, "the sequence lengths")
    let places = try stream.read(8 * count, "the sequence offsets")
    let boundaries = try stream.read(8 * Int(documents), "the document boundaries")
    self.lengths.reserveCapacity(count)
    for index in 0..<count {
      let length = lengths.number(Int32.self, at: 4 * index)
      guard length >= 0,
        places.number(Int64.self, at: 8 * index) == Int64(tokenCount * type.byteCount)
      else { throw stream.malformed("sequence \(index) is not where the one before it ends") }
      self.lengths.append(length)
      tokenCount += Int(length)
    }
    self.boundaries = (0..<Int(documents)).map { Int(boundaries.number(Int64.self, at: 8 * $0)) }
    let isRising = zip(self.boundaries, self.boundaries.dropFirst()).allSatisfy { $0 <= $1 }
    guard self.boundaries.first == 0, self.boundaries.last == count, isRising else {
      throw stream.malformed("the documents do not cover the sequences")
    }
    // The multimodal variant ends in a byte for each sequence.
    if !(try stream.isAtEnd) { try stream.skip(count, "the sequence modes") }
    guard try stream.isAtEnd else { throw stream.malformed("bytes behind its end") }
  }

  /// The number of documents.
  var documentCount: Int { boundaries.count - 1 }

  /// How many tokens document `index` has.
  func length(ofDocument index: Int) -> Int {
    lengths[boundaries[index]..<boundaries[index + 1]].reduce(0) { $0 + Int($1) }
  }
}
