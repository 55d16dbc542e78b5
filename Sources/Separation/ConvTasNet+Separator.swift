// SPDX-License-Identifier: Apache-2.0
public import ConvTasNet
public import Tensors

extension ConvTasNet: Separator {
  /// Samples a second.
  public var sampleRate: Int { configuration.sampleRate }
  /// Channels of mixture and sources.
  public var channels: Int { configuration.audioChannels }
  /// The sources' names.
  public var sources: [String] { configuration.sources }
  /// Whether the sources are speakers in any order.
  public var sourcesAreInterchangeable: Bool { configuration.sourcesAreInterchangeable }
  /// Whether the network was trained with a free gain.
  public var matchesMixtureLevel: Bool { configuration.matchesMixtureLevel }

  /// Causal networks with norms within frames stream; others with such norms run in segments with
  /// their receptive field around them; a global norm wants the whole signal.
  public var passage: Passage {
    if isStreamable {
      return .stream(latencySamples: streamLatencySamples) { ConvTasNetStage(self) }
    }
    let bytes = bytesPerSample
    if let field = configuration.receptiveField {
      return .context(
        before: field.before, after: field.after, alignment: configuration.hopLength,
        bytesPerSample: bytes)
    }
    let segment = configuration.segmentSeconds.map { Int($0 * Double(sampleRate)) }
    return .overlap(segmentSamples: segment, bytesPerSample: bytes)
  }

  /// Separates a whole signal.
  public func separate(_ mixture: Tensor, _ run: Run) -> [Tensor] { self(mixture, run) }
}

/// A causal Conv-TasNet on a live signal.
private final class ConvTasNetStage: SeparationStage {
  private let network: ConvTasNet
  private var state: ConvTasNet.State

  init(_ network: ConvTasNet) {
    self.network = network
    state = network.makeState()
  }

  func push(_ samples: [Float], _ run: Run, _ deliver: Deliver) throws {
    try deliver(network.step(samples, &state, run))
  }

  func finish(_ run: Run, _ deliver: Deliver) throws {
    try deliver(network.finish(&state, run))
  }
}
