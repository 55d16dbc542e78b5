// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
public import Tensors

/// HTS-AT (Chen and others, "HTS-AT: A Hierarchical Token-Semantic Audio Transformer for Sound Classification and
/// Detection", 2022, figure 1), which tells classes of sounds, and when they are heard.
///
///     [T, mel] ─ 4 pieces of time below each other ─ 4×4 patches ─ norm ─ stages ─ norm ─ 3 steps × 2 rows
///     stage:   blocks of attention in windows, every second one shifted, then 2×2 tokens become one
///
/// A pass has the same bits for any number of threads.
public struct HTSAT: SoundTagger {
  /// What becomes of signals of fewer frames than the image has.
  public enum ShortSignals: String, Sendable, Hashable, CaseIterable {
    /// They are stretched.
    case stretched
    /// They are repeated as often as they fit, then stretched (the reference's `infer_mode`).
    case repeated
  }

  /// The sizes.
  public let configuration: HTSATConfiguration
  /// What becomes of short signals.
  public var shortSignals = ShortSignals.stretched

  let spectrogram: LogMelSpectrogram
  let patches: PackedMatrix  // patch² → C
  let patchNorm: LayerNormalization
  let stages: [SwinStage]
  let norm: LayerNormalization
  let classifier: PackedMatrix  // 3 · frequencies · C → K

  /// Samples a second.
  public var sampleRate: Int { spectrogram.configuration.sampleRate }
  /// How many classes there are.
  public var classCount: Int { configuration.classes }
  /// What the ends need to be mirrored.
  public var leastSamples: Int { spectrogram.configuration.fftLength / 2 + 1 }

  /// Ten seconds, or what the image holds.
  public var clipSamples: Int {
    max(
      leastSamples,
      min(10 * sampleRate, (configuration.frames - 1) * spectrogram.configuration.hopLength))
  }
  /// It would stretch them.
  public var needsWholeClips: Bool { true }

  /// What is heard in a signal.
  ///
  /// Signals of more frames than the image has are heard in three pieces, each half as long, whose outputs
  /// are averaged, as the reference has it.
  ///
  /// - Throws: `TaggingError.tooShort`, or `.tooLong` where half a signal is too long for the image.
  public func callAsFunction(_ signal: [Float], _ run: Run) throws(TaggingError) -> SoundTags {
    let hop = spectrogram.configuration.hopLength
    let most = hop * (2 * configuration.frames + 2) - 1
    guard signal.count <= most else { throw .tooLong(samples: signal.count, most: most) }
    let mel = try spectrogram(signal, run)
    let frames = mel.shape[0]
    let seconds = Double(frames * hop) / Double(sampleRate)
    if frames <= configuration.frames {
      let repeats = shortSignals == .repeated ? configuration.frames / frames : 1
      return tags([pass(mel, frames: 0..<frames, repeats: repeats, run)], seconds: seconds)
    }
    var passes: [Pass] = []
    let length = (frames - 1) / 2
    for start in stride(from: 0, to: frames - length - 1, by: (frames - 1) / 4) {
      passes.append(pass(mel, frames: start..<start + length, repeats: 1, run))
    }
    return tags(passes, seconds: seconds)
  }

  /// What one image comes to.
  private struct Pass {
    let probabilities: [Float]
    let steps: [Float]
    let embedding: [Float]
  }

  private func pass(_ mel: Tensor, frames: Range<Int>, repeats: Int, _ run: Run) -> Pass {
    let c = configuration
    let image = SpectrogramImage(c)(mel, frames: frames, repeats: repeats, run)
    var x = run.arena.tensor(c.side * c.side, c.channels)
    run.tiles(0..<image.shape[0]) { tile, _ in
      patches(image.rows(tile), into: x.rows(tile))
      patchNorm(x.rows(tile), into: x.rows(tile))
    }
    run.trace?("patch_embed", x)
    for (index, stage) in stages.enumerated() {
      x = stage(x, name: "layers.\(index)", run)
      run.trace?("layers.\(index)", x)
    }
    norm(x.rows(0..<x.shape[0]), into: x.rows(0..<x.shape[0]))
    run.trace?("norm", x)
    let logits = semantics(of: x, run)
    run.trace?("tscam_conv", logits)
    let clip = Tensor(shape: [1, c.classes], elements: logits.meanOfColumns)
    let steps = logits.rows(0..<c.steps)
    MaskActivation.sigmoid(steps, sources: 1)
    MaskActivation.sigmoid(clip.rows(0..<1), sources: 1)
    return Pass(
      probabilities: clip.elements, steps: logits.elements, embedding: x.meanOfColumns)
  }

  /// The token-semantic head: from tokens `[side², C]` each class's evidence in each step of time, `[S, K]`.
  private func semantics(of x: Tensor, _ run: Run) -> Tensor {
    defer { extendLifetime(x) }
    let (c, channels) = (configuration, x.shape[1])
    let width = c.frequencies * channels
    // A frame's frequencies one behind the other, and silence at both ends.
    let frames = run.arena.tensor(c.steps + 2, width)
    frames.pointer.update(repeating: 0, count: frames.count)
    for token in 0..<x.shape[0] {
      let (row, column) = token.quotientAndRemainder(dividingBy: c.lastSide)
      let (chunk, frequency) = row.quotientAndRemainder(dividingBy: c.frequencies)
      let frame = 1 + chunk * c.lastSide + column
      (frames.pointer + frame * width + frequency * channels)
        .update(from: x.pointer + token * channels, count: channels)
    }
    let y = run.arena.tensor(c.steps, c.classes)
    classifier(frames.windows(0..<c.steps, length: 3, hop: 1), into: y.rows(0..<c.steps))
    return y
  }

  private func tags(_ passes: [Pass], seconds: Double) -> SoundTags {
    func mean(_ part: (Pass) -> [Float]) -> [Float] {
      passes.dropFirst().reduce(part(passes[0])) { zip($0, part($1)).map { $0 + $1 } }
        .map { $0 / Float(passes.count) }
    }
    let frames = configuration.frames
    return SoundTags(
      probabilities: mean(\.probabilities), embedding: mean(\.embedding),
      course: SoundTags.Course(
        probabilities: Tensor(
          shape: [configuration.steps, configuration.classes], elements: mean(\.steps)),
        framesPerStep: frames / configuration.steps, frameCount: frames,
        secondsPerFrame: seconds / Double(frames)))
  }
}
