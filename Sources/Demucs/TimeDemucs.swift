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
    defer { extendLifetime(mixture) }
    let whole = run.arena.tensor(shape: mixture.shape)
    whole.pointer.update(from: mixture.pointer, count: mixture.count)
    return separated(whole, keeping: mixture.shape[0], run)
  }

  /// Separates a segment of a signal, hearing what the signal has around it, and silence beyond.
  ///
  /// - Parameters:
  ///   - signal: `[T, A]`.
  ///   - segment: The samples wanted, at least one.
  /// - Returns: as many tensors `[segment.count, A]` as there are sources.
  public func callAsFunction(_ signal: Tensor, segment: Range<Int>, _ run: Run) -> [Tensor] {
    precondition(!segment.isEmpty && segment.upperBound <= signal.shape[0], "segment \(segment)")
    return separated(
      configuration.heard(signal, segment, run), keeping: segment.count, run)
  }

  /// Separates `[T, A]`, which is overwritten, and keeps so many samples in its middle.
  private func separated(_ mixture: Tensor, keeping kept: Int, _ run: Run) -> [Tensor] {
    let samples = mixture.shape[0]
    precondition(
      mixture.shape[1] == configuration.audioChannels, "signal of \(mixture.shape[1]) channels")
    var level = SignalLevel(mean: 0, deviation: 1)
    if configuration.normalizesSegments {
      level = SignalLevel(monoOf: mixture)
      level.normalize(mixture, run)
    }
    // Normalised silence fills the layers' frames: nothing where a segment came with its surroundings.
    let output = estimates(configuration.heard(mixture, 0..<samples, run), run)
    return configuration.estimates(
      output, from: (output.shape[0] - samples) / 2 + (samples - kept) / 2, samples: kept, level,
      run)
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
    // The decoder begins with what comes out of the middle and the deepest skip, which are the same
    // without an LSTM.
    let middle = memory.map { $0([x.flattened], run)[0].reshaped(1, x.shape[1], x.shape[2]) }
    x.add(middle ?? x, run)
    for (index, layer) in decoder.enumerated() {
      x = skips.removeLast()
      let length = layer.widening.convolution.length(x)
      guard let target = skips.last else {
        let output = run.arena.tensor(1, length, layer.widening.convolution.channels)
        layer(x, frames: nil, length: length, run) { output.set(row: $0, frames: $1, $2) }
        signal = output.flattened
        break
      }
      precondition(target.shape[1] == length, "\(length) frames onto \(target.shape)")
      layer(x, frames: nil, length: length, run) { row, frames, values in
        target.frames(frames, ofRow: row).add(values)
      }
      run.trace?("decoder.\(index)", target)
    }
    if configuration.doublesRate {
      signal = OctaveResampling(.down)(signal, arena: run.arena, parallel: run.parallel)
    }
    return signal
  }
}
