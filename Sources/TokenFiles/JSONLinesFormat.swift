// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// A JSON object a line, one for each recording.
///
/// `{"id", "model", "tokensPerSecond", "sampleRate", "hopLength", "codebookSize", "samples",
/// "duration", "fingerprint", "tokens", "margins"}`; only `tokens` must be there to be read.
enum JSONLinesFormat {
  /// A day of tokens takes 40 MB.
  private static let lineLimit = 1 << 29

  /// A record's line.
  static func bytes(of record: TokenRecord, path: String) throws(TokenFileError) -> [UInt8] {
    try record.check(path: path)
    var bytes = Array(description(of: record).utf8)
    bytes += ",\"tokens\":[".utf8
    append(record.tokens, to: &bytes)
    if let margins = record.margins {
      bytes += "],\"margins\":[".utf8
      // JSON has no infinity; a codebook of one code has no second best.
      append(margins.map { $0.isFinite ? "\($0)" : "null" }, to: &bytes)
    }
    bytes += "]}\n".utf8
    return bytes
  }

  /// What is known about a record besides its tokens, as an object whose end is still open.
  static func description(of record: TokenRecord) -> String {
    var text = "{\"id\":\(JSONText.string(record.id))"
    if let codec = record.codec {
      text += ",\"model\":\(JSONText.string(codec.model))"
      text += ",\"tokensPerSecond\":\(JSONText.number(codec.tokensPerSecond))"
      text += ",\"sampleRate\":\(codec.sampleRate),\"hopLength\":\(codec.hopLength)"
      text += ",\"codebookSize\":\(codec.codebookSize)"
      if let samples = record.samples { text += ",\"samples\":\(samples)" }
      text += ",\"duration\":\(JSONText.number(record.duration ?? 0))"
      if let fingerprint = codec.fingerprint {
        text += ",\"fingerprint\":\(JSONText.string(fingerprint))"
      }
    }
    return text
  }

