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
    precondition(!segment.isEmpty && segment.upperBound <= signal.shape[0], "segment \(segment)")
    precondition(
      signal.shape[1] == configuration.audioChannels, "signal of \(signal.shape[1]) channels")
    let heard = configuration.heard(signal, segment, run)
    // Without normalisation the reference still divides by 1 + 1e-5.
    let level =
      configuration.normalizesSegments
      ? SignalLevel(monoOf: heard) : SignalLevel(mean: 0, deviation: 1)
    level.normalize(heard, run)
    return configuration.estimates(estimates(heard, run), samples: segment.count, level, run)
  }

  /// All sources side by side, `[T' ≤ T, S · A]`.
  private func estimates(_ mixture: Tensor, _ run: Run) -> Tensor {
    let (arena, parallel) = (run.arena, run.parallel)
    var x = mixture
    if configuration.doublesRate {
      x = OctaveResampling(.up)(x, arena: arena, parallel: parallel)
    }
    run.trace?("input", x)
    var saved: [Tensor] = []
    for (index, layer) in encoder.enumerated() {
      x = layer(x, run)
      saved.append(x)
      run.trace?("encoder.\(index)", x)
    }
    if let memory { x = memory(x, run) }
    for (index, layer) in decoder.enumerated() {
      x = layer(x, skip: saved.removeLast(), run)
      run.trace?("decoder.\(index)", x)
    }
    if configuration.doublesRate {
      x = OctaveResampling(.down)(x, arena: arena, parallel: parallel)
    }
    return x
  }
}
