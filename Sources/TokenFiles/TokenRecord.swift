// SPDX-License-Identifier: Apache-2.0

/// What tells one codec's tokens from another's.
///
/// Tokens say nothing about sound without the model that made them; whatever travels with them must
/// be enough to refuse the wrong one.
public struct CodecIdentity: Sendable, Hashable {
  /// The model's name.
  public var model: String
  /// A digest of the model's weights; nil where nobody computed one.
  public var fingerprint: String?
  /// Samples a second of the sound that tokens stand for.
  public var sampleRate: Int
  /// How many samples a token stands for.
  public var hopLength: Int
  /// How many different codes there are; a code is below this number.
  public var codebookSize: Int

  /// Makes an identity from its parts.
  public init(
    model: String, fingerprint: String? = nil, sampleRate: Int, hopLength: Int, codebookSize: Int
  ) {
    self.model = model
    self.fingerprint = fingerprint
    self.sampleRate = sampleRate
    self.hopLength = hopLength
    self.codebookSize = codebookSize
  }

  /// Tokens a second of sound.
  public var tokensPerSecond: Double { Double(sampleRate) / Double(hopLength) }

  /// Where tokens of this codec can't be decoded with `other`: what differs; nil where they can.
  ///
  /// Names are not compared: a file that was renamed holds the same model.
  public func difference(from other: CodecIdentity) -> String? {
    func differs(_ what: String, _ found: Int, _ expected: Int) -> String? {
      found == expected ? nil : "\(what) \(found), the model '\(other.model)' has \(expected)"
    }
    if let difference = differs("a codebook of", codebookSize, other.codebookSize)
      ?? differs("a hop length of", hopLength, other.hopLength)
      ?? differs("a sample rate of", sampleRate, other.sampleRate)
    {
      return difference
    }
    if let fingerprint, let expected = other.fingerprint, fingerprint != expected {
      return "tokens of the model '\(model)', whose weights (\(fingerprint.prefix(12))) are not "
        + "those of '\(other.model)' (\(expected.prefix(12)))"
    }
    return nil
  }

  /// Whether the numbers are possible at all.
  var isPlausible: Bool {
    (1...10_000_000).contains(sampleRate) && (1...10_000_000).contains(hopLength)
      && (1...Self.largestCodebook).contains(codebookSize)
  }

  /// Codes are stored in at most 31 bits.
  static let largestCodebook = 1 << 31
}

/// The tokens of one recording, and what is known about them.
public struct TokenRecord: Sendable, Equatable {
  /// What the recording is called; unique within a data set.
  public var id: String
  /// The codes in order, one for each hop of sound.
  public var tokens: [Int32]
  /// The codec they belong to; nil where the file doesn't tell.
  public var codec: CodecIdentity?
  /// The sound's length in samples at the codec's rate; nil where the file doesn't tell.
  public var samples: Int?
  /// How far each token's code led the second best, where that was asked for.
  public var margins: [Float]?

  /// Makes a record from its parts.
  public init(
    id: String, tokens: [Int32], codec: CodecIdentity? = nil, samples: Int? = nil,
    margins: [Float]? = nil
  ) {
    self.id = id
    self.tokens = tokens
    self.codec = codec
    self.samples = samples
    self.margins = margins
  }

  /// The sound's length in seconds: as recorded, else as many hops as there are tokens.
  public var duration: Double? {
    codec.map { Double(samples ?? tokens.count * $0.hopLength) / Double($0.sampleRate) }
  }

  /// Checks that each token is a code of the record's codec, and that lengths agree.
  ///
  /// - Parameter path: The file it comes from or goes to, for messages.
  /// - Throws: `.outOfRange` or `.malformed`.
  func check(path: String) throws(TokenFileError) {
    if let codec {
      guard codec.isPlausible else {
        throw .malformed(
          path: path,
          detail: "'\(id)' claims \(codec.sampleRate) Hz, \(codec.hopLength) samples a token and "
            + "\(codec.codebookSize) codes")
      }
    }
    try check(path: path, codebookSize: codec?.codebookSize ?? CodecIdentity.largestCodebook)
    if let margins, margins.count != tokens.count {
      throw .malformed(
        path: path, detail: "'\(id)' has \(margins.count) margins for \(tokens.count) tokens")
    }
    if let samples, samples < 0 {
      throw .malformed(path: path, detail: "'\(id)' claims a length of \(samples) samples")
    }
  }

  /// Checks that each token is below `codebookSize`.
  ///
  /// - Throws: `.outOfRange` for the first that isn't.
  public func check(path: String, codebookSize: Int) throws(TokenFileError) {
    guard let place = tokens.firstIndex(where: { $0 < 0 || Int($0) >= codebookSize }) else {
      return
    }
    throw .outOfRange(
      path: path, id: id, index: place, token: Int(tokens[place]), codebookSize: codebookSize)
  }
}
