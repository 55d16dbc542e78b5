// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// What all hybrid Demucs are around their middle (Défossez, "Hybrid Spectral and Waveform Source
/// Separation", 2021, figure 1): a U-Net on the spectrogram and one on the waveform, side by side.
///
///     mixture ─┬─ STFT ─ encoder 1 ─┬─ … ─ encoder L ─┬─ middle ─ + ─ decoder 1 ─ … ─ + ─ decoder L ─ ISTFT ─ + ─
///              │                    └─────────────────┴────────── │ ───────────────── ┘                       │
///              └──────── encoder 1 ─┬─ … ─ merging                └ parting ─ … ─ + ─ decoder L ──────────────┘
///                                   └─────────────────────────────────────────────┘
///
/// Where the spectral branch has a single frequency left, it hears the waveform branch's last convolution
/// (merging) and goes on along time alone; there the waveform's decoder begins with what its own decoder
/// has (parting). Grids are `[F, T, C]`, waveforms with one frequency.
struct HybridUNet: Sendable {
  let spectrum: HybridSpectrum
  let encoder: [any GridEncoder]
  /// What the spectral branch is given after its first layer, for each frequency: `[F, C]`.
  let frequencyEmbedding: Tensor?
  let timeEncoder: [GridEncoderLayer]
  let merging: ConvolutionBlock?
  /// The deepest first, as in all decoders.
  let decoder: [any GridDecoder]
  let parting: Widening?
  let timeDecoder: [GridDecoderLayer]

  /// What is between encoders and decoders: gets both branches' deepest grids, and gives what is added
  /// to the decoders' first skips.
  typealias Middle = (_ spectral: Tensor, _ waveform: Tensor) -> (
    spectral: Tensor, waveform: Tensor
  )

  /// Separates `[T, A]`, T at least 1, into as many tensors `[T, A]` as there are sources.
  ///
  /// - Parameter middle: `nil`: the decoders begin with nothing but the skips.
  func callAsFunction(_ mixture: Tensor, _ run: Run, middle: Middle? = nil) -> [Tensor] {
    let (samples, channels) = (mixture.shape[0], mixture.shape[1])
    var (waveform, injected) = encodedWaveform(mixture, run)
    let signal = spectrum.padded(mixture)
    var spectral = encodedSpectrum(signal, injected, run)
    injected = nil
    if let middle {
      let starts = middle(spectral.deepest, waveform.deepest)
      (spectral.start, waveform.start) = (starts.spectral, starts.waveform)
    }
    let (estimates, before) = decodedSpectrum(&spectral, run)
    let sources = spectrum.synthesis(
      estimates, spectral.level, signal: signal, samples: samples, run)
    if let parting, let before {
      let start = parting(before, length: waveform.lengths.removeLast(), run)
      run.trace?("parting", start)
      waveform.start = start
    }
    let waves = decodedWaveform(&waveform, run)
    waveform.level.restore(waves, run)
    let rows = waves.reshaped(samples, waves.shape[2]).rows(0..<samples)
    for (index, source) in sources.enumerated() {
      source.rows(0..<samples).add(rows.columns(index * channels..<(index + 1) * channels))
    }
    return sources
  }

  /// A branch between its encoder and its decoder.
  private struct Encoded {
    /// What was taken out of the input.
    let level: SignalLevel
    /// What each layer gave, the outermost first.
    var skips: [Tensor] = []
    /// Frames of what each layer was given.
    var lengths: [Int] = []
    /// What is added to the deepest skip.
    var start: Tensor?

    init(_ level: SignalLevel) { self.level = level }

    /// What the deepest layer gave.
    var deepest: Tensor { skips[skips.count - 1] }
  }

  // MARK: Encoders

  private func encodedWaveform(_ mixture: Tensor, _ run: Run) -> (Encoded, injected: Tensor?) {
    let input = run.arena.tensor(1, mixture.shape[0], mixture.shape[1])
    input.pointer.update(from: mixture.pointer, count: mixture.count)
    var encoded = Encoded(SignalLevel(input, run))
    encoded.level.normalize(input, run)
    run.trace?("waveform", input)
    var x = input
    for (index, layer) in timeEncoder.enumerated() {
      encoded.lengths.append(x.shape[1])
      x = layer(x, adding: nil, run)
      run.trace?("timeEncoder.\(index)", x)
      encoded.skips.append(x)
    }
    guard let merging else { return (encoded, nil) }
    encoded.lengths.append(x.shape[1])
    let injected = merging(x, run)
    run.trace?("merging", injected)
    return (encoded, injected)
  }

  private func encodedSpectrum(
    _ signal: HybridSpectrum.PaddedSignal, _ injected: Tensor?, _ run: Run
  ) -> Encoded {
    var x = spectrum.analysis(signal, run)
    var encoded = Encoded(SignalLevel(x, run))
    encoded.level.normalize(x, run)
    run.trace?("spectrum", x)
    for (index, layer) in encoder.enumerated() {
      encoded.lengths.append(x.shape[1])
      x = layer(x, adding: index == timeEncoder.count ? injected : nil, run)
      run.trace?("encoder.\(index)", x)
      if index == 0, let frequencyEmbedding {
        x.add(toEveryFrame: frequencyEmbedding, run)
        run.trace?("embedded", x)
      }
      encoded.skips.append(x)
    }
    return encoded
  }

  // MARK: Decoders

  /// The estimates' spectrograms, and what the waveform's decoder begins with where the branches part.
  private func decodedSpectrum(_ encoded: inout Encoded, _ run: Run) -> (Tensor, before: Tensor?) {
    var result = encoded.start
    var partingPoint: Tensor?
    encoded.start = nil
    for (index, layer) in decoder.enumerated() {
      let x = encoded.skips.removeLast()
      if let result { x.add(result, run) }
      result = nil
      let (output, before) = layer(x, length: encoded.lengths.removeLast(), run)
      run.trace?("decoder.\(index)", output)
      result = output
      if parting != nil && encoded.skips.count == timeDecoder.count { partingPoint = before }
    }
    guard let result else { preconditionFailure("a network without a layer") }
    return (result, partingPoint)
  }

  private func decodedWaveform(_ encoded: inout Encoded, _ run: Run) -> Tensor {
    var result = encoded.start
    encoded.start = nil
    for (index, layer) in timeDecoder.enumerated() {
      let x = encoded.skips.removeLast()
      if let result { x.add(result, run) }
      result = layer(x, length: encoded.lengths.removeLast(), run).output
      if let result { run.trace?("timeDecoder.\(index)", result) }
    }
    guard let result else { preconditionFailure("a network without a waveform layer") }
    return result
  }
}
