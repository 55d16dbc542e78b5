// SPDX-License-Identifier: Apache-2.0

/// How output files are called inside the output folder: text with fields such as
/// `{model}/{track}/{stem}.{ext}`.
///
/// Whatever the fields hold, the result stays inside the folder: their values come from file names
/// and checkpoints, which are not trusted.
package struct OutputTemplate: Sendable, Equatable, CustomStringConvertible {
  /// What may stand between braces.
  package enum Field: String, Sendable, CaseIterable {
    /// The model's name.
    case model
    /// The input's name without extension.
    case track
    /// The folder of the input below the folder the user named; the only field that may hold `/`.
    case folder
    /// What the output holds.
    case stem
    /// The extension of the output's container.
    case ext
  }

  private enum Piece: Sendable, Equatable {
    case text(PathBytes)
    case field(Field)
  }

  private let pieces: [Piece]
  private let source: String

  /// The template of separated stems.
  package static let stems = OutputTemplate(
    pieces: [
      .field(.model), .text(PathBytes("/")), .field(.track), .text(PathBytes("/")), .field(.stem),
      .text(PathBytes(".")), .field(.ext),
    ], source: "{model}/{track}/{stem}.{ext}")

  /// The template of one output for each input, in folders like theirs.
  package static let tracks = OutputTemplate(
    pieces: [
      .field(.folder), .text(PathBytes("/")), .field(.track), .text(PathBytes(".")), .field(.ext),
    ], source: "{folder}/{track}.{ext}")

  private init(pieces: [Piece], source: String) {
    self.pieces = pieces
    self.source = source
  }

  /// Reads a template; an option says `transform: OutputTemplate.init`, which keeps the message.
  ///
  /// - Throws: ``Failure`` with ``ExitStatus/usage`` for an unknown field, a brace without partner,
  ///   and a text that leads out of the output folder.
  package init(_ text: String) throws(Failure) {
    source = text
    var pieces: [Piece] = []
    var rest = text[...]
    while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
      pieces.append(.text(PathBytes(argument: String(rest[..<open]))))
      let behind = rest.index(after: open)
      guard rest[open] == "{", let close = rest[behind...].firstIndex(of: "}") else {
        throw Failure(.usage, "a brace has no partner")
      }
      let name = String(rest[behind..<close])
      guard let field = Field(rawValue: name) else {
        let known = Field.allCases.map { "{\($0.rawValue)}" }.joined(separator: " ")
        throw Failure(.usage, "unknown field {\(name)}; there are \(known)")
      }
      pieces.append(.field(field))
      rest = rest[rest.index(after: close)...]
    }
    pieces.append(.text(PathBytes(argument: String(rest))))
    self.pieces = pieces
    let isLeaving = text.hasPrefix("/") || text.split(separator: "/").contains("..")
    if isLeaving || text.isEmpty || text.hasSuffix("/") || text.contains("\0") {
      throw Failure(.usage, "expected a file name inside the output folder")
    }
  }

  package var description: String { source }

  /// The path inside the output folder for these fields.
  ///
  /// Each value becomes one harmless name; a component that ends up empty or hidden gets an
  /// underscore.
  package func path(_ values: [Field: PathBytes]) -> PathBytes {
    var bytes: [UInt8] = []
    for piece in pieces {
      switch piece {
      case .text(let text): bytes += text.bytes
      case .field(.folder):
        bytes += Self.harmless(values[.folder]?.bytes ?? [], keeping: Self.slash)
      case .field(let field): bytes += Self.harmless(values[field]?.bytes ?? [], keeping: nil)
      }
    }
    // Dots may meet where pieces meet, so the whole is looked at, not its parts.
    let components = bytes.split(separator: Self.slash).map { component -> [UInt8] in
      component.first == Self.dot
        ? [Self.underscore] + component.drop { $0 == Self.dot } : Array(component)
    }
    return components.reduce(PathBytes("")) { $0.appending(PathBytes(bytes: $1)) }
  }

  private static func harmless(_ bytes: [UInt8], keeping kept: UInt8?) -> [UInt8] {
    guard !bytes.isEmpty else { return kept == nil ? [underscore] : [] }
    return bytes.map { byte in
      let isHarmful = byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "\\") || byte == slash
      return isHarmful && byte != kept ? underscore : byte
    }
  }

  private static let slash = UInt8(ascii: "/")
  private static let dot = UInt8(ascii: ".")
  private static let underscore = UInt8(ascii: "_")
}

/// The outputs a command is going to write, checked before it begins.
package struct PlannedOutputs: Sendable {
  private var owners: [PathBytes: PathBytes] = [:]

  package init() {}

  /// Notes that `input` will be written to `output`.
  ///
  /// - Throws: ``Failure`` with ``ExitStatus/usage`` when another output has that name.
  package mutating func add(_ output: PathBytes, for input: PathBytes) throws(Failure) {
    guard let other = owners.updateValue(input, forKey: output) else { return }
    let what =
      other == input
      ? "\(input) would be written twice" : "\(other) and \(input) would both be written"
    throw Failure(
      .usage, "\(what) to \(output); tell them apart with --filename (fields {track}, {folder})")
  }
}
