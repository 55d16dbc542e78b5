// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints

/// Finds entries of the ontology by what people call them.
struct AudioSetNames: Sendable {
  /// All entries.
  static let entries = AudioSetNames(AudioSetOntology.standard.nodes)
  /// The classes alone.
  static let classes = AudioSetNames(
    AudioSetOntology.standard.nodes.filter { $0.classIndex != nil })
  /// Commas in the name that has most.
  static let mostCommas = AudioSetOntology.standard.nodes
    .reduce(0) { most, node in max(most, node.name.count { $0 == "," }) }

  /// An entry, and the words that it is known by.
  private struct Known: Sendable {
    let node: AudioSetOntology.Node
    let name: String
    let aliases: Set<String>
    let words: Set<Substring>
    /// Those of the name and of all names above it.
    let wordsAbove: Set<Substring>
  }

  private let known: [Known]
  private let byName: [String: Int]
  private let byIdentifier: [String: Int]
  private let byNumber: [Int: Int]
  /// All names and aliases, and what they are short for.
  private let aliases: [String]
  private let nameOfAlias: [String: String]

  private init(_ nodes: [AudioSetOntology.Node]) {
    let all = AudioSetOntology.standard.nodes
    let known = nodes.map { node in
      let name = Self.plain(node.name)
      var above = Set(name.split(separator: " "))
      var place = node.parent
      while let parent = place {
        above.formUnion(Self.plain(all[parent].name).split(separator: " "))
        place = all[parent].parent
      }
      return Known(
        node: node, name: name, aliases: Self.aliases(of: node.name),
        words: Set(name.split(separator: " ")), wordsAbove: above)
    }
    self.known = known
    byName = Dictionary(uniqueKeysWithValues: known.indices.map { (known[$0].name, $0) })
    byIdentifier = Dictionary(
      uniqueKeysWithValues: nodes.indices.map { (nodes[$0].identifier.lowercased(), $0) })
    byNumber = Dictionary(
      uniqueKeysWithValues: nodes.indices.compactMap { place in
        nodes[place].classIndex.map { ($0, place) }
      })
    let names = known.flatMap { entry in
      entry.aliases.union([entry.name]).map { ($0, entry.node.name) }
    }
    nameOfAlias = Dictionary(names) { first, _ in first }
    aliases = nameOfAlias.keys.sorted()
  }

  /// The entry of exactly this name, in any case, with any signs between its words.
  func named(_ text: String) -> AudioSetOntology.Node? {
    byName[Self.plain(text)].map { known[$0].node }
  }

  /// The entry that somebody means.
  func find(_ text: String) throws(AudioSetError) -> AudioSetOntology.Node {
    let trimmed = text.trimmed
    if let place = byIdentifier[trimmed.lowercased()] { return known[place].node }
    if !trimmed.isEmpty && trimmed.allSatisfy(\.isASCIIDigit) {
      guard let place = Int(trimmed).flatMap({ byNumber[$0] }) else {
        throw .noSuchNumber(text: trimmed)
      }
      return known[place].node
    }
    if let node = named(text) { return node }
    let plain = Self.plain(text)
    let words = Set(plain.split(separator: " "))
    guard !words.isEmpty else { throw .unknown(text: trimmed, nearest: []) }
    if let node = try only(trimmed, { $0.aliases.contains(plain) }) { return node }
    if let node = try only(trimmed, { $0.words.isSuperset(of: words) }) { return node }
    let isBelow: (Known) -> Bool = { entry in
      entry.wordsAbove.isSuperset(of: words) && !entry.words.isDisjoint(with: words)
    }
    if let node = try only(trimmed, isBelow) { return node }
    throw .unknown(text: trimmed, nearest: nearest(plain))
  }

  /// The one entry that fits, `nil` where none does.
  private func only(
    _ text: String, _ fits: (Known) -> Bool
  ) throws(AudioSetError) -> AudioSetOntology.Node? {
    let found = known.filter(fits)
    if found.count > 1 {
      throw .ambiguous(text: text, candidates: found.map(\.node.name))
    }
    return found.first?.node
  }

  private func nearest(_ plain: String) -> [String] {
    var result: [String] = []
    for alias in nearestNames(to: plain, among: aliases) {
      if let name = nameOfAlias[alias], !result.contains(name) { result.append(name) }
    }
    return result
  }

  /// Lower case, and one space between words of letters and digits.
  private static func plain(_ text: String) -> String {
    text.lowercased().split { !($0.isLetter || $0.isNumber) }.joined(separator: " ")
  }

  /// What else a name is known by: its parts between commas, and all of these without their parentheses.
  private static func aliases(of name: String) -> Set<String> {
    let parts = name.split(separator: ",").map(String.init) + [name]
    return Set((parts + parts.map(\.withoutParentheses)).map(plain))
      .subtracting([plain(name), ""])
  }
}

extension String {
  fileprivate var trimmed: String {
    var rest = self[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }

  fileprivate var withoutParentheses: String {
    guard let open = firstIndex(of: "("), let close = lastIndex(of: ")"), open < close else {
      return self
    }
    return String(self[..<open] + self[index(after: close)...])
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
