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
  let memory: Memory?
  let decoder: [DecoderLayer]  // the deepest first

  /// The LSTM, and what takes its two directions back to one width.
  struct Memory: Sendable {
    let lstm: LongShortTermMemory
    let linear: PackedMatrix  // 2 · C → C
  }

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
    let heard = padded(signal, segment, run)
    // Without normalisation the reference still divides by 1 + 1e-5.
    let level = configuration.normalizesSegments ? Level(heard) : Level(mean: 0, deviation: 1)
    let (mean, deviation) = (level.mean, level.deviation)
    heard.update { ($0 - mean) / (1e-5 + deviation) }
    let output = estimates(heard, run)
    let trimmed = (output.shape[0] - segment.count) / 2
    let channels = configuration.audioChannels
    return configuration.sources.indices.map { source in
      let result = run.arena.tensor(segment.count, channels)
      output.rows(trimmed..<trimmed + segment.count)
        .columns(source * channels..<(source + 1) * channels).copy(into: result, row: 0)
      result.update { $0 * deviation + mean }
      return result
    }
  }

  /// The segment in the middle of as many samples as fill all layers' frames.
  private func padded(_ signal: Tensor, _ segment: Range<Int>, _ run: Run) -> Tensor {
    let channels = configuration.audioChannels
    let length = configuration.validLength(segment.count)
    let start = segment.lowerBound - (length - segment.count) / 2
    let real = max(0, start)..<min(signal.shape[0], start + length)
    let y = run.arena.tensor(length, channels)
    y.pointer.update(repeating: 0, count: y.count)
    signal.rows(real).copy(into: y, row: real.lowerBound - start)
    return y
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
    if let memory { x = remembered(x, memory, run) }
    for (index, layer) in decoder.enumerated() {
      x = layer(x, skip: saved.removeLast(), run)
      run.trace?("decoder.\(index)", x)
    }
    if configuration.doublesRate {
      x = OctaveResampling(.down)(x, arena: arena, parallel: parallel)
    }
    return x
  }

  private func remembered(_ x: Tensor, _ memory: Memory, _ run: Run) -> Tensor {
    let (steps, channels) = (x.shape[0], x.shape[1])
    let both = memory.lstm(
      x.reshaped(1, steps, channels), arena: run.arena, parallel: run.parallel
    ).reshaped(steps, 2 * channels)
    run.trace?("lstm", both)
    let y = run.arena.tensor(steps, channels)
    run.tiles(0..<steps) { tile, _ in memory.linear(both.rows(tile), into: y.rows(tile)) }
    run.trace?("linear", y)
    return y
  }
}

/// The mean and the (unbiased) deviation of a signal's mono mix.
private struct Level {
  let mean: Float
  let deviation: Float

  init(mean: Float, deviation: Float) {
    self.mean = mean
    self.deviation = deviation
  }

  init(_ signal: Tensor) {
    let (frames, channels) = (signal.shape[0], signal.shape[1])
    let mono = (0..<frames).map { frame in
      (0..<channels).reduce(0.0) { $0 + Double(signal.pointer[frame * channels + $1]) }
        / Double(channels)
    }
    let mean = mono.reduce(0, +) / Double(frames)
    let squares = mono.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.mean = Float(mean)
    deviation = Float((squares / Double(max(1, frames - 1))).squareRoot())
  }
}

extension Tensor {
  /// Replaces every element.
  fileprivate func update(_ transform: (Float) -> Float) {
    for index in 0..<count { pointer[index] = transform(pointer[index]) }
  }
}
