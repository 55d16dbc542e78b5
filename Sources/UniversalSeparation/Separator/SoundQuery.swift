// SPDX-License-Identifier: Apache-2.0

/// What somebody wants taken out of a mixture.
public struct SoundQuery: Sendable, Hashable {
  /// How it is described.
  public enum Target: Sendable, Hashable {
    /// By classes of AudioSet, all of them together: the condition of a segment is what a tagger hears of them
    /// in it. Where it hears nothing of them, nothing is taken out.
    case classes([Int])
    /// By a condition that holds for the whole recording.
    case condition([Float])
  }

  /// What the outcome is called.
  public let name: String
  /// How it is described.
  public let target: Target

  /// A query of that name.
  public init(name: String, target: Target) {
    self.name = name
    self.target = target
  }

  /// Classes joined to one query, named as the reference names its files.
  public init(classes: [Int]) {
    let names = classes.map { "\($0)_\(AudioSetClasses.all[$0].name)" }
    self.init(name: names.joined(separator: ";"), target: .classes(classes))
  }
}

/// What taggers heard in a segment.
public struct SegmentTags: Sendable, Hashable {
  /// Each class's probability: what decides whether a class is heard.
  public let probabilities: [Float]
  /// What conditions are made of: probabilities too, or an embedding.
  public let condition: [Float]
}