  private static func append(_ values: [some CustomStringConvertible], to bytes: inout [UInt8]) {
    for (index, value) in values.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes += value.description.utf8
    }
  }

  /// What is read of a line; unknown keys are left alone.
  private struct Line: Decodable {
    var id: String?
    var model: String?
    var sampleRate: Int?
    var hopLength: Int?
    var codebookSize: Int?
    var samples: Int?
    var duration: Double?
    var fingerprint: String?
    var tokens: [Int32]?
    var margins: [Float]?
    /// Whether the work that a batch did for this line went well.
    var status: String?

    private enum Key: String, CodingKey {
      case id, model, tokensPerSecond, sampleRate, hopLength, codebookSize, samples, duration
      case fingerprint, tokens, margins, status
    }

    init(from decoder: any Decoder) throws {
      let object = try decoder.container(keyedBy: Key.self)
      do {
        id = try object.decodeIfPresent(String.self, forKey: .id)
      } catch DecodingError.typeMismatch {
        // Lists may number their recordings.
        id = try object.decode(Int.self, forKey: .id).description
      }
      status = try object.decodeIfPresent(String.self, forKey: .status)
      model = try object.decodeIfPresent(String.self, forKey: .model)
      sampleRate = try object.decodeIfPresent(Int.self, forKey: .sampleRate)
      hopLength = try object.decodeIfPresent(Int.self, forKey: .hopLength)
      codebookSize = try object.decodeIfPresent(Int.self, forKey: .codebookSize)
      samples = try object.decodeIfPresent(Int.self, forKey: .samples)
      duration = try object.decodeIfPresent(Double.self, forKey: .duration)
      fingerprint = try object.decodeIfPresent(String.self, forKey: .fingerprint)
      margins = try object.decodeIfPresent([Float?].self, forKey: .margins)?.map { $0 ?? .infinity }
      if let rate = try object.decodeIfPresent(Double.self, forKey: .tokensPerSecond),
        hopLength == nil, let sampleRate, rate > 0
      {
        hopLength = Int(exactly: (Double(sampleRate) / rate).rounded())
      }
      do {
        tokens = try object.decodeIfPresent([Int32].self, forKey: .tokens)
      } catch DecodingError.typeMismatch(let type, let context) {
        // One row for each quantizer is how others write them.
        guard let rows = try? object.decode([[Int32]].self, forKey: .tokens), rows.count == 1 else {
          throw DecodingError.typeMismatch(type, context)
        }
        tokens = rows[0]
      }
    }

    /// The record without its tokens.
    func record(id: String) -> TokenRecord {
      var record = TokenRecord(id: self.id ?? id, tokens: [], margins: margins)
      if let sampleRate, let hopLength, let codebookSize {
        record.codec = CodecIdentity(
          model: model ?? "", fingerprint: fingerprint, sampleRate: sampleRate,
          hopLength: hopLength, codebookSize: codebookSize)
        record.samples =
          samples ?? duration.flatMap { Int(exactly: ($0 * Double(sampleRate)).rounded()) }
      }
      return record
    }
  }

  /// Reads a stream, a record for each line that has tokens.
  final class Reader: RecordReader {
    private let stream: ByteStream
    private var count = 0
    private(set) var failedRecords = 0

    init(_ stream: ByteStream) { self.stream = stream }

    func next(fallbackID: (Int?) -> String) throws(TokenFileError) -> TokenRecord? {
      while let bytes = try stream.line(limit: lineLimit) {
        if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
        let isOnly = count == 0 ? try stream.isAtEnd : false
        let id = fallbackID(isOnly ? nil : count)
        if let record = try record(bytes, id: id) {
          count += 1
          return record
        }
        failedRecords += 1
      }
      return nil
    }

    /// The record that a line holds; nil for the error of work that failed.
    private func record(_ bytes: [UInt8], id: String) throws(TokenFileError) -> TokenRecord? {
      let line: Line
      do {
        line = try JSONDecoder().decode(Line.self, from: Data(bytes))
      } catch { throw stream.malformed("'\(id)': \(JSONText.reason(error))") }
      var record = line.record(id: id)
      guard let tokens = line.tokens else {
        if line.status == "error" { return nil }
        throw stream.malformed("'\(record.id)': has no 'tokens'")
      }
      record.tokens = tokens
      try record.check(path: stream.name)
      return record
    }
  }

  /// What an object says about a record whose tokens are elsewhere; the caller checks it with them.
  static func description(
    _ bytes: [UInt8], id: String, path: String
  ) throws(TokenFileError) -> TokenRecord {
    guard let line: Line = JSONText.decode(bytes) else {
      throw .malformed(path: path, detail: "is not a description of tokens")
    }
    return line.record(id: id)
  }
}

extension TokenRecord {
  /// The record as an object of JSON, as a line of the `json` format has it; without its tokens and
  /// margins, but with their number, where those are stored elsewhere.
  package func json(withTokens: Bool = true) throws(TokenFileError) -> [UInt8] {
    if withTokens { return Array(try JSONLinesFormat.bytes(of: self, path: "-").dropLast()) }
    return Array((JSONLinesFormat.description(of: self) + ",\"tokenCount\":\(tokens.count)}").utf8)
  }
}

/// JSON by Foundation's coders.
enum JSONText {
  /// `value` with its keys sorted.
  static func encode(_ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Strings and whole numbers always have a form.
    return (try? encoder.encode(value)).map(Array.init) ?? []
  }

  static func string(_ text: String) -> String { String(decoding: encode(text), as: UTF8.self) }

  /// A finite number, whole ones without a point.
  static func number(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? "\(value)"
  }

  /// The value that `bytes` hold; nil where they don't.
  static func decode<Value: Decodable>(_ bytes: some Collection<UInt8>) -> Value? {
    try? JSONDecoder().decode(Value.self, from: Data(bytes))
  }

  /// Why a decoder failed, in a few words.
  static func reason(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "has no '\(key.stringValue)'"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "'\(context.codingPath.map(\.stringValue).joined(separator: "."))' is of the wrong type"
    case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
      "'\(context.codingPath.map(\.stringValue).joined(separator: "."))' is out of range"
    default: "is not a JSON object"
    }
  }
}
