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
  let sourceCount: Int
  let mixtureChannels: Int
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
  /// to them for the decoders.
  typealias Middle = (_ spectral: Tensor, _ waveform: Tensor) -> (
    spectral: Tensor, waveform: Tensor
  )

  /// Separates `[T, A]`, T at least 1, into as many tensors `[T, A]` as there are sources.
  ///
  /// - Parameter middle: `nil`: the decoders begin with nothing but the skips.
  func callAsFunction(_ mixture: Tensor, _ run: Run, middle: Middle? = nil) -> [Tensor] {
    var waveform = encodedWaveform(mixture, run)
    var signal = spectrum.padded(mixture)
    var spectral = encodedSpectrum(signal, run)
    if spectrum.content == .complex { signal.forgetSamples() }
    encodeMerged(&spectral, waveform, run)
    if let middle {
      let additions = middle(spectral.deepest, waveform.deepest)
      spectral.deepest.add(additions.spectral, run)
      waveform.deepest.add(additions.waveform, run)
    }
    let sources = decodeSpectrum(
      &spectral, partingTo: waveform, signal, samples: mixture.shape[0], run)
    decodeWaveform(&waveform, of: mixture, addingTo: sources, run)
    return sources
  }

  /// A branch between its encoder and its decoder.
  private struct Encoded {
    /// What was taken out of the input.
    let level: SignalLevel
    /// What each layer gave, the outermost first; decoders add to it what they take further out.
    var skips: [Tensor] = []

    init(_ level: SignalLevel) { self.level = level }

    /// What the deepest layer gave that is still waiting.
    var deepest: Tensor { skips[skips.count - 1] }
  }

  // MARK: Encoders

  /// The spectral branch as far as it hears nothing of the other.
  private func encodedSpectrum(_ signal: HybridSpectrum.PaddedSignal, _ run: Run) -> Encoded {
    var x = spectrum.analysis(signal, run)
    var encoded = Encoded(SignalLevel(x, run))
    encoded.level.normalize(x, run)
    run.trace?("spectrum", x)
    for (index, layer) in encoder.prefix(timeEncoder.count).enumerated() {
      x = layer(x, adding: nil, run)
      run.trace?("encoder.\(index)", x)
      if index == 0, let frequencyEmbedding {
        x.add(toEveryFrame: frequencyEmbedding, run)
        run.trace?("embedded", x)
      }
      encoded.skips.append(x)
    }
    return encoded
  }

  private func encodedWaveform(_ mixture: Tensor, _ run: Run) -> Encoded {
    var x = copy(of: mixture, run)
    var encoded = Encoded(SignalLevel(x, run))
    encoded.level.normalize(x, run)
    run.trace?("waveform", x)
    for (index, layer) in timeEncoder.enumerated() {
      x = layer(x, adding: nil, run)
      run.trace?("timeEncoder.\(index)", x)
      encoded.skips.append(x)
    }
    let large = encoded.skips.dropLast().prefix { $0.count >= Self.largestKept }
    encoded.skips.removeFirst(large.count)
    return encoded
  }

  private func copy(of mixture: Tensor, _ run: Run) -> Tensor {
    defer { extendLifetime(mixture) }
    let x = run.arena.tensor(1, mixture.shape[0], mixture.shape[1])
    x.pointer.update(from: mixture.pointer, count: mixture.count)
    return x
  }

  /// Elements of the waveform's largest skips that wait for the decoder: larger ones, of long segments, are
  /// computed again rather than kept while the spectrogram's are there.
  private static let largestKept = 1 << 23

  /// The layers behind the one that hears both branches, and that one.
  private func encodeMerged(_ encoded: inout Encoded, _ waveform: Encoded, _ run: Run) {
    let injected = merging.map { $0(waveform.deepest, run) }
    if let injected { run.trace?("merging", injected) }
    for (index, layer) in encoder.enumerated().dropFirst(timeEncoder.count) {
      let x = encoded.deepest
      let y = layer(x, adding: index == timeEncoder.count ? injected : nil, run)
      run.trace?("encoder.\(index)", y)
      encoded.skips.append(y)
    }
  }

  // MARK: Decoders

  /// Takes the spectral branch to the outermost layer, and from there on to samples.
  ///
  /// - Parameter waveform: Whose deepest skip gets what the other branch has where they part.
  /// - Returns: the sources.
  private func decodeSpectrum(
    _ encoded: inout Encoded, partingTo waveform: Encoded, _ signal: HybridSpectrum.PaddedSignal,
    samples: Int, _ run: Run
  ) -> [Tensor] {
    for (index, layer) in decoder.dropLast().enumerated() {
      let x = encoded.skips.removeLast()
      let target = encoded.deepest
      func add(row: Int, frames: Range<Int>, values: Rows) {
        target.frames(frames, ofRow: row).add(values)
      }
      if let parting, encoded.skips.count == timeDecoder.count,
        let layer = layer as? GridDecoderLayer
      {
        let narrow = layer.narrow(x, run)
        layer.widening(narrow, length: target.shape[1], run, add)
        parting(narrow, length: waveform.deepest.shape[1], run) { row, frames, values in
          waveform.deepest.frames(frames, ofRow: row).add(values)
        }
        run.trace?("parting", waveform.deepest)
      } else {
        layer(x, frames: nil, length: target.shape[1], run, add)
      }
      run.trace?("decoder.\(index)", target)
    }
    let x = encoded.skips.removeLast()
    run.arena.giveBack()
    let synthesis = spectrum.makeSynthesis(
      sources: sourceCount, encoded.level, signal: signal, samples: samples, run)
    return synthesis.separated(x, through: decoder[decoder.count - 1], run)
  }

  /// Takes the waveform's branch out and adds its estimates to the sources.
  private func decodeWaveform(
    _ encoded: inout Encoded, of mixture: Tensor, addingTo sources: [Tensor], _ run: Run
  ) {
    var x = encoded.skips.removeLast()
    for (index, layer) in timeDecoder.dropLast().enumerated() {
      if encoded.skips.isEmpty {
        encoded.skips = firstSkips(timeDecoder.count - 1 - index, encoded.level, of: mixture, run)
      }
      let target = encoded.skips.removeLast()
      layer(x, frames: nil, length: target.shape[1], run) { row, frames, values in
        target.frames(frames, ofRow: row).add(values)
      }
      run.trace?("timeDecoder.\(index)", target)
      x = target
    }
    timeDecoder[timeDecoder.count - 1](x, frames: nil, length: mixture.shape[0], run) {
      _, frames, values in
      for (index, source) in sources.enumerated() {
        let channels = index * mixtureChannels..<(index + 1) * mixtureChannels
        source.rows(frames).add(values.columns(channels), restoring: encoded.level)
      }
    }
  }

  /// What the outermost layers of the waveform's encoder gave, once more.
  private func firstSkips(
    _ count: Int, _ level: SignalLevel, of mixture: Tensor, _ run: Run
  ) -> [Tensor] {
    var x = copy(of: mixture, run)
    level.normalize(x, run)
    return timeEncoder.prefix(count).map { layer in
      x = layer(x, adding: nil, run)
      return x
    }
  }
}

extension Rows {
  /// Adds rows with a level put back.
  fileprivate func add(_ other: Rows, restoring level: SignalLevel) {
    defer { extendLifetime((self, other)) }
    for index in 0..<count {
      let (target, source) = (pointer + index * stride, other.pointer + index * other.stride)
      for channel in 0..<channels {
        target[channel] += source[channel] * level.deviation + level.mean
      }
    }
  }
}
