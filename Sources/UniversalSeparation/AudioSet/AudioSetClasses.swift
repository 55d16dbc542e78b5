// SPDX-License-Identifier: Apache-2.0

/// One of AudioSet's 527 classes.
public struct AudioSetClass: Sendable, Hashable {
  /// Its number, and its place in a tagger's output.
  public let index: Int
  /// What it is called by machines, such as `/m/09x0r`.
  public let identifier: String
  /// What it is called, such as `Male speech, man speaking`.
  public let name: String
}

/// AudioSet's 527 classes, which PANNs, HTS-AT and Universal Source Separation know by their numbers.
public enum AudioSetClasses {
  /// All classes, by their numbers.
  public static let all: [AudioSetClass] = AudioSetOntology.standard.nodes
    .compactMap { node in
      node.classIndex.map {
        AudioSetClass(index: $0, identifier: node.identifier, name: node.name)
      }
    }
    .sorted { $0.index < $1.index }

  /// The class that somebody means.
  ///
  /// Understood are numbers, identifiers, and names as people write them, in any case: a whole name; one of
  /// the parts that commas separate (`man speaking` of `Male speech, man speaking`); a name without its
  /// parenthesis (`Keyboard` of `Keyboard (musical)`); words that no other class has in its name (`vacuum` of
  /// `Vacuum cleaner`), or in its name and those above it (`dog bark`).
  ///
  /// - Throws: `AudioSetError`.
  public static func find(_ text: String) throws(AudioSetError) -> AudioSetClass {
    guard let index = try AudioSetNames.classes.find(text).classIndex else {
      preconditionFailure("classes have numbers")
    }
    return all[index]
  }

  /// The numbers of the classes in a list such as `Speech, dog bark` or `Male speech, man speaking, 137`,
  /// rising.
  ///
  /// Names that have commas themselves are recognised. An entry of the ontology that is no class, such as
  /// `Human voice`, stands for all classes below it.
  ///
  /// - Throws: `AudioSetError`.
  public static func indices(in list: String) throws(AudioSetError) -> [Int] {
    var rest = list.split(separator: ",", omittingEmptySubsequences: false)[...]
    var found: Set<Int> = []
    while let first = rest.first {
      // Names with most commas first.
      var node: AudioSetOntology.Node?
      for count in stride(from: min(rest.count, AudioSetNames.mostCommas + 1), to: 1, by: -1)
      where node == nil {
        node = AudioSetNames.entries.named(rest.prefix(count).joined(separator: ","))
        if node != nil { rest = rest.dropFirst(count) }
      }
      if node == nil {
        node = try AudioSetNames.entries.find(String(first))
        rest = rest.dropFirst()
      }
      if let node { found.formUnion(node.classIndex.map { [$0] } ?? node.classIndices) }
    }
    return found.sorted()
  }
}
