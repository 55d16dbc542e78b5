// SPDX-License-Identifier: Apache-2.0
internal import SpectralTransforms
internal import Tensors

/// BSSEval, the ratios of the SiSEC and MUSDB18 literature (Vincent, Gribonval and Févotte,
/// "Performance measurement in blind audio source separation", 2006; version 4: Stöter, Liutkus and
/// Ito, "The 2018 Signal Separation Evaluation Campaign"), as museval computes them.
///
/// An estimate is taken apart into its reference, the reference's spatial and spectral distortion,
/// the interference of the other sources, and artifacts. What counts as distortion is what filters
/// can explain; the energies are compared frame by frame. The sources of a recording have to be
/// judged together: those left out count as artifacts.
///
/// Time grows with the signals' length, and with the third power of sources · channels ·
/// `filterLength`; memory with the second (67 MB for four stereo sources), not with the length.
/// OpenBLAS is set to one thread for the whole process at the first call.
public struct BSSEval: Sendable, Hashable {
  /// What the filters are fitted to.
  public enum Version: String, Sendable, Hashable, Codable {
    /// The whole signals: version 4.
    case v4
    /// Each frame alone: version 3.
    case v3
  }

  /// What a perfect estimate is.
  public enum Form: String, Sendable, Hashable, Codable {
    /// The reference itself: the "images" of the sources at the microphones.
    case images
    /// Any filtered reference: "sources", the SDR of the speech literature. It has no ISR.
    case sources
  }

  /// What silence does.
  public enum SilenceRule: Sendable, Hashable {
    /// As in museval: a source whose channels' sum is zero throughout a frame takes away that frame's
    /// scores of all sources, and one that is so throughout the signal is an error. Infinite scores
    /// do not count in medians.
    case museval
    /// A source all of whose channels are zero throughout a frame loses its own scores there, and
    /// infinite scores count in medians.
    case ownSource
  }

  /// What the filters are fitted to.
  public let version: Version
  /// What a perfect estimate is.
  public let form: Form
  /// The length of a frame in seconds; infinite for one frame of everything.
  public let windowSeconds: Double
  /// From the beginning of one frame to that of the next, in seconds.
  public let hopSeconds: Double
  /// How many taps a filter has.
  public let filterLength: Int
  /// What silence does.
  public let silence: SilenceRule

  /// The metric with museval's parameters, or others.
  ///
  /// - Parameters:
  ///   - version: what the filters are fitted to.
  ///   - form: what a perfect estimate is.
  ///   - windowSeconds: the length of a frame, above 0; infinite for one frame of everything.
  ///   - hopSeconds: from one frame to the next, above 0.
  ///   - filterLength: how many taps a filter has, at least 1.
  ///   - silence: what silence does.
  public init(
    version: Version = .v4, form: Form = .images, windowSeconds: Double = 1, hopSeconds: Double = 1,
    filterLength: Int = 512, silence: SilenceRule = .museval
  ) {
    precondition(windowSeconds > 0, "a window of \(windowSeconds) s")
    precondition(hopSeconds > 0, "a hop of \(hopSeconds) s")
    precondition((1...65_536).contains(filterLength), "filters of \(filterLength) taps")
    self.version = version
    self.form = form
    self.windowSeconds = windowSeconds
    self.hopSeconds = hopSeconds
    self.filterLength = filterLength
    self.silence = silence
  }

  /// The formulas with their constants.
  public var definition: String {
    let silence =
      switch self.silence {
      case .museval: "nan for all sources where the channels' sum of any is zero throughout a frame"
      case .ownSource: "nan for a source that is zero throughout a frame"
      }
    let ratios =
      switch form {
      case .images: "SDR = |s|^2/|e-s|^2, ISR = |s|^2/|p-s|^2"
      case .sources: "SDR = |p|^2/|e-p|^2"
      }
    let fit = version == .v4 ? "the whole signals" : "each frame"
    return "BSSEval \(version.rawValue) \(form.rawValue): per frame of \(windowSeconds) s every "
      + "\(hopSeconds) s, last partial frame left out, \(ratios), SIR = |p|^2/|q-p|^2, "
      + "SAR = |q|^2/|e-q|^2 in dB, p and q = own and all references through causal least-squares "
      + "filters of \(filterLength) taps found over \(fit), applied to the frame alone, "
      + "tails kept, all channels together, float64; shorter estimates padded with zeros, longer "
      + "cut; \(silence)"
  }

  /// The scores of `estimates`, each against the reference at the same place.
  ///
  /// Estimates shorter than the references are continued with zeros, longer ones are cut. The
  /// sounds are read twice, forward.
  ///
  /// - Parameters:
  ///   - references: the sources as they should be, all of one length.
  ///   - estimates: as many estimates.
  ///   - threads: how many threads work; the scores do not depend on it.
  /// - Returns: one value a source, in the order given.
  /// - Throws: `MetricError` where the sounds do not fit each other, hold samples that are not
  ///   finite, or a source is silent and `silence` does not allow that; and what reading throws.
  public func scores(
    references: [any SignalSource], estimates: [any SignalSource], threads: Int = 1
  ) throws -> [SourceScores] {
    try check(references, estimates)
    let frames = references[0].frames
    // Blocks of a few filter lengths: what is added up for all pairs of channels stays in the cache.
    var length = 8
    while length < 8 * filterLength { length *= 2 }
    var passage = BSSEvalPassage(
      references: ChannelReader(references, frames: frames),
      estimates: ChannelReader(estimates, frames: frames), metric: self,
      transform: RealFourierTransform(length: length), parallel: Parallel(threads: threads))
    let spans = spans(frames: frames, sampleRate: references[0].sampleRate)
    if silence == .museval { try passage.checkSilence(0..<frames) }
    switch version {
    case .v4: try passage.score(spans, filtersOver: 0..<frames)
    case .v3: for span in spans { try passage.score([span], filtersOver: span) }
    }
    return passage.scores
  }

  /// The frames, in samples a channel.
  private func spans(frames: Int, sampleRate: Int) -> [Range<Int>] {
    func count(_ seconds: Double) -> Int {
      max(1, Int(min(seconds * Double(sampleRate), Double(Int32.max))))
    }
    let (window, hop) = (count(windowSeconds), count(hopSeconds))
    guard window < frames else { return frames > 0 ? [0..<frames] : [] }
    return stride(from: 0, through: frames - window, by: hop).map { $0..<($0 + window) }
  }

  private func check(
    _ references: [any SignalSource], _ estimates: [any SignalSource]
  ) throws(MetricError) {
    guard references.count == estimates.count, let first = references.first else {
      throw .sourceCountsDiffer(references: references.count, estimates: estimates.count)
    }
    for reference in references { try first.checkShape(of: reference) }
    for estimate in estimates { try first.checkFormat(of: estimate) }
  }
}
