// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
public import Tensors

/// Demucs, first and second generation (Défossez, Usunier, Bottou & Bach, "Music Source Separation in the
/// Waveform Domain", 2019, figure 2): a U-Net on samples with a bidirectional LSTM in the middle.
///
///     mixture ─ (×2) ─ encoder 1 ─┬─ … ─ encoder L ─┬─ LSTM ─ linear ─ + ─ decoder 1 ─ … ─ + ─ decoder L
///                                 │                 └──────────────────┘                   │      │
///                                 └────────────────────────────────────────────────────────┘      │
///                                                                             sources ─ (÷2) ─────┘
///
/// Signals are `[T, A]`: samples × audio channels, at the configuration's sample rate. The parity
/// fixture `demucs-v2` and the goldens of `Tests/DemucsTests` hold it to its reference.
public struct Demucs: Sendable {
  /// The hyper-parameters.
  public let configuration: DemucsConfiguration

  let encoder: [EncoderLayer]
  let memory: BottleneckMemory?
  let decoder: [DecoderLayer]  // the deepest first

  /// Separates a whole signal, with silence around it.
  ///
  /// - Parameter mixture: `[T, A]`, T at least 1.
  /// - Returns: as many tensors `[T, A]` as there are sources.
  public func callAsFunction(_ mixture: Tensor, _ run: Run) -> [Tensor] {
    self(mixture, segment: 0..<mixture.shape[0], run)
  }

  /// Separates a segment of a signal, hearing what the signal has around it, and silence beyond.
  ///
  /// - Parameters:
  ///   - signal: `[T, A]`.
  ///   - segment: The samples wanted, at least one.
  /// - Returns: as many tensors `[segment.count, A]` as there are sources.
  public func callAsFunction(_ signal: Tensor, segment: Range<Int>, _ run: Run) -> [Tensor] {
    var sources: [Tensor] = []
    self(signal, segments: [segment], run) { sources = $0 }
    return sources
  }

  /// Separates several segments of a signal, each with the same result as alone.
  ///
  /// The LSTM reads all its weights from memory at every step, which takes longer than all else: it takes
  /// the segments through each step together. The encoder then runs again for each segment's skips
  /// rather than have all segments' skips in memory.
  ///
  /// - Parameters:
  ///   - signal: `[T, A]`.
  ///   - segments: The samples wanted, at least one each.
  ///   - deliver: Receives each segment's sources, `[segment.count, A]`, in the segments' order.
  public func callAsFunction(
    _ signal: Tensor, segments: [Range<Int>], _ run: Run,
    deliver: (_ sources: [Tensor]) throws -> Void
  ) rethrows {
    precondition(
      segments.allSatisfy { !$0.isEmpty && 0 <= $0.lowerBound && $0.upperBound <= signal.shape[0] },
      "segments \(segments) of \(signal.shape[0]) samples")
    precondition(
      signal.shape[1] == configuration.audioChannels, "signal of \(signal.shape[1]) channels")
    var remembered: [Tensor] = []
    if let memory, segments.count > 1 {
      let deepest = segments.map { encoded(heard(signal, $0, run).signal, run)[encoder.count - 1] }
      remembered = memory(deepest, run)
    }
    for (index, segment) in segments.enumerated() {
      let (heard, level) = heard(signal, segment, run)
      var saved = encoded(heard, run)
      let middle =
        remembered.isEmpty
        ? memory.map { $0([saved[saved.count - 1]], run)[0] } ?? saved[saved.count - 1]
        : remembered[index]
      let output = decoded(middle, &saved, run)
      try deliver(
        configuration.estimates(
          output, from: (output.shape[0] - segment.count) / 2, samples: segment.count, level, run))
    }
  }

  /// What the network hears of a segment: the samples in whose middle it lies, as many as fill all
  /// layers' frames, at mean 0 and deviation 1 where the configuration says so.
  private func heard(
    _ signal: Tensor, _ segment: Range<Int>, _ run: Run
  ) -> (signal: Tensor, level: SignalLevel) {
    let heard = configuration.heard(signal, segment, run)
    // Without normalisation the reference still divides by 1 + 1e-5.
    let level =
      configuration.normalizesSegments
      ? SignalLevel(monoOf: heard) : SignalLevel(mean: 0, deviation: 1)
    level.normalize(heard, run)
    return (heard, level)
  }

  /// Each encoder layer's output.
  private func encoded(_ mixture: Tensor, _ run: Run) -> [Tensor] {
    var x = mixture
    if configuration.doublesRate {
      x = OctaveResampling(.up)(x, arena: run.arena, parallel: run.parallel)
    }
    run.trace?("input", x)
    return encoder.enumerated().map { index, layer in
      x = layer(x, run)
      run.trace?("encoder.\(index)", x)
      return x
    }
  }

  /// All sources side by side, `[T' ≤ T, S · A]`; uses up the encoder's outputs.
  private func decoded(_ middle: Tensor, _ saved: inout [Tensor], _ run: Run) -> Tensor {
    defer { extendLifetime(middle) }
    var x = saved.removeLast()
    for index in 0..<x.count { x.pointer[index] += middle.pointer[index] }
    var frames = 0..<x.shape[0]
    for (index, layer) in decoder.dropLast().enumerated() {
      let skip = saved.removeLast()
      if let trace = run.trace {
        let alone = run.arena.tensor(skip.shape[0], skip.shape[1])
        alone.pointer.update(repeating: 0, count: alone.count)
        let part = layer(x, frames, onto: alone, run)
        let y = run.arena.tensor(part.count, skip.shape[1])
        alone.rows(part).copy(into: y, row: 0)
        trace("decoder.\(index)", y)
      }
      frames = layer(x, frames, onto: skip, run)
      x = skip
    }
    x = decoder[decoder.count - 1](x, frames, run)
    run.trace?("decoder.\(decoder.count - 1)", x)
    if configuration.doublesRate {
      x = OctaveResampling(.down)(x, arena: run.arena, parallel: run.parallel)
    }
    return x
  }
}
