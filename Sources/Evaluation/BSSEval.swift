// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import SpectralTransforms

/// BSSEval v4, the ratios of the SiSEC and MUSDB18 literature (Stöter, Liutkus and Ito, "The 2018
/// Signal Separation Evaluation Campaign"), as museval computes them for images of sources.
///
/// An estimate is taken apart into its reference, the reference's spatial and spectral distortion,
/// the interference of the other sources, and artifacts. What counts as distortion is what filters
/// can explain; the filters are found once, over the whole signals, and the energies are compared
/// frame by frame. The sources of a recording have to be judged together: those left out count as
/// artifacts.
///
/// Time grows with the signals' length, and with the third power of sources · channels ·
/// `filterLength`; memory beyond the signals with the second (135 MB for four stereo sources).
/// OpenBLAS is set to one thread for the whole process at the first call.
public struct BSSEval: Sendable, Hashable {
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
  ///   - windowSeconds: the length of a frame, above 0; infinite for one frame of everything.
  ///   - hopSeconds: from one frame to the next, above 0.
  ///   - filterLength: how many taps a filter has, at least 1.
  ///   - silence: what silence does.
  public init(
    windowSeconds: Double = 1, hopSeconds: Double = 1, filterLength: Int = 512,
    silence: SilenceRule = .museval
  ) {
    precondition(windowSeconds > 0, "a window of \(windowSeconds) s")
    precondition(hopSeconds > 0, "a hop of \(hopSeconds) s")
    precondition((1...65_536).contains(filterLength), "filters of \(filterLength) taps")
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
    return "BSSEval v4 images: per frame of \(windowSeconds) s every \(hopSeconds) s, last partial "
      + "frame left out, SDR = |s|^2/|e-s|^2, ISR = |s|^2/|p-s|^2, SIR = |p|^2/|q-p|^2, "
      + "SAR = |q|^2/|e-q|^2 in dB, p and q = own and all references through causal least-squares "
      + "filters of \(filterLength) taps found over the whole signals, applied to the frame alone, "
      + "tails kept, all channels together, float64; shorter estimates padded with zeros, longer "
      + "cut; \(silence)"
  }

