// SPDX-License-Identifier: Apache-2.0
public import Tensors

/// Several separators of the same sources, whose estimates are averaged (demucs' `BagOfModels`):
/// ŝ_k = Σ_m w_mk · ŝ_mk / Σ_m w_mk.
///
/// Each passes the whole signal in its own segments. A member whose weight is 0 for all sources that
/// are wanted isn't run.
public struct BagOfSeparators: Separator {
  /// One of the separators.
  public struct Member: Sendable {
    /// The network.
    public let separator: any Separator
    /// How much its estimate of each source counts.
    public let weights: [Float]
    /// Seconds of its segments; `nil`: its own.
    public let segmentSeconds: Double?

    /// A member.
    public init(
      separator: any Separator, weights: [Float], segmentSeconds: Double? = nil
    ) {
      self.separator = separator
      self.weights = weights
      self.segmentSeconds = segmentSeconds
    }
  }

  /// Why separators can't be put together.
  public enum Mismatch: Error, Sendable, Equatable, CustomStringConvertible {
    /// There are none.
    case empty
    /// Members differ in what must be common to all, such as their sources.
    case different(what: String, first: String, other: String)
    /// A member, counted from 1, has not one weight for each source.
    case weights(member: Int, expected: Int, found: Int)
    /// No member counts for a source.
    case weightless(source: String)
    /// Estimates of speakers in any order can't be averaged.
    case interchangeable

    /// What is wrong, in a few words.
    public var description: String {
      switch self {
      case .empty: "a bag without networks"
      case .different(let what, let first, let other):
        "a bag of networks with different \(what): \(first) and \(other)"
      case .weights(let member, let expected, let found):
        "a bag with \(found) weights for the \(expected) sources of network \(member)"
      case .weightless(let source): "a bag whose weights for \(source) sum to 0"
      case .interchangeable: "a bag of networks whose sources come in any order"
      }
    }
  }

  /// The separators.
  public let members: [Member]
  private let first: any Separator

  /// Puts separators together, which must agree in everything but how they work.
  public init(_ members: [Member]) throws(Mismatch) {
    guard let first = members.first?.separator else { throw .empty }
    func requireEqual<Value: Equatable>(
      _ what: String, _ value: (any Separator) -> Value
    ) throws(Mismatch) {
      for member in members where value(member.separator) != value(first) {
        throw .different(
          what: what, first: "\(value(first))", other: "\(value(member.separator))")
      }
    }
    try requireEqual("sources") { $0.sources.joined(separator: ", ") }
    try requireEqual("sample rates") { $0.sampleRate }
    try requireEqual("channels") { $0.channels }
    try requireEqual("levels") { [$0.normalizesTrack, $0.matchesMixtureLevel] }
    if first.sourcesAreInterchangeable { throw .interchangeable }
    for (index, member) in members.enumerated()
    where member.weights.count != first.sources.count {
      throw .weights(
        member: index + 1, expected: first.sources.count, found: member.weights.count)
    }
    for (source, name) in first.sources.enumerated() {
      let sum = members.reduce(Float(0)) { $0 + $1.weights[source] }
      if sum == 0 || !sum.isFinite { throw .weightless(source: name) }
    }
    self.members = members
    self.first = first
  }

  /// Samples a second.
  public var sampleRate: Int { first.sampleRate }
  /// Channels of mixture and sources.
  public var channels: Int { first.channels }
  /// The sources' names.
  public var sources: [String] { first.sources }
  /// Never.
  public var sourcesAreInterchangeable: Bool { false }
  /// As the members.
  public var matchesMixtureLevel: Bool { first.matchesMixtureLevel }
  /// As the members.
  public var normalizesTrack: Bool { first.normalizesTrack }
  /// The first member's; each has its own.
  public var passage: Passage { first.passage }

  /// Averages the members' estimates of a whole signal.
  public func separate(_ mixture: Tensor, _ run: Run) throws -> [Tensor] {
    try separate(mixture, segment: 0..<mixture.shape[0], run)
  }

  /// Averages the members' estimates of a segment.
  public func separate(_ signal: Tensor, segment: Range<Int>, _ run: Run) throws -> [Tensor] {
    let estimates = try members.map {
      try $0.separator.separate(signal, segment: segment, run).map(\.elements)
    }
    return sources.indices.map { source in
      let counting = members.indices.filter { members[$0].weights[source] != 0 }
      return Tensor(
        shape: [segment.count, channels],
        elements: average(
          counting.map { estimates[$0][source][...] },
          weights: counting.map { members[$0].weights[source] }))
    }
  }

  /// A bag of the members' shifted forms, each with shifts of its own.
  public func shifted(_ shifts: Int, seed: UInt64) -> (any Separator)? {
    let shifted = members.enumerated().compactMap { index, member in
      member.separator.shifted(shifts, seed: seed &+ UInt64(index)).map {
        Member(separator: $0, weights: member.weights, segmentSeconds: member.segmentSeconds)
      }
    }
    guard shifted.count == members.count else { return nil }
    return try? BagOfSeparators(shifted)
  }

  /// All members' passages side by side.
  public func makePassageStage(
    _ settings: SeparationSettings, wanted: Set<Int>
  ) -> any SeparationStage {
    let needed = members.filter { member in wanted.contains { member.weights[$0] != 0 } }
    return AveragingStage(
      needed.map { member in
        var own = settings
        own.segmentSeconds = settings.segmentSeconds ?? member.segmentSeconds
        return (member.weights, member.separator.makePassageStage(own, wanted: wanted))
      }, sources: sources.count, wanted: wanted)
  }
}
