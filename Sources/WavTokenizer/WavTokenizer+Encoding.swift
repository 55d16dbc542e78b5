// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
public import Tensors

extension WavTokenizer {
  /// What is kept of a signal while it is encoded: held by the caller, one for each signal.
  public struct EncoderState: Sendable {
    fileprivate var network: SEANetEncoder.State
    /// Samples that complete no token yet.
    fileprivate var waiting: [Float] = []
    /// Samples that went through the network.
    fileprivate var passed = 0
  }

  /// The state of a signal of which nothing has come.
  public func makeEncoderState() -> EncoderState {
    EncoderState(network: loadedEncoder.makeState())
  }

  /// Takes the next samples, mono; returns the tokens they complete.
  ///
  /// However a signal is cut, and whatever the number of threads, the same tokens come out, the first
  /// after `configuration.latencySamples` samples, each further one a hop later. Memory doesn't grow with
  /// the signal.
  ///
  /// - Throws: `WavTokenizerError.notFinite`; the state is then as before the samples.
  public func encode(
    _ samples: [Float], state: inout EncoderState, run: Run
  ) throws(WavTokenizerError) -> [EncodedToken] {
    if let index = samples.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(sample: state.passed + state.waiting.count + index)
    }
    let latency = configuration.latencySamples
    var tokens: [EncodedToken] = []
    var taken = 0
    while taken < samples.count {
      let next = min(samples.count, taken + Self.hopsAtATime * configuration.hopLength)
      state.waiting += samples[taken..<next]
      taken = next
      // Only what completes a token is worth a pass.
      let whole = state.passed + state.waiting.count - latency
      guard whole >= 0 else { continue }
      let ready = latency + whole / configuration.hopLength * configuration.hopLength
      tokens += pass(ready - state.passed, isLast: false, &state, run)
    }
    return tokens
  }

  /// Ends a signal: returns the tokens still owed, so that there are as many as hops begun.
  ///
  /// - Throws: `WavTokenizerError.noSamples`.
  public func finishEncoding(
    state: inout EncoderState, run: Run
  ) throws(WavTokenizerError) -> [EncodedToken] {
    guard state.passed + state.waiting.count > 0 else { throw .noSamples }
    let tokens = pass(state.waiting.count, isLast: true, &state, run)
    state = makeEncoderState()
    return tokens
  }

  /// The tokens of a whole signal, mono.
  ///
  /// - Throws: `WavTokenizerError.notFinite`, `.noSamples`.
  public func encode(_ samples: [Float], run: Run) throws(WavTokenizerError) -> [EncodedToken] {
    var state = makeEncoderState()
    let tokens = try encode(samples, state: &state, run: run)
    return try tokens + finishEncoding(state: &state, run: run)
  }

  /// Hops that pass the network together: enough to read its large matrices seldom, few enough for their
  /// activations to stay in a cache.
  private static let hopsAtATime = 96

  private var loadedEncoder: SEANetEncoder {
    guard let encoder else { preconditionFailure("the encoder is not loaded") }
    return encoder
  }

  /// Sends the first waiting samples through the network.
  private func pass(
    _ count: Int, isLast: Bool, _ state: inout EncoderState, _ run: Run
  ) -> [EncodedToken] {
    guard count > 0 || isLast else { return [] }
    let frames = state.waiting.withUnsafeBufferPointer { samples in
      loadedEncoder(
        UnsafeBufferPointer(rebasing: samples[..<count]), isLast: isLast, &state.network, run)
    }
    state.waiting.removeFirst(count)
    state.passed += count
    run.trace?("embeddings", frames)
    return codebook.tokens(frames, run)
  }
}
