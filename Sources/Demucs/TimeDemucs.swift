// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
public import Tensors

/// Demucs of the third generation on samples alone (Défossez, "Hybrid Spectral and Waveform Source
/// Separation", 2021, section 3): the waveform U-Net, its big LSTM replaced by compressed residual
/// branches in its layers.
///
///     mixture ─ (×2) ─ encoder 1 ─┬─ … ─ encoder L ─┬─ (LSTM) ─ + ─ decoder 1 ─ … ─ + ─ decoder L ─ (÷2) ─ sources
///                                 │                 └───────────┘                   │
///                                 └─────────────────────────────────────────────────┘
///
/// Signals are `[T, A]`: samples × audio channels, at the configuration's sample rate. The parity
/// fixtures `demucs-v3-time` and `bag` and the goldens of `Tests/DemucsTests` hold it to its reference.
public struct TimeDemucs: Sendable {
  /// The hyper-parameters.
  public let configuration: DemucsConfiguration

  let encoder: [GridEncoderLayer]
  let memory: BottleneckMemory?
  let decoder: [GridDecoderLayer]  // the deepest first

  /// Separates a whole signal, with silence around it once it is normalised.
  ///
  /// - Parameter mixture: `[T, A]`, T at least 1.
  /// - Returns: as many tensors `[T, A]` as there are sources.
  public func callAsFunction(_ mixture: Tensor, _ run: Run) -> [Tensor] {
    let samples = mixture.shape[0]
    let normalized = run.arena.tensor(samples, mixture.shape[1])
    normalized.pointer.update(from: mixture.pointer, count: mixture.count)
    let level = level(of: normalized)
    level.normalize(normalized, run)
    let heard = configuration.heard(normalized, 0..<samples, run)
    return configuration.estimates(estimates(heard, run), samples: samples, level, run)
  }

  /// Separates a segment of a signal, hearing what the signal has around it, and silence beyond.
  ///
  /// - Parameters:
  ///   - signal: `[T, A]`.
  ///   - segment: The samples wanted, at least one.
  /// - Returns: as many tensors `[segment.count, A]` as there are sources.
  public func callAsFunction(_ signal: Tensor, segment: Range<Int>, _ run: Run) -> [Tensor] {
    precondition(!segment.isEmpty && segment.upperBound <= signal.shape[0], "segment \(segment)")
    let heard = configuration.heard(signal, segment, run)
    let level = level(of: heard)
    level.normalize(heard, run)
    return configuration.estimates(estimates(heard, run), samples: segment.count, level, run)
  }

  /// What is taken out of the network's input.
  private func level(of signal: Tensor) -> SignalLevel {
    precondition(
      signal.shape[1] == configuration.audioChannels, "signal of \(signal.shape[1]) channels")
    // 1e-5 is added to the deviation later: without normalisation nothing is divided.
    return configuration.normalizesSegments
      ? SignalLevel(monoOf: signal) : SignalLevel(mean: 0, deviation: 1)
  }

  /// All sources side by side, `[T, S · A]`.
  private func estimates(_ mixture: Tensor, _ run: Run) -> Tensor {
    var signal = mixture
    if configuration.doublesRate {
      signal = OctaveResampling(.up)(signal, arena: run.arena, parallel: run.parallel)
    }
    run.trace?("input", signal)
    var x = signal.reshaped(1, signal.shape[0], signal.shape[1])
    var skips: [Tensor] = []
    for (index, layer) in encoder.enumerated() {
      x = layer(x, adding: nil, run)
      skips.append(x)
      run.trace?("encoder.\(index)", x)
    }
    if let memory { x = memory(x.flattened, run) }
    for (index, layer) in decoder.enumerated() {
      x = sum(x, skips.removeLast(), run)
      x = layer(x, length: layer.widening.convolution.length(x), run).output
      run.trace?("decoder.\(index)", x)
    }
    signal = x.flattened
    if configuration.doublesRate {
      signal = OctaveResampling(.down)(signal, arena: run.arena, parallel: run.parallel)
    }
    return signal
  }

  /// A decoder's input: the frames that the encoder's output has in its middle, and those.
  private func sum(_ x: Tensor, _ skip: Tensor, _ run: Run) -> Tensor {
    let result = run.arena.tensor(x.count / x.shape[x.shape.count - 1], skip.shape[2])
    let first = (skip.shape[1] - result.shape[0]) / 2
    let (flat, other) = (x.reshaped(result.shape[0], result.shape[1]), skip.flattened)
    run.tiles(0..<result.shape[0]) { tile, _ in
      flat.rows(tile).copy(into: result, row: tile.lowerBound)
      result.rows(tile).add(other.rows(first + tile.lowerBound..<first + tile.upperBound))
    }
    return result.reshaped(1, result.shape[0], result.shape[1])
  }
}
