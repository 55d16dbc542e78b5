// SPDX-License-Identifier: Apache-2.0
public import Tensors

/// The spectral half of Hybrid Demucs as a mask: our own variant, of the networks that `Tools/train/music`
/// trains.
///
///     mixture ─┬─ STFT ─┬─ magnitudes^p ─ encoder 1 ─ + embedding ─┬─ … ─ encoder L ─ decoder 1 ─ … ─ + ─ decoder L ─ softmax ─ × ─ ISTFT ─ sources
///              │        │                                          └────────────────────────────────┘                          │
///              │        └──────────────────────────────────────────────────────────────────────────────────────────────────────┘
///
/// It hears both channels, their mean and half their difference, and gives a mask for each channel of each
/// source; masks add up to 1 over the sources, so the sources add up to the mixture. Layers are those of
/// Défossez, "Hybrid Spectral and Waveform Source Separation", 2021, figure 3. Signals are `[T, 2]`. The
/// golden `masking` of `Tests/DemucsTests` holds it to the network as it was trained.
public struct MaskingDemucs: Sendable {
  /// The hyper-parameters.
  public let configuration: MaskingDemucsConfiguration

  let spectrum: HybridSpectrum
  let encoder: [GridEncoderLayer]
  /// What is added after the first layer, for each frequency: `[F, C]`.
  let frequencyEmbedding: Tensor
  /// The deepest first.
  let decoder: [GridDecoderLayer]

  /// Separates a whole signal.
  ///
  /// - Parameter mixture: `[T, 2]`, T at least 1.
  /// - Returns: as many tensors `[T, 2]` as there are sources.
  public func callAsFunction(_ mixture: Tensor, _ run: Run) -> [Tensor] {
    precondition(mixture.shape[0] > 0, "a signal without a sample")
    precondition(mixture.shape[1] == 2, "signal of \(mixture.shape[1]) channels")
    // A segment takes its memory in another order than the last one gave it back: pieces would pile up.
    run.arena.giveBack(atLeast: 1 << 18)
    let signal = spectrum.padded(mixture)
    var x = encoded(signal, run)
    for (index, layer) in decoder.dropLast().enumerated() {
      let deepest = x.removeLast()
      let target = x[x.count - 1]
      layer(deepest, frames: nil, length: target.shape[1], run) { row, frames, values in
        target.frames(frames, ofRow: row).add(values)
      }
      run.trace?("decoder.\(index)", target)
    }
    run.arena.giveBack()
    let synthesis = spectrum.makeSynthesis(
      sources: configuration.hybrid.sources.count, SignalLevel(mean: 0, deviation: 1),
      signal: signal, samples: mixture.shape[0], run)
    return synthesis.separated(x.removeLast(), through: decoder[decoder.count - 1], run)
  }

  /// What each encoder layer gives, the outermost first.
  private func encoded(_ signal: HybridSpectrum.PaddedSignal, _ run: Run) -> [Tensor] {
    var x = spectrum.analysis(signal, run)
    SignalLevel(x, run).normalize(x, run)
    run.trace?("spectrum", x)
    var skips: [Tensor] = []
    for (index, layer) in encoder.enumerated() {
      x = layer(x, adding: nil, run)
      if index == 0 { x.add(toEveryFrame: frequencyEmbedding, run) }
      run.trace?("encoder.\(index)", x)
      skips.append(x)
    }
    return skips
  }
}

/// The hyper-parameters of a masking Demucs.
public struct MaskingDemucsConfiguration: Sendable, Hashable {
  /// Those that it shares with hybrid networks.
  public var hybrid: HybridConfiguration
  /// What magnitudes are raised to.
  public var exponent: Double
}
