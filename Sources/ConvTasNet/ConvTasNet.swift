// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
public import Tensors

/// Conv-TasNet (Luo & Mesgarani, "Conv-TasNet: Surpassing Ideal Time-Frequency Magnitude Masking for
/// Speech Separation", 2019, figure 1): a learned encoder, a temporal convolutional network that
/// estimates a mask for each source, and a learned decoder.
///
///     mixture ─ encoder ─┬─ norm ─ 1×1 conv ─ R × X blocks ─ PReLU ─ 1×1 conv ─ masks
///                        └──────────────────── × ─────────────────────────────────┘
///                                              └─ decoder ─ sources
///
/// Signals are `[T, A]`: samples × audio channels, at the configuration's sample rate. The parity
/// fixtures `convtasnet-*` and the goldens of `Tests/ConvTasNetTests` hold it to its references.
public struct ConvTasNet: Sendable {
  /// The hyper-parameters.
  public let configuration: ConvTasNetConfiguration

  let encoder: PackedMatrix  // L·A samples → N features
  let bottleneck: NormalizedPointwiseConvolution  // norm, N → B
  let blocks: [TemporalBlock]
  let maskSlope: Float?
  let maskConvolution: PackedMatrix  // Sc or B → C·N
  let decoder: PackedMatrix  // N features → L·A samples

  /// Separates a whole signal.
  ///
  /// - Parameter mixture: `[T, A]`, T at least 1.
  /// - Returns: as many tensors `[T, A]` as there are sources.
  public func callAsFunction(_ mixture: Tensor, _ run: Run) -> [Tensor] {
    let samples = mixture.shape[0]
    let frames = configuration.frameCount(samples: samples)
    let framed = padded(mixture, frames: frames, run)
    var stream = bottlenecked(framed, frames: frames, run)
    do {
      let hidden = run.arena.tensor(frames, configuration.hiddenChannels)
      for (index, block) in blocks.enumerated() {
        block(&stream, hidden: hidden, history: 0, run: run)
        stream.show("block.\(index)", to: run)
      }
    }
    let decoded = masked(framed, stream, run)
    return overlapAdded(decoded, samples: samples, run)
  }

  /// The mixture between the zeros that its frames reach into.
  private func padded(_ mixture: Tensor, frames: Int, _ run: Run) -> Tensor {
    defer { extendLifetime(mixture) }
    let (samples, channels) = (mixture.shape[0], mixture.shape[1])
    precondition(channels == configuration.audioChannels, "mixture of \(channels) channels")
    let covered = (frames - 1) * configuration.hopLength + configuration.filterLength
    let before = configuration.padding
    let length = max(covered, before + samples)
    let framed = run.arena.tensor(length, channels)
    framed.pointer.update(repeating: 0, count: before * channels)
    framed.pointer.advanced(by: before * channels).update(
      from: mixture.pointer, count: samples * channels)
    framed.pointer.advanced(by: (before + samples) * channels).update(
      repeating: 0, count: (length - before - samples) * channels)
    return framed
  }

  /// Encoder, norm and bottleneck of all frames.
  func bottlenecked(_ framed: Tensor, frames: Int, _ run: Run) -> ResidualStream {
    let encoded = run.trace.map { _ in Tensor(uninitialized: [frames, configuration.filters]) }
    let projected = run.arena.tensor(frames, configuration.bottleneckChannels)
    let sums = MomentSums(tiles: Run.tileCount(frames))
    run.tiles(0..<frames) { tile, index in
      let features = encode(framed, tile, run)
      if let encoded { features.copy(into: encoded, row: tile.lowerBound) }
      if bottleneck.needsMoments { sums.add(features, tile: index) }
      bottleneck(features, into: projected.rows(tile))
    }
    if let encoded { run.trace?("encoder", encoded) }
    var stream = ResidualStream(
      frames: frames, bottleneckChannels: configuration.bottleneckChannels,
      skipChannels: configuration.skipChannels, arena: run.arena)
    stream.owe(projected, bottleneck.affine(sums.moments(count: frames * configuration.filters)))
    stream.show("bottleneck", to: run)
    return stream
  }

  /// Features of some frames.
  private func encode(_ framed: Tensor, _ tile: Range<Int>, _ run: Run) -> Rows {
    let features = run.arena.tensor(tile.count, configuration.filters).rows(0..<tile.count)
    encoder(
      framed.windows(tile, length: configuration.filterLength, hop: configuration.hopLength),
      into: features, slope: configuration.encoderIsRectified ? 0 : nil)
    return features
  }

  /// Masks, masked features, and the decoder's frames `[T, C, L·A]`.
  func masked(_ framed: Tensor, _ stream: ResidualStream, _ run: Run) -> Tensor {
    let sources = configuration.sources.count
    let features = configuration.filters
    let decoded = run.arena.tensor(stream.frames, sources * decoder.columns)
    let traced = run.trace.map { _ in
      (0..<2).map { _ in Tensor(uninitialized: [stream.frames, sources * features]) }
    }
    run.tiles(0..<stream.frames) { tile, _ in
      let input = run.arena.tensor(tile.count, maskConvolution.depth).rows(0..<tile.count)
      stream.maskInput(tile, into: input)
      if let maskSlope { leaky(input, slope: maskSlope, into: input) }
      let masks = run.arena.tensor(tile.count, sources * features).rows(0..<tile.count)
      maskConvolution(input, into: masks)
      configuration.maskActivation(masks, sources: sources)
      if let traced { masks.copy(into: traced[0], row: tile.lowerBound) }
      applyMasks(masks, to: encode(framed, tile, run))
      if let traced { masks.copy(into: traced[1], row: tile.lowerBound) }
      for source in 0..<sources {
        decoder(
          masks.columns(source * features..<(source + 1) * features),
          into: decoded.rows(tile)
            .columns(source * decoder.columns..<(source + 1) * decoder.columns))
      }
    }
    if let traced {
      run.trace?("mask", traced[0])
      run.trace?("masked", traced[1])
    }
    return decoded
  }

  /// Overlapping frames added up, cut to the mixture's samples.
  private func overlapAdded(_ decoded: Tensor, samples: Int, _ run: Run) -> [Tensor] {
    let channels = configuration.audioChannels
    let before = configuration.padding * channels
    let sources = configuration.sources.indices.map { _ in run.arena.tensor(samples, channels) }
    run.parallel.forEach(sources.count) { source, _ in
      let signal = sources[source]
      signal.pointer.update(repeating: 0, count: signal.count)
      overlapAdd(
        decoded.rows(0..<decoded.shape[0])
          .columns(source * decoder.columns..<(source + 1) * decoder.columns),
        hop: configuration.hopLength * channels, offset: -before, into: signal)
    }
    return sources
  }
}

extension ConvTasNet {
  /// Memory that a pass takes for activations, for each sample of the signal: what is held for all
  /// frames at once, and the signals themselves.
  public var bytesPerSample: Int {
    let c = configuration
    let frame =
      c.hiddenChannels + 2 * (c.bottleneckChannels + c.skipChannels)
      + c.sources.count * c.audioChannels * c.filterLength
    let signals = (4 + 3 * c.sources.count) * c.audioChannels
    return (frame / c.hopLength + signals + 1) * MemoryLayout<Float>.stride
  }
}
