// SPDX-License-Identifier: Apache-2.0

/// How codes appear in a language model's vocabulary: as ids, or as words.
public struct TokenVocabulary: Sendable, Hashable {
  /// The id of code 0; added to every code in Megatron files and in text.
  public var offset = 0
  /// The id that ends each document in Megatron files; nil for none.
  public var endOfDocument: Int?
  /// How a code is written in text.
  public var template = TokenTemplate.bracketed
  /// What stands between two codes in text.
  public var separator = ""

  /// Codes as they are, in text as `<|audio_17|>`.
  public init() {}

  /// The largest id that codes of a codebook, or the end of a document, can have.
  func largestID(codebookSize: Int) -> Int {
    max(offset + codebookSize - 1, endOfDocument ?? 0)
  }
}

/// How a code is written in text: `{}` stands for it, `{:06}` for six digits with leading zeros.
public struct TokenTemplate: Sendable, Hashable, CustomStringConvertible {
  private let prefix: String
  private let suffix: String
  private let width: Int

  /// `<|audio_{}|>`.
  public static let bracketed = TokenTemplate(prefix: "<|audio_", suffix: "|>", width: 0)

  private init(prefix: String, suffix: String, width: Int) {
    self.prefix = prefix
    self.suffix = suffix
    self.width = width
  }

  /// Reads a template; nil where it doesn't hold exactly one `{}` or `{:0N}`, holds a line break, or
  /// has a digit beside the braces.
  public init?(_ text: String) {
    guard let open = text.firstIndex(of: "{"), let close = text[open...].firstIndex(of: "}") else {
      return nil
    }
    let field = text[text.index(after: open)..<close]
    prefix = String(text[..<open])
    suffix = String(text[text.index(after: close)...])
    if field.isEmpty {
      width = 0
    } else {
      guard field.hasPrefix(":0"), let width = Int(field.dropFirst(2)), (1...18).contains(width)
      else { return nil }
      self.width = width
    }
    let rest = prefix + suffix
    let isAmbiguous = prefix.last?.isNumber == true || suffix.first?.isNumber == true
    if isAmbiguous || rest.contains(where: { $0 == "{" || $0 == "}" || $0.isNewline }) {
      return nil
    }
  }

  /// The template as it was given.
  public var description: String { prefix + (width == 0 ? "{}" : "{:0\(width)}") + suffix }

  /// Whether ids that follow each other without a separator can't be told apart.
  public var runsTogether: Bool { prefix.isEmpty && suffix.isEmpty }

  /// An id's text.
  func text(_ id: Int) -> String {
    let digits = String(id)
    return prefix + String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
      + suffix
  }

  /// Takes an id off the beginning of `text`; nil where none is there.
  func takeID(from text: inout ArraySlice<UInt8>) -> Int? {
    var rest = text
    guard Self.skip(prefix, in: &rest) else { return nil }
    var id = 0
    let digits = rest.prefix(19).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard !digits.isEmpty, digits.count <= 18 else { return nil }
    for digit in digits { id = 10 * id + Int(digit - UInt8(ascii: "0")) }
    rest = rest.dropFirst(digits.count)
    guard Self.skip(suffix, in: &rest) else { return nil }
    text = rest
    return id
  }

  static func skip(_ expected: String, in text: inout ArraySlice<UInt8>) -> Bool {
    guard text.starts(with: expected.utf8) else { return false }
    text = text.dropFirst(expected.utf8.count)
    return true
  }
}
