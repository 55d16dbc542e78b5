// SPDX-License-Identifier: Apache-2.0
public import Tensors

/// A query-conditioned separator together with its queries, and with taggers that hear what is in a mixture.
///
/// A mixture is cut into segments of two seconds. The tagger hears the mean of its channels; each channel
/// is separated by itself.
public struct UniversalSeparator: Sendable {
  /// The separator.
  public let network: ResUNet30
  /// What makes conditions, if it is there.
  public let queryNet: (any SoundTagger)?
  /// What decides about activity, where that is another network.
  public let detector: (any SoundTagger)?

  /// What is to be taken out.
  public private(set) var queries: [SoundQuery] = []
  /// Channels of mixtures.
  public var channels = 1
  /// How probable a class must be in a segment to count as heard.
  public var detectionThreshold: Float = 0.2
  /// Whether segments are cut hard, as the reference does, and not faded into each other.
  public var usesReferenceSegments = false
  /// What the mixture's segments are known to hold, where somebody has listened before.
  public var knownTags: [SegmentTags] = []

  /// Puts a separator and its taggers together.
  public init(
    network: ResUNet30, queryNet: (any SoundTagger)?, detector: (any SoundTagger)? = nil
  ) {
    self.network = network
    self.queryNet = queryNet ?? detector
    self.detector = queryNet == nil ? nil : detector
  }

  /// Numbers of a condition.
  private var conditionSize: Int { network.configuration.conditionSize }

  /// Samples that are tagged, and separated, at a time.
  public var segmentSamples: Int { network.configuration.segmentSamples }

  /// Sets the queries.
  ///
  /// - Throws: `.noTagger`, `.wrongKind`, `.noSuchClass`, `.wrongSize`, `.notFinite`.
  public mutating func ask(_ queries: [SoundQuery]) throws(UniversalSeparationError) {
    for query in queries {
      switch query.target {
      case .classes(let classes):
        try checkClasses()
        if let unknown = classes.first(where: { !AudioSetClasses.all.indices.contains($0) }) {
          throw .noSuchClass(unknown)
        }
      case .condition(let condition):
        guard condition.count == conditionSize else {
          throw .wrongSize(found: condition.count, expected: conditionSize)
        }
        guard condition.allSatisfy(\.isFinite) else { throw .notFinite }
      }
    }
    self.queries = queries
  }

  /// Makes sure that queries by class can be followed.
  public func checkClasses() throws(UniversalSeparationError) {
    guard let queryNet else { throw .noTagger }
    let all = AudioSetClasses.all.count
    guard conditionSize == all, queryNet.classCount == all, (detector?.classCount ?? all) == all
    else { throw .wrongKind(conditionSize: conditionSize) }
  }

  // MARK: What is heard

  /// Whether queries depend on what is in a segment.
  public var listens: Bool {
    queries.contains { if case .classes = $0.target { true } else { false } }
  }

  /// Listens to a segment, of at most `segmentSamples` mono samples.
  public func tags(of segment: [Float], _ run: Run) throws -> SegmentTags {
    guard let queryNet else { throw UniversalSeparationError.noTagger }
    let missing = max(0, segmentSamples - segment.count)
    let signal = segment + [Float](repeating: 0, count: missing)
    let heard = try queryNet(signal, run)
    let probabilities = try detector.map { try $0(signal, run).probabilities }
    return SegmentTags(
      probabilities: probabilities ?? heard.probabilities, condition: try condition(heard))
  }

  /// What of a tagger's outputs is this network's condition.
  func condition(_ tags: SoundTags) throws(UniversalSeparationError) -> [Float] {
    if tags.probabilities.count == conditionSize { return tags.probabilities }
    guard tags.embedding.count == conditionSize else {
      throw .wrongSize(found: tags.embedding.count, expected: conditionSize)
    }
    return tags.embedding
  }

  /// Whether any of these classes is heard.
  public func isActive(_ classes: [Int], _ tags: SegmentTags) -> Bool {
    classes.contains { tags.probabilities[$0] >= detectionThreshold }
  }

  /// Each query's condition for a segment; `nil` where nothing of it is heard.
  ///
  /// - Parameter tags: What is heard, where a query needs it.
  public func conditions(for tags: SegmentTags?) -> [[Float]?] {
    queries.map { query in
      switch query.target {
      case .condition(let condition): return condition
      case .classes(let classes):
        guard let tags, isActive(classes, tags) else { return nil }
        var condition = [Float](repeating: 0, count: conditionSize)
        for index in classes { condition[index] = tags.condition[index] }
        return condition
      }
    }
  }

  // MARK: Hierarchies

  /// The entries of levels of AudioSet's ontology that are heard in any of a recording's segments, as
  /// queries: `level=1/Human sounds`.
  ///
  /// - Throws: `.noSuchLevel`.
  public func heardEntries(
    ofLevels levels: [Int], in segments: [SegmentTags]
  ) throws(UniversalSeparationError) -> [SoundQuery] {
    let ontology = AudioSetOntology.standard
    var queries: [SoundQuery] = []
    for level in levels {
      guard (1...ontology.depth).contains(level) else {
        throw .noSuchLevel(level, deepest: ontology.depth)
      }
      for node in ontology.nodes(atLevel: level)
      where segments.contains(where: { isActive(node.classIndices, $0) }) {
        queries.append(
          SoundQuery(name: "level=\(level)/\(node.name)", target: .classes(node.classIndices)))
      }
    }
    return queries
  }
}
