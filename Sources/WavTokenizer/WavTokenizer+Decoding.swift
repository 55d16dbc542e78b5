// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import SpectralTransforms
public import Tensors

extension WavTokenizer {
  /// How `decode` treats so many tokens where nobody says.
  ///
  /// Whole up to 180 MB of activations; bounded up to 20 minutes, where attention takes twice as long as
  /// all the rest; windowed beyond.
  public func decodingMode(tokenCount: Int) -> DecodingMode {
    let bytes = 4 * tokenCount * configuration.decoderChannels * MemoryLayout<Float>.stride
    if bytes <= 180_000_000 { return .whole }
    return Double(tokenCount) <= 1200 * configuration.tokensPerSecond ? .bounded : .windowed
  }

  /// Turns tokens into `tokens.count · hopLength` samples, mono, delivered in order, block by block.
  ///
  /// Samples may lie beyond ±1. Numbers depend neither on the number of threads nor on whether the mode is
  /// `.whole` or `.bounded`.
  ///
  /// - Parameters:
  ///   - bandwidthIdentifier: Which of its norms' tables the decoder uses; users of the releases always
  ///     say 0.
  ///   - mode: How; as `decodingMode(tokenCount:)` says where it is nil.
  /// - Returns: How it was done.
  /// - Throws: `WavTokenizerError`, and what `deliver` throws.
  @discardableResult
  public func decode(
    tokens: [Int32], bandwidthIdentifier: Int = 0, mode: DecodingMode? = nil, run: Run,
    deliver: (_ samples: [Float]) throws -> Void
  ) throws -> DecodingMode {
    try check(tokens, bandwidthIdentifier)
    let mode = mode ?? decodingMode(tokenCount: tokens.count)
    switch mode {
    case .whole, .bounded:
      try decode(
        tokens[...], bandwidthIdentifier, storesInFiles: mode == .bounded, run, deliver: deliver)
    case .windowed:
      try decodeWindows(tokens, bandwidthIdentifier, run, deliver: deliver)
    }
    return mode
  }

  private func check(
    _ tokens: [Int32], _ bandwidthIdentifier: Int
  ) throws(WavTokenizerError) {
    if tokens.isEmpty { throw .noTokens }
    let codes = Int32(configuration.codebookSize)
    if let index = tokens.firstIndex(where: { $0 < 0 || $0 >= codes }) {
      throw .tokenOutOfRange(
        token: tokens[index], index: index, codebookSize: configuration.codebookSize)
    }
    guard (0..<configuration.bandwidthIdentifiers).contains(bandwidthIdentifier) else {
      throw .unknownBandwidth(
        identifier: bandwidthIdentifier, known: configuration.bandwidthIdentifiers)
    }
  }

  /// Frames between which the decoder's blocks keep nothing: their neighbours on either side are computed
  /// twice.
  private static let framesInSection = 4096
  /// Frames whose spectra exist at a time.
  private static let spectraAtATime = 512

  private func decode(
    _ tokens: ArraySlice<Int32>, _ identifier: Int, storesInFiles: Bool, _ run: Run,
    deliver: (_ samples: [Float]) throws -> Void
  ) throws {
    guard let decoder, let head else { preconditionFailure("the decoder is not loaded") }
    let pass = DecoderPass(frames: tokens.count, storesInFiles: storesInFiles, run)
    let positioned = try decoder.positioned(tokens, codebook, pass)
    var synthesis = try head.transform.makeSynthesis()
    for start in stride(from: 0, to: pass.frames, by: Self.framesInSection) {
      let section = start..<min(start + Self.framesInSection, pass.frames)
      let frames = try decoder.section(section, of: positioned, identifier: identifier, pass)
      for start in stride(from: 0, to: section.count, by: Self.spectraAtATime) {
        let rows = frames.rows(start..<min(start + Self.spectraAtATime, section.count))
        let samples = synthesis.push(head.spectra(rows, run))
        if !samples.isEmpty { try deliver(samples) }
      }
    }
    let rest = synthesis.finish()
    if !rest.isEmpty { try deliver(rest) }
  }

  /// Seconds of a window that are kept.
  private static let windowSeconds = 20.0
  /// Seconds that a window hears before and after.
  private static let contextSeconds = 2.0

  private func decodeWindows(
    _ tokens: [Int32], _ identifier: Int, _ run: Run, deliver: (_ samples: [Float]) throws -> Void
  ) throws {
    let hop = configuration.hopLength
    let longest = max(1, Int(Self.windowSeconds * configuration.tokensPerSecond))
    // A frame more than convolutions reach, for the fade.
    let context = max(
      (decoder?.reach ?? 0) + 16, Int(Self.contextSeconds * configuration.tokensPerSecond))
    let windows = (tokens.count + longest - 1) / longest
    var fading: [Float] = []
    for index in 0..<windows {
      let kept = tokens.count * index / windows..<tokens.count * (index + 1) / windows
      let heard = max(0, kept.lowerBound - context)..<min(tokens.count, kept.upperBound + context)
      var samples: [Float] = []
      samples.reserveCapacity(heard.count * hop)
      try decode(tokens[heard], identifier, storesInFiles: false, run) { samples += $0 }
      let first = (kept.lowerBound - heard.lowerBound) * hop
      let end = first + kept.count * hop
      for (position, old) in fading.enumerated() {
        let weight = (Float(position) + 0.5) / Float(hop)
        samples[first + position] = old + (samples[first + position] - old) * weight
      }
      try deliver(Array(samples[first..<end]))
      // What the next window begins with, as this one hears it.
      fading = Array(samples[end..<min(end + hop, samples.count)])
    }
  }
}
