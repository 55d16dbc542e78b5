// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import UniversalSeparation

@Suite("AudioSet's classes and ontology")
struct AudioSetTests {
  @Test("Counts are those of the public files")
  func counts() {
    let ontology = AudioSetOntology.standard
    #expect(ontology.nodes.count == 632 && AudioSetClasses.all.count == 527)
    #expect(AudioSetClasses.all.enumerated().allSatisfy { $0 == $1.index })
    #expect(ontology.depth == 6)
    let levels = (1...6).map { level in ontology.nodes.filter { $0.level == level }.count }
    #expect(levels == [7, 42, 286, 229, 63, 5])
    #expect((1...6).map { ontology.nodes(atLevel: $0).count } == [7, 41, 251, 198, 56, 3])
    #expect(ontology.nodes(atLevel: 7).isEmpty && ontology.nodes(atLevel: 0).isEmpty)
    #expect(
      ontology.nodes(atLevel: 1).map(\.classIndices.count) == [72, 65, 146, 17, 166, 40, 21])
  }

  @Test("Every class lies in exactly one subtree of the top")
  func partition() {
    let all = AudioSetOntology.standard.nodes(atLevel: 1).flatMap(\.classIndices)
    #expect(all.sorted() == Array(0..<527))
  }

  @Test("An entry's classes are its own and those of the entries below it")
  func subtrees() {
    let nodes = AudioSetOntology.standard.nodes
    for (place, node) in nodes.enumerated() {
      let below = nodes.filter { $0.parent == place }.flatMap(\.classIndices)
      #expect(node.classIndices == (below + [node.classIndex].compactMap { $0 }).sorted())
      #expect(node.parent.map { nodes[$0].level + 1 } ?? 1 == node.level)
    }
  }

  @Test("The tree is the reference's", .enabled(if: Fixtures.areAvailable))
  func referenceTree() throws {
    let data = try Data(contentsOf: Fixtures.shared("uss-inference", "hierarchy.json"))
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let tree = try #require(object["tree"] as? [[String: Any]])
    let nodes = AudioSetOntology.standard.nodes
    #expect(tree.count == nodes.count)
    for (entry, node) in zip(tree, nodes) {
      #expect(entry["id"] as? String == node.identifier)
      #expect(entry["level"] as? Int == node.level)
      let parent = node.parent.map { nodes[$0].identifier } ?? "root"
      #expect(entry["parent"] as? String == parent, "\(node.name)")
    }
    let levels = try #require(object["levels"] as? [String: [[String: Any]]])
    for (level, entries) in levels {
      let expected = entries.filter { ($0["class_indexes"] as? [Int])?.isEmpty == false }
      let found = AudioSetOntology.standard.nodes(atLevel: try #require(Int(level)))
      #expect(found.map(\.identifier) == expected.map { $0["id"] as? String })
      #expect(found.map(\.classIndices) == expected.map { $0["class_indexes"] as? [Int] })
    }
  }

  @Test(
    "Classes are found by what people call them",
    arguments: [
      ("Speech", 0), ("speech", 0), (" SPEECH ", 0), ("0", 0), ("/m/09x0r", 0), ("/M/09X0R", 0),
      ("Male speech, man speaking", 1), ("man speaking", 1), ("male speech", 1),
      ("male speech man speaking", 1), ("dog", 74), ("dog bark", 75), ("Bark", 75),
      ("music", 137), ("137", 137), ("vacuum", 377), ("keyboard", 152), ("Keyboard (musical)", 152),
      ("Fire engine, fire truck", 325), ("bow wow", 78), ("526", 526),
    ])
  func finding(_ text: String, _ index: Int) throws {
    let found = try AudioSetClasses.find(text)
    #expect(found.index == index, "\(text): \(found)")
  }

  @Test("A near miss suggests, and a name of several lists them")
  func errors() {
    func failure(_ text: String) -> AudioSetError? {
      do {
        _ = try AudioSetClasses.find(text)
        return nil
      } catch { return error }
    }
    guard case .unknown("Speeech", let nearest) = failure("Speeech") else {
      return #expect(Bool(false), "\(String(describing: failure("Speeech")))")
    }
    #expect(nearest.first == "Speech")
    #expect(
      failure("inside")
        == .ambiguous(
          text: "inside",
          candidates: ["Inside, small room", "Inside, large room or hall", "Inside, public space"]))
    #expect(failure("527") == .noSuchNumber(text: "527"))
    #expect(failure("99999999999999999999") == .noSuchNumber(text: "99999999999999999999"))
    #expect(failure("") == .unknown(text: "", nearest: []))
    #expect(failure(" , ") == .unknown(text: ",", nearest: []))
    #expect(failure("inside")?.description.contains("\n") == false)
    guard case .ambiguous(_, let speakers) = failure("speaking") else {
      return #expect(Bool(false), "speaking")
    }
    #expect(speakers.count == 3)
  }

  @Test("Lists join classes, and names with commas stay whole")
  func lists() throws {
    #expect(try AudioSetClasses.indices(in: "Speech") == [0])
    #expect(try AudioSetClasses.indices(in: "dog bark, Speech,137") == [0, 75, 137])
    #expect(try AudioSetClasses.indices(in: "Male speech, man speaking, Speech") == [0, 1])
    #expect(try AudioSetClasses.indices(in: "Music") == [137])
    let voice = try AudioSetClasses.indices(in: "Human voice")
    let node = AudioSetOntology.standard.nodes.first { $0.name == "Human voice" }
    #expect(voice == node?.classIndices && voice.count > 20)
    #expect(try AudioSetClasses.indices(in: "Speech,") == [0])
    #expect(throws: AudioSetError.self) { try AudioSetClasses.indices(in: "") }
  }

  @Test("Every name, part of the list of all names, and identifier finds its class")
  func allNames() throws {
    for entry in AudioSetClasses.all {
      #expect(try AudioSetClasses.find(entry.name) == entry)
      #expect(try AudioSetClasses.find(entry.name.uppercased()) == entry)
      #expect(try AudioSetClasses.find(entry.identifier) == entry)
      #expect(try AudioSetClasses.indices(in: entry.name) == [entry.index])
    }
    let everything = AudioSetClasses.all.map(\.name).joined(separator: ", ")
    #expect(try AudioSetClasses.indices(in: everything) == Array(0..<527))
  }

  @Test("No text ends the program, and each error is one line")
  func hostileTexts() {
    var random = SplitMix(state: 527)
    let pieces = [
      "speech", ",", "(", ")", " ", "/m/", "dog", "\u{301}", "é", "\u{0}", "🐶", "1", "-", "|", "ß",
      "music", "\n", "İ", "a", "٣",
    ]
    for _ in 0..<100 {
      let count = Int.random(in: 0..<12, using: &random)
      let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      do {
        let indices = try AudioSetClasses.indices(in: text)
        #expect(!indices.isEmpty && indices == indices.sorted())
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
    let long = String(repeating: "speech, dog ", count: 5000)
    #expect(throws: AudioSetError.self) { try AudioSetClasses.indices(in: long) }
  }
}
