// SPDX-License-Identifier: Apache-2.0
public import Tensors
public import UniversalSeparation

extension UniversalSeparator: Separator {
  /// Samples a second.
  public var sampleRate: Int { network.configuration.sampleRate }
  /// What the queries' outcomes are called.
  public var sources: [String] { queries.map(\.name) }
  /// Never: a source is what its query describes.
  public var sourcesAreInterchangeable: Bool { false }
  /// No: the network keeps levels.
  public var matchesMixtureLevel: Bool { false }

  /// Segments of two seconds, which hear a little more than that.
  public var passage: Passage { .segments(samples: segmentSamples, contextSamples: 0) }

  /// Separates a whole signal.
  public func separate(_ mixture: Tensor, _ run: Run) throws -> [Tensor] {
    let stage = makeStage(SeparationSettings())
    var found = queries.map { _ in [Float]() }
    func take(_ sources: [[Float]]) {
      for (index, samples) in sources.enumerated() { found[index] += samples }
    }
    try stage.push(mixture.elements, run, take)
    try stage.finish(run, take)
    return found.map { Tensor(shape: mixture.shape, elements: $0) }
  }

  /// Segments, each with its own conditions.
  public func makePassageStage(
    _ settings: SeparationSettings, wanted: Set<Int>
  ) -> any SeparationStage {
    QueriedStage(self, settings, wanted: wanted)
  }

  /// None: what the tagger hears would have to be shifted along.
  public func shifted(_ shifts: Int, seed: UInt64) -> (any Separator)? { nil }
}
