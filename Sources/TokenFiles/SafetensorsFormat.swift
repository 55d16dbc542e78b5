// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints
internal import Tensors

/// One recording's tokens as safetensors: `tokens`, I16 or I32 `[1, tokens]`; `margins`, F32
/// `[tokens]`, where there are some; what is known about the recording as metadata.
enum SafetensorsFormat {
  private static let sizeLimit = 1 << 31

  /// A record's file.
  static func bytes(of record: TokenRecord, path: String) throws(TokenFileError) -> [UInt8] {
    try record.check(path: path)
    let type = IntegerType.signed(for: record)
    var entries = [
      SafetensorsFile.Entry(
        name: "tokens", elementType: type == .int16 ? .int16 : .int32,
        shape: [1, record.tokens.count], bytes: type.bytes(of: record.tokens))
    ]
    if let margins = record.margins {
      var bytes: [UInt8] = []
      for margin in margins { bytes.append(littleEndian: margin.bitPattern) }
      // The wider type first: every tensor begins at a multiple of its element.
      entries.insert(
        SafetensorsFile.Entry(
          name: "margins", elementType: .float32, shape: [margins.count], bytes: bytes), at: 0)
    }
    var metadata = ["id": record.id]
    if let codec = record.codec {
      metadata["model"] = codec.model
      metadata["fingerprint"] = codec.fingerprint
      metadata["sampleRate"] = "\(codec.sampleRate)"
      metadata["hopLength"] = "\(codec.hopLength)"
      metadata["codebookSize"] = "\(codec.codebookSize)"
      metadata["samples"] = record.samples.map { "\($0)" }
    }
    return SafetensorsFile.bytes(of: entries, metadata: metadata)
  }

  /// The record of a whole file.
  static func read(_ stream: ByteStream, _ id: String) throws(TokenFileError) -> TokenRecord {
    let bytes = try stream.readAll(limit: sizeLimit)
    do {
      let file = try Checkpoint(bytes: bytes, name: stream.name)
      guard file.container == .safetensors, let tensor = file.root["tokens"]?.tensor else {
        throw stream.malformed("there is no tensor 'tokens' in it")
      }
      guard tensor.shape.count(where: { $0 != 1 }) <= 1 else {
        throw TokenFileError.unsupported(
          path: stream.name,
          detail: "tokens of shape \(tensor.shape): only codecs with one codebook are known here")
      }
      let metadata = file.metadata
      var record = TokenRecord(
        id: metadata["id"] ?? id,
        tokens: try TokenRecord.tokens(
          try tensor.integers(key: "tokens"), path: stream.name, id: metadata["id"] ?? id))
      if let margins = file.root["margins"]?.tensor {
        record.margins = Array(try margins.read(key: "margins").elements)
      }
      func number(_ key: String) -> Int? { metadata[key].flatMap { Int($0) } }
      if let rate = number("sampleRate"), let hop = number("hopLength"),
        let size = number("codebookSize")
      {
        record.codec = CodecIdentity(
          model: metadata["model"] ?? "", fingerprint: metadata["fingerprint"], sampleRate: rate,
          hopLength: hop, codebookSize: size)
        record.samples = number("samples")
      }
      try record.check(path: stream.name)
      return record
    } catch let error as TokenFileError {
      throw error
    } catch {
      let text = "\(error)"
      throw stream.malformed(
        text.hasPrefix("\(stream.name): ") ? String(text.dropFirst(stream.name.count + 2)) : text)
    }
  }
}
