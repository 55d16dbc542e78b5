// SPDX-License-Identifier: Apache-2.0

/// AudioSet's ontology: what sounds there are, and which is a kind of which (Gemmeke and others, "Audio Set: An
/// Ontology and Human-Labeled Dataset for Audio Events", 2017).
///
/// Some entries are kinds of several others. Here each has one place, as in Universal Source Separation: in
/// the file's order, each entry goes below the first parent, from the top of the tree down and from the
/// left to the right, that is in the tree already.
public struct AudioSetOntology: Sendable {
  /// The public ontology, of 632 entries.
  public static let standard = AudioSetOntology(lines: AudioSetTable.lines)

  /// An entry, in its place.
  public struct Node: Sendable, Hashable {
    /// What it is called.
    public let name: String
    /// What it is called by machines, such as `/m/09x0r`.
    public let identifier: String
    /// How deep it lies: 1 for the seven entries at the top.
    public let level: Int
    /// The entry above, by its place in `nodes`; `nil` at the top.
    public let parent: Int?
    /// Its number, if it is one of the 527 classes.
    public let classIndex: Int?
    /// The numbers of all classes in its subtree, itself included, rising.
    public fileprivate(set) var classIndices: [Int] = []
  }

  /// The entries, in the file's order.
  public let nodes: [Node]

  /// The entries of one level that have classes below them, in the file's order.
  public func nodes(atLevel level: Int) -> [Node] {
    nodes.filter { $0.level == level && !$0.classIndices.isEmpty }
  }

  /// The deepest level.
  public var depth: Int { nodes.reduce(0) { max($0, $1.level) } }

  /// Builds the tree of a table's lines.
  init(lines: String) {
    let rows = lines.split(separator: "\n").map { line in
      line.split(separator: "|", omittingEmptySubsequences: false)
    }
    let places = Dictionary(uniqueKeysWithValues: rows.indices.map { (rows[$0][1], $0) })
    let tops = rows.indices.filter { rows[$0][3].isEmpty }
    // The tree so far, in which the top is complete from the beginning.
    var children = [[Int]](repeating: [], count: rows.count)
    var levels = rows.map { $0[3].isEmpty ? 1 : 0 }
    var nodes: [Node] = []
    for (place, row) in rows.enumerated() {
      let parents = row[3].split(separator: " ").compactMap { places[$0] }
        .filter { levels[$0] > 0 }
      let parent = parents.count < 2 ? parents.first : Self.first(of: parents, tops, children)
      if let parent {
        children[parent].append(place)
        levels[place] = levels[parent] + 1
      }
      nodes.append(
        Node(
          name: String(row[2]), identifier: String(row[1]), level: levels[place], parent: parent,
          classIndex: Int(row[0])))
    }
    for place in nodes.indices {
      guard let index = nodes[place].classIndex else { continue }
      var above: Int? = place
      while let node = above {
        nodes[node].classIndices.append(index)
        above = nodes[node].parent
      }
    }
    for place in nodes.indices { nodes[place].classIndices.sort() }
    self.nodes = nodes
  }

  /// The candidate that comes first when the tree is walked from the top, left to right.
  private static func first(of candidates: [Int], _ tops: [Int], _ children: [[Int]]) -> Int? {
    var waiting = Array(tops.reversed())
    while let place = waiting.popLast() {
      if candidates.contains(place) { return place }
      waiting += children[place].reversed()
    }
    return nil
  }
}
