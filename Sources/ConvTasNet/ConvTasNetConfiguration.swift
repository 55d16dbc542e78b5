// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import NeuralLayers

/// The hyper-parameters of a Conv-TasNet, in the paper's letters (Luo & Mesgarani 2019, table I).
public struct ConvTasNetConfiguration: Codable, Sendable, Hashable {
  /// The family of releases a checkpoint belongs to: they differ in padding, norms, biases, skips.
  public enum Dialect: String, Codable, Sendable, Hashable {
    /// kaituoxu/Conv-TasNet, and the music variant of Demucs v1 and v2 made from it.
    case kaituoxu
    /// asteroid.
    case asteroid
    /// torchaudio.
    case torchaudio
  }

  /// Which norm the blocks use.
  public enum Norm: String, Codable, Sendable, Hashable {
    /// gLN: over channels and time.
    case global = "gLN"
    /// cLN: over channels, each frame by itself.
    case channelwise = "cLN"
    /// Batch normalisation.
    case batch = "BN"
    /// None.
    case identity = "id"
  }

  /// Whose conventions the checkpoint follows.
  public var dialect: Dialect
  /// Samples a second.
  public var sampleRate: Int
  /// A: channels of the mixture and of each source.
  public var audioChannels: Int
  /// C: the sources' names, in the order of the network's outputs.
  public var sources: [String]
  /// Whether the sources come in any order (speakers) or each in its own place (instruments).
  public var sourcesAreInterchangeable: Bool
  /// N: filters of the encoder.
  public var filters: Int
  /// L: length of a filter in samples.
  public var filterLength: Int
  /// Samples between two frames.
  public var hopLength: Int
  /// B: channels of the residual path.
  public var bottleneckChannels: Int
  /// H: channels inside a block.
  public var hiddenChannels: Int
  /// Sc: channels of the skip paths, 0 where blocks have none.
  public var skipChannels: Int
  /// P: taps of the depth-wise convolutions.
  public var kernelSize: Int
  /// X: blocks in a repeat, with dilations 1, 2, 4 and so on.
  public var blocks: Int
  /// R: repeats.
  public var repeats: Int
  /// The blocks' norm.
  public var norm: Norm
  /// Whether no output depends on later frames.
  public var isCausal: Bool
  /// Whether the encoder's output passes a ReLU.
  public var encoderIsRectified: Bool
  /// What makes masks of logits.
  public var maskActivation: MaskActivation
  /// Whether the reference's separation function scales all estimates so that their absolute sum is
  /// the mixture's (asteroid, whose models are trained with a free gain).
  public var matchesMixtureLevel: Bool
  /// Seconds of audio the release was trained on at a time, where it says.
  public var segmentSeconds: Double?

  /// These hyper-parameters with some replaced by a JSON object's, such as
  /// `{"blocks": 4, "repeats": 2, "maskActivation": "sigmoid"}`.
  ///
  /// - Throws: `DecodingError` where a name or a value is none of a configuration's.
  public func replacing(with json: Data) throws -> ConvTasNetConfiguration {
    let own = try JSONSerialization.jsonObject(with: JSONEncoder().encode(self))
    let changes = try JSONSerialization.jsonObject(with: json)
    guard let own = own as? [String: Any], let changes = changes as? [String: Any],
      changes.keys.allSatisfy({ own[$0] != nil || $0 == "segmentSeconds" })
    else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: [], debugDescription: "not an object of a configuration's entries"))
    }
    let merged = try JSONSerialization.data(withJSONObject: own.merging(changes) { $1 })
    return try JSONDecoder().decode(Self.self, from: merged)
  }

  /// Why these hyper-parameters can't be run, if so.
  ///
  /// Checkpoints are not trusted: the sizes that no tensor's shape vouches for are looked at here.
  var problem: String? {
    if !(1000...768_000).contains(sampleRate) { return "a sample rate of \(sampleRate) Hz" }
    if !(1...64).contains(audioChannels) { return "\(audioChannels) audio channels" }
    if !(1...64).contains(sources.count) { return "\(sources.count) sources" }
    if !(1...65_536).contains(filterLength) { return "filters of \(filterLength) samples" }
    if !(1...filterLength).contains(hopLength) {
      return "a hop of \(hopLength) samples between filters of \(filterLength)"
    }
    if !(1...64).contains(kernelSize) { return "depth-wise kernels of \(kernelSize) taps" }
    if !(1...20).contains(blocks) || !(1...64).contains(repeats) {
      return "\(repeats) repeats of \(blocks) blocks"
    }
    let channels = [filters, bottleneckChannels, hiddenChannels, max(1, skipChannels)]
    if channels.contains(where: { !(1...1_048_576).contains($0) }) {
      return "layers of \(channels)"
    }
    if let segmentSeconds, !(segmentSeconds > 0 && segmentSeconds < 86_400) {
      return "segments of \(segmentSeconds) s"
    }
    return nil
  }

  /// The norm in front of the bottleneck.
  var inputNorm: Norm { dialect == .kaituoxu ? .channelwise : norm }
  /// Zeros in front of the signal.
  var padding: Int { dialect == .torchaudio ? filterLength / 2 : 0 }
  /// Blocks in all.
  var blockCount: Int { blocks * repeats }
  /// The dilation of block `index`.
  func dilation(_ index: Int) -> Int { 1 << (index % blocks) }

  /// Whether frames depend on each other only through convolutions.
  var hasFrameNorms: Bool { norm != .global && inputNorm != .global }

  /// The frames of a signal of `samples` samples a channel, at least one.
  func frameCount(samples: Int) -> Int {
    var length = samples
    if dialect == .torchaudio {
      // Filled up to whole hops, then padded on both sides.
      let odd = filterLength % 2
      length = odd + (samples - odd + hopLength - 1) / hopLength * hopLength + 2 * padding
    }
    return max(0, length - filterLength) / hopLength + 1
  }

  /// Samples on each side that an output sample may depend on; `nil` where a norm sees the whole
  /// signal.
  public var receptiveField: (before: Int, after: Int)? {
    guard hasFrameNorms else { return nil }
    let frames = (0..<blockCount).reduce(0) { $0 + (kernelSize - 1) * dilation($1) }
    let before = isCausal ? frames : frames / 2
    return (before * hopLength + filterLength, (frames - before) * hopLength + filterLength)
  }
}