  /// The scores of `estimates`, each against the reference at the same place.
  ///
  /// Estimates shorter than the references are continued with zeros, longer ones are cut.
  ///
  /// - Returns: one value a source, in the order given.
  /// - Throws: `MetricError` where the sounds do not fit each other, hold samples that are not
  ///   finite, or a source is silent and `silence` does not allow that.
  public func scores(
    references: [InterleavedSignal], estimates: [InterleavedSignal]
  ) throws(MetricError) -> [SourceScores] {
    try check(references, estimates)
    let frames = references[0].frames
    let references = ChannelBank(sources: references, frames: frames)
    let estimates = ChannelBank(sources: estimates, frames: frames)
    let everything = 0..<frames
    if silence == .museval, let gap = gaps(references, estimates, in: everything).first ?? nil {
      throw .silentSource(gap)
    }
    // Blocks of a few filter lengths: what is added up for all pairs of channels stays in the cache.
    var length = 8
    while length < 8 * filterLength { length *= 2 }
    let transform = RealFourierTransform<Double>(length: length)
    let filters = DistortionFilters(
      LaggedCorrelations(
        references: references, estimates: estimates, filterLength: filterLength,
        transform: transform),
      channelsPerSource: references.channelsPerSource)
    let filtered = FilteredReferences(
      references, estimates: estimates, filters: filters, filterLength: filterLength,
      transform: transform)

    var ratios = [[SourceScores.Ratios]](repeating: [], count: references.sources.count)
    for span in spans(frames: frames, sampleRate: references.sources[0].sampleRate) {
      let gaps = gaps(references, estimates, in: span)
      let energies = gaps.contains(nil) ? filtered.energies(in: span) : []
      for (source, gap) in gaps.enumerated() {
        ratios[source].append(gap.map { .init($0) } ?? .init(energies[source]))
      }
    }
    return ratios.enumerated().map { source, ratios in
      SourceScores(
        frames: ratios, ridge: filters.ridges[source], infinitiesCount: silence == .ownSource)
    }
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

  /// Why each source has no scores in `span`, or nil where it has.
  private func gaps(
    _ references: ChannelBank, _ estimates: ChannelBank, in span: Range<Int>
  ) -> [Score.Gap?] {
    let summed = silence == .museval
    let gaps = references.sources.indices.map { source -> Score.Gap? in
      if references.isSilent(source: source, in: span, summed: summed) {
        return .silentReferenceSource(source)
      }
      let silent = estimates.isSilent(source: source, in: span, summed: summed)
      return silent ? .silentEstimateSource(source) : nil
    }
    guard silence == .museval, let first = gaps.compactMap(\.self).first else { return gaps }
    return gaps.map { _ in first }
  }

  private func check(
    _ references: [InterleavedSignal], _ estimates: [InterleavedSignal]
  ) throws(MetricError) {
    guard references.count == estimates.count, let first = references.first else {
      throw .sourceCountsDiffer(references: references.count, estimates: estimates.count)
    }
    for reference in references { try first.checkShape(of: reference) }
    for estimate in estimates { try first.checkFormat(of: estimate) }
    for (source, sounds) in zip(references, estimates).enumerated()
    where !(sounds.0.isFinite && sounds.1.isFinite) {
      throw .sourceNotFinite(source)
    }
  }
}

/// What `BSSEval` finds out about one source.
public struct SourceScores: Sendable, Hashable {
  /// Four ratios in decibels.
  public struct Ratios: Sendable, Hashable {
    /// The signal-to-distortion ratio: reference to everything else.
    public let sdr: Score
    /// The image-to-spatial-distortion ratio: reference to what a filter would make of it.
    public let isr: Score
    /// The signal-to-interference ratio: the filtered reference to the other sources.
    public let sir: Score
    /// The signal-to-artifacts ratio: what filtered references explain to what they do not.
    public let sar: Score
  }

  /// The ratios of each frame.
  public let frames: [Ratios]
  /// The medians over the frames that have scores.
  public let medians: Ratios
  /// What was added to the diagonal of the least-squares system, relative to it.
  ///
  /// It is 0 unless the references are copies of each other, such as the two channels of one
  /// in mono (then the scores are sound), or lack part of the spectrum altogether (then ISR and SIR
  /// say little, whoever computes them).
  public let ridge: Double
}

extension SourceScores {
  init(frames: [Ratios], ridge: Double, infinitiesCount: Bool) {
    func median(_ score: KeyPath<Ratios, Score>) -> Score {
      let scores = frames.map { $0[keyPath: score] }
      let values = scores.filter { $0.gap == nil }.map(\.value)
        .filter { infinitiesCount || $0.isFinite }.sorted()
      guard let middle = values.dropFirst(values.count / 2).first else {
        return scores.first { $0.gap != nil || $0.value.isInfinite }
          ?? Score(.tooShort(frames: 0, needed: 1))
      }
      guard values.count.isMultiple(of: 2) else { return Score(middle) }
      let below = values[values.count / 2 - 1]
      return Score(below == middle ? middle : (below + middle) / 2)
    }
    self.init(
      frames: frames,
      medians: Ratios(
        sdr: median(\.sdr), isr: median(\.isr), sir: median(\.sir), sar: median(\.sar)),
      ridge: ridge)
  }
}

extension SourceScores.Ratios {
  init(_ gap: Score.Gap) {
    self.init(sdr: Score(gap), isr: Score(gap), sir: Score(gap), sar: Score(gap))
  }

  init(_ energies: FilteredReferences.Energies) {
    func decibels(_ wanted: Double, _ unwanted: Double) -> Score {
      Score(unwanted == 0 ? .infinity : 10 * log10(wanted / unwanted))
    }
    self.init(
      sdr: decibels(energies.target, energies.error),
      isr: decibels(energies.target, energies.spatialError),
      sir: decibels(energies.projection, energies.interference),
      sar: decibels(energies.jointProjection, energies.artifacts))
  }
}
