// SPDX-License-Identifier: Apache-2.0
public import Tensors

/// A network that tells how likely each of its classes is heard.
public protocol SoundTagger: Sendable {
  /// Samples a second of what it hears, one channel.
  var sampleRate: Int { get }
  /// How many classes it knows; 527 are AudioSet's.
  var classCount: Int { get }
  /// Samples below which it can tell nothing.
  var leastSamples: Int { get }

  /// Samples of what it was trained on: ten seconds.
  var clipSamples: Int { get }
  /// Whether shorter signals should be filled up with silence to be a clip.
  var needsWholeClips: Bool { get }

  /// Tells what is heard in a signal.
  ///
  /// - Parameter signal: Samples at `sampleRate`, at least `leastSamples`.
  /// - Throws: `TaggingError.tooShort`.
  func callAsFunction(_ signal: [Float], _ run: Run) throws(TaggingError) -> SoundTags
}

/// What a tagger heard in a signal.
public struct SoundTags: Sendable {
  /// Each class's probability, `[K]`.
  public let probabilities: [Float]
  /// What the classes are told by: a description of the sound that others may use, `[D]`; the mean of the
  /// steps' where the network makes one a step.
  public let embedding: [Float]
  /// What is heard when, of taggers that tell.
  public let course: Course?

  /// Makes a tagger's answer.
  public init(probabilities: [Float], embedding: [Float], course: Course?) {
    self.probabilities = probabilities
    self.embedding = embedding
    self.course = course
  }

  /// Each class's probability over time.
  public struct Course: Sendable {
    /// Each class's probability in each step, `[S, K]`.
    public let probabilities: Tensor
    /// Frames of the network's input that a step stands for; the last step also stands for what is left.
    public let framesPerStep: Int
    /// Frames of the network's input.
    public let frameCount: Int
    /// Seconds from one frame to the next.
    public let secondsPerFrame: Double

    /// Makes a course.
    public init(
      probabilities: Tensor, framesPerStep: Int, frameCount: Int, secondsPerFrame: Double
    ) {
      self.probabilities = probabilities
      self.framesPerStep = framesPerStep
      self.frameCount = frameCount
      self.secondsPerFrame = secondsPerFrame
    }

    /// How many steps there are.
    public var stepCount: Int { probabilities.shape[0] }

    /// The step that a frame belongs to.
    public func step(ofFrame frame: Int) -> Int { min(frame / framesPerStep, stepCount - 1) }
  }
}
