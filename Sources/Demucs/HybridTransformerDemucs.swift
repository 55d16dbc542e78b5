// SPDX-License-Identifier: Apache-2.0
public import Tensors

/// Hybrid Transformer Demucs, the fourth generation (Rouard, Massa & Défossez, "Hybrid Transformers for Music
/// Source Separation", 2023, figure 1): a U-Net on the spectrogram and one on the waveform with a
/// Transformer between their encoders and decoders, in which they hear each other.
///
///     mixture ─┬─ STFT ─ spectral encoder ─┬─ Transformer ─┬─ spectral decoder ─ ISTFT ─ + ─ sources
///              └─ waveform encoder ────────┘               └─ waveform decoder ──────────┘
///
/// Signals are `[T, A]`: samples × audio channels, at the configuration's sample rate. The network runs on
/// segments of exactly the length that it was trained on; shorter signals are completed by silence
/// behind them. The parity fixtures `htdemucs` and `htdemucs-6s` and the goldens of `Tests/DemucsTests`
/// hold it to its reference.
public struct HybridTransformerDemucs: Sendable {
  /// The hyper-parameters.
  public let configuration: HybridTransformerDemucsConfiguration

  let network: HybridUNet
  package let transformer: CrossDomainTransformer

  /// Separates a whole signal of at most a segment's length.
  ///
  /// - Parameter mixture: `[T, A]`, T from 1 to `configuration.hybrid.segmentSamples`.
  /// - Returns: as many tensors `[T, A]` as there are sources.
  public func callAsFunction(_ mixture: Tensor, _ run: Run) -> [Tensor] {
    let (samples, channels) = (mixture.shape[0], mixture.shape[1])
    let length = configuration.hybrid.segmentSamples
    precondition(
      (1...length).contains(samples), "\(samples) samples for segments of \(length)")
    precondition(channels == configuration.hybrid.audioChannels, "signal of \(channels) channels")
    let segment = run.arena.tensor(length, channels)
    mixture.rows(0..<samples).copy(into: segment, row: 0)
    (segment.pointer + mixture.count).update(repeating: 0, count: segment.count - mixture.count)
    let sources = network(segment, run) { spectral, waveform in
      transformer(spectral, waveform, run)
    }
    return sources.map { Tensor(shape: [samples, channels], storage: $0.storage) }
  }
}
