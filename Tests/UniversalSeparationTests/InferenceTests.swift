// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Separation
import Tensors
import TestSupport
import Testing
import UniversalSeparation

/// Passes a signal through a separator's stage in blocks; each source's samples, interleaved.
func passed(
  _ separator: UniversalSeparator, _ signal: [Float], block: Int = 10_007, threads: Int = 2,
  settings: SeparationSettings = SeparationSettings()
) throws -> [[Float]] {
  let stage = separator.makeStage(settings)
  let run = Run(threads: threads)
  var found = separator.sources.map { _ in [Float]() }
  func take(_ sources: [[Float]]) {
    for (index, samples) in sources.enumerated() { found[index] += samples }
  }
  for start in stride(from: 0, to: signal.count, by: block) {
    try stage.push(Array(signal[start..<min(start + block, signal.count)]), run, take)
  }
  try stage.finish(run, take)
  return found
}

@Suite("Separation by query beside the reference", .enabled(if: Fixtures.areAvailable))
struct InferenceTests {
  private let separator: UniversalSeparator
  private let expected: Golden
  private let input: [Float]
  private let description: [String: Any]
  private static let segment = 64000

  init() throws {
    var separator = try UniversalSeparator(
      Checkpoint(path: Fixtures.shared("uss-resunet30-c527", "model.ckpt").path),
      tagger: Checkpoint(path: Fixtures.shared("panns-cnn14", "Cnn14_random.pth").path))
    separator.usesReferenceSegments = true
    self.separator = separator
    expected = try Golden(contentsOf: Fixtures.shared("uss-inference", "expected.safetensors"))
    input = try WaveFixture(contentsOf: Fixtures.shared("uss-inference", "input.wav")).samples
    description = try Fixtures.description("uss-inference")
  }

  private func tags() throws -> [SegmentTags] {
    try stride(from: 0, to: input.count, by: Self.segment).map { start in
      try separator.tags(
        of: Array(input[start..<min(start + Self.segment, input.count)]), Run(threads: 2))
    }
  }

  private func compare(
    _ found: [Float], _ name: String, sourceLocation: SourceLocation = #_sourceLocation
  )
    throws
  {
    let reference = try expected(name).elements
    let step = (found.count + reference.count - 1) / reference.count
    let kept = stride(from: 0, to: found.count, by: step).map { found[$0] }
    let comparison = Comparison(kept, reference)
    #expect(
      comparison.maxAbsoluteError <= 2e-5, "\(name): \(comparison)", sourceLocation: sourceLocation)
  }

  @Test("taggers hear what the reference's hear")
  func hearing() throws {
    let tags = try tags()
    #expect(
      Comparison(tags.flatMap(\.probabilities), try expected("at_probs").elements)
        .maxAbsoluteError < 1e-4)
    #expect(
      Comparison(tags.flatMap(\.condition), try expected("query_net.bottleneck").elements)
        .maxAbsoluteError < 1e-4)
  }

  @Test("classes are taken out of the segments in which they are heard")
  func classes() throws {
    let queries = try #require(description["class_id_queries"] as? [[String: Any]])
    let tags = try tags()
    var asking = separator
    let sets = try queries.map { try #require($0["class_ids"] as? [Int]) }
    try asking.ask(sets.map { SoundQuery(classes: $0) })
    let found = try passed(asking, input)
    for (index, query) in queries.enumerated() {
      let active = try #require(query["active_segments"] as? [Int])
      #expect(tags.indices.filter { separator.isActive(sets[index], tags[$0]) } == active)
      try compare(found[index], try #require(query["tensor"] as? String))
      for segment in tags.indices where !active.contains(segment) {
        let end = min((segment + 1) * Self.segment, input.count)
        #expect(found[index][segment * Self.segment..<end].allSatisfy { $0 == 0 })
      }
    }
  }

  @Test("recordings make the reference's condition, and that takes out the same")
  func examples() throws {
    var examples = QueryExamples(separator)
    let run = Run(threads: 2)
    for name in ["queries/a_query.wav", "queries/b_query.wav"] {
      let samples = try WaveFixture(contentsOf: Fixtures.shared("uss-inference", name)).samples
      for start in stride(from: 0, to: samples.count, by: 5001) {
        try examples.push(Array(samples[start..<min(start + 5001, samples.count)]), run)
      }
      try examples.endRecording(run)
    }
    let condition = try examples.condition()
    let reference = try expected("query.embedding").elements
    #expect(Comparison(condition, reference).maxAbsoluteError < 1e-4)
    var asking = separator
    try asking.ask([SoundQuery(name: "query", target: .condition(reference))])
    try compare(try passed(asking, input)[0], "query.separated")
  }

  @Test("of each level what is heard is heard in the same segments")
  func hierarchy() throws {
    let file = try Data(contentsOf: Fixtures.shared("uss-inference", "hierarchy.json"))
    let object = try #require(try JSONSerialization.jsonObject(with: file) as? [String: Any])
    let levels = try #require(object["levels"] as? [String: [[String: Any]]])
    let tags = try tags()
    for level in 1...3 {
      let nodes = try #require(levels["\(level)"])
      var names: [String] = []
      for node in nodes where node["skipped"] == nil {
        let classes = try #require(node["class_indexes"] as? [Int])
        let active = try #require(node["active_segments"] as? [Int])
        #expect(tags.indices.filter { separator.isActive(classes, tags[$0]) } == active)
        if let name = node["name"] as? String, !active.isEmpty {
          names.append("level=\(level)/\(name)")
        }
      }
      let queries = try separator.heardEntries(ofLevels: [level], in: tags)
      #expect(queries.map(\.name) == names)
    }
    var asking = separator
    asking.knownTags = tags
    let queries = try separator.heardEntries(ofLevels: [1, 2], in: tags)
    let nodes = AudioSetOntology.standard.nodes
    let wanted = queries.filter { query in
      nodes.contains { node in
        query.name.hasSuffix("/\(node.name)")
          && expected.names.contains("level\(node.level).\(node.identifier)")
      }
    }
    #expect(wanted.count >= 8)
    try asking.ask(wanted)
    for (query, found) in zip(wanted, try passed(asking, input)) {
      let node = try #require(nodes.first { query.name == "level=\($0.level)/\($0.name)" })
      try compare(found, "level\(node.level).\(node.identifier)")
    }
  }

  @Test("a level that the ontology lacks is an error")
  func noSuchLevel() {
    #expect(throws: UniversalSeparationError.noSuchLevel(9, deepest: 6)) {
      try separator.heardEntries(ofLevels: [9], in: [])
    }
  }
}
