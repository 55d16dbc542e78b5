// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
public import Tensors

/// Cnn14 of PANNs (Kong and others, "PANNs: Large-Scale Pretrained Audio Neural Networks for Audio Pattern
/// Recognition", 2020, table 2), which tells AudioSet's classes by a spectrogram.
///
///     [T, mel] ─ 5 × (3×3 ─ ReLU ─ 3×3 ─ ReLU ─ ½) ─ 3×3 ─ ReLU ─ 3×3 ─ ReLU ─ mean over mel ─ [T / 32, C]
///     clip:           max + mean over time ─ linear ─ ReLU = embedding ─ linear ─ sigmoid
///     decision level: max + mean of 3 steps ─ linear ─ ReLU ─ linear ─ sigmoid ─ max over time
///
/// Batch norms are folded into the convolutions. Both forms have the same parameters, trained for one of them;
/// no file says for which. A pass has the same bits for any number of threads.
public struct Cnn14: SoundTagger {
  /// How the last convolution's output becomes probabilities.
  public enum Pooling: String, Sendable, Hashable, CaseIterable {
    /// Of the whole clip at once.
    case clip
    /// Of each step of time; a clip's are the largest of its steps' (Cnn14_DecisionLevelMax).
    case decisionLevelMax = "decision-level-max"
  }

  /// The sizes.
  public let configuration: Cnn14Configuration
  /// How the last convolution's output becomes probabilities.
  public let pooling: Pooling

  let spectrogram: LogMelSpectrogram
  let blocks: [ConvolutionPair]
  let embedding: PackedMatrix  // C → D
  let classifier: PackedMatrix  // D → K

  /// Samples a second.
  public var sampleRate: Int { spectrogram.configuration.sampleRate }
  /// How many classes there are.
  public var classCount: Int { configuration.classes }
  /// The samples of as many frames as become one step.
  public var leastSamples: Int {
    max(
      (framesPerStep - 1) * spectrogram.configuration.hopLength,
      spectrogram.configuration.fftLength / 2 + 1)
  }

  /// Ten seconds.
  public var clipSamples: Int { max(10 * sampleRate, leastSamples) }
  /// It takes any length.
  public var needsWholeClips: Bool { false }

  /// Frames of the spectrogram that a step stands for.
  private var framesPerStep: Int { 1 << (blocks.count - 1) }

  /// What is heard in a signal.
  public func callAsFunction(_ signal: [Float], _ run: Run) throws(TaggingError) -> SoundTags {
    guard signal.count >= leastSamples else {
      throw .tooShort(samples: signal.count, needed: leastSamples)
    }
    let mel = try spectrogram(signal, run)
    var x = ConvolutionPair.grid(of: mel, run)
    for (index, block) in blocks.enumerated() {
      x = block(x, run)
      run.trace?("conv_block\(index + 1)", x.copy(run.arena))
    }
    let steps = x.copy(run.arena).meanOfRows(run.arena)
    switch pooling {
    case .clip:
      let pooled = steps.maximumPlusMean(run.arena)
      run.trace?("pooled", pooled)
      let (embedding, probabilities) = classes(of: pooled, run)
      return SoundTags(
        probabilities: probabilities.elements, embedding: embedding.elements, course: nil)
    case .decisionLevelMax:
      let (embeddings, probabilities) = classes(of: steps.maximaPlusMeansOfThree(run.arena), run)
      let course = SoundTags.Course(
        probabilities: Tensor(shape: probabilities.shape, elements: probabilities.elements),
        framesPerStep: framesPerStep, frameCount: mel.shape[0],
        secondsPerFrame: Double(spectrogram.configuration.hopLength) / Double(sampleRate))
      return SoundTags(
        probabilities: probabilities.largestOfColumns, embedding: embeddings.meanOfColumns,
        course: course)
    }
  }

  /// Embeddings `[S, D]` and probabilities `[S, K]` of pooled steps `[S, C]`.
  private func classes(
    of x: Tensor, _ run: Run
  ) -> (embedding: Tensor, probabilities: Tensor) {
    let all = 0..<x.shape[0]
    let hidden = run.arena.tensor(x.shape[0], embedding.columns)
    embedding(x.rows(all), into: hidden.rows(all), slope: 0)
    run.trace?("embedding", hidden)
    let y = run.arena.tensor(x.shape[0], classifier.columns)
    classifier(hidden.rows(all), into: y.rows(all))
    run.trace?("logits", y)
    MaskActivation.sigmoid(y.rows(all), sources: 1)
    return (hidden, y)
  }
}
