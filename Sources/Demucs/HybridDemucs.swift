// SPDX-License-Identifier: Apache-2.0
public import Tensors

/// Hybrid Demucs, the third generation (Défossez, "Hybrid Spectral and Waveform Source Separation", 2021,
/// figure 1): a U-Net on the spectrogram and one on the waveform that share their deepest layers.
///
///     mixture ─┬─ STFT ─ spectral encoder ─┬─ shared encoder ─ shared decoder ─┬─ spectral decoder ─ ISTFT ─ + ─ sources
///              └─ waveform encoder ────────┘                                   └─ waveform decoder ──────────┘
///
/// Signals are `[T, A]`: samples × audio channels, at the configuration's sample rate. The parity
/// fixtures `hdemucs`, `hdemucs-torchaudio` and `bag` and the goldens of `Tests/DemucsTests` hold it to
/// its references.
public struct HybridDemucs: Sendable {
  /// The hyper-parameters.
  public let configuration: HybridConfiguration

  let network: HybridUNet

  /// Separates a whole signal.
  ///
  /// - Parameter mixture: `[T, A]`, T at least 1.
  /// - Returns: as many tensors `[T, A]` as there are sources.
  public func callAsFunction(_ mixture: Tensor, _ run: Run) -> [Tensor] {
    precondition(mixture.shape[0] > 0, "a signal without a sample")
    precondition(
      mixture.shape[1] == configuration.audioChannels, "signal of \(mixture.shape[1]) channels")
    // A segment takes its memory in another order than the last one gave it back: pieces would pile up.
    run.arena.giveBack(atLeast: 1 << 18)
    return network(mixture, run)
  }
}
