// SPDX-License-Identifier: Apache-2.0

/// How tokens are stored.
public enum TokenFormat: String, Sendable, Hashable, CaseIterable {
  /// A JSON object a line, one for each recording.
  case json
  /// NumPy's `.npy`: an array `[1, tokens]` of one recording, int16 or int32.
  case npy
  /// safetensors: the same array under the name `tokens`, with metadata.
  case safetensors
  /// A line of text for each recording, as a template says.
  case text
  /// Tessera's own container: as many bits a token as the codebook needs, and a checksum.
  case packed
  /// Megatron-LM's `.bin` and `.idx`: a document for each recording.
  case megatron
  /// A WebDataset shard: a tar archive with `.npy` and `.json` for each recording.
  case webdataset

  /// What a file name ends in, without the dot; Megatron's second file ends in `idx`.
  public var fileExtension: String {
    switch self {
    case .json: "json"
    case .npy: "npy"
    case .safetensors: "safetensors"
    case .text: "txt"
    case .packed: "tokens"
    case .megatron: "bin"
    case .webdataset: "tar"
    }
  }

  /// Whether a file holds any number of recordings, and not exactly one.
  public var holdsMany: Bool { self != .npy && self != .safetensors }

  /// The format that a file's first bytes tell; nil where none does.
  init?(firstBytes bytes: ArraySlice<UInt8>) {
    if bytes.starts(with: PackedFormat.signature) {
      self = .packed
    } else if bytes.starts(with: NumPyFormat.signature) {
      self = .npy
    } else if bytes.starts(with: MegatronIndex.signature) {
      self = .megatron
    } else if TapeArchive.isHeader(bytes) {
      self = .webdataset
    } else if bytes.count > 9 && bytes[bytes.startIndex + 8] == UInt8(ascii: "{")
      && bytes[bytes.startIndex + 7] == 0
    {
      // A header count of 8 bytes, then JSON.
      self = .safetensors
    } else if bytes.first(where: { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D }) == UInt8(ascii: "{") {
      self = .json
    } else {
      return nil
    }
  }

  static let detectionLength = 512

  /// A record's bytes; records of formats that hold many follow each other.
  func bytes(
    of record: TokenRecord, vocabulary: TokenVocabulary, path: String
  ) throws(TokenFileError) -> [UInt8] {
    switch self {
    case .json: try JSONLinesFormat.bytes(of: record, path: path)
    case .npy: try NumPyFormat.bytes(of: record, path: path)
    case .safetensors: try SafetensorsFormat.bytes(of: record, path: path)
    case .text: try TextFormat.bytes(of: record, vocabulary: vocabulary, path: path)
    case .packed: try PackedFormat.bytes(of: record, path: path)
    case .webdataset: try WebDatasetFormat.bytes(of: record, path: path)
    case .megatron: throw .unsupported(path: path, detail: "Megatron's two files need a writer")
    }
  }

  /// What ends a file of this format.
  var trailer: [UInt8] { self == .webdataset ? TapeArchive.end : [] }
}
