// SPDX-License-Identifier: Apache-2.0
internal import Foundation

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
      Score(
        medianOf: frames.map { $0[keyPath: score] }, infinitiesCount: infinitiesCount)
    }
    self.init(
      frames: frames,
      medians: Ratios(
        sdr: median(\.sdr), isr: median(\.isr), sir: median(\.sir), sar: median(\.sar)),
      ridge: ridge)
  }
}

extension Score {
  /// The median of those of `scores` that are numbers, or why there is none.
  init(medianOf scores: [Score], infinitiesCount: Bool) {
    let values = scores.filter { $0.gap == nil && (infinitiesCount || $0.value.isFinite) }
      .map(\.value)
    if let median = values.median {
      self.init(median)
    } else {
      self =
        scores.first { $0.gap != nil || $0.value.isInfinite }
        ?? Score(.tooShort(frames: 0, needed: 1))
    }
  }
}

extension [Double] {
  /// The value in the middle, or the mean of the two there; nil where there are none.
  var median: Double? {
    let values = sorted()
    guard let middle = values.dropFirst(values.count / 2).first else { return nil }
    guard values.count.isMultiple(of: 2) else { return middle }
    let below = values[values.count / 2 - 1]
    return below == middle ? middle : (below + middle) / 2
  }
}

extension SourceScores.Ratios {
  init(_ gap: Score.Gap) {
    self.init(sdr: Score(gap), isr: Score(gap), sir: Score(gap), sar: Score(gap))
  }

  init(_ energies: FilteredReferences.Energies, form: BSSEval.Form) {
    func decibels(_ wanted: Double, _ unwanted: Double) -> Score {
      Score(unwanted == 0 ? .infinity : 10 * log10(wanted / unwanted))
    }
    let (sir, sar) = (
      decibels(energies.projection, energies.interference),
      decibels(energies.jointProjection, energies.artifacts)
    )
    switch form {
    case .images:
      self.init(
        sdr: decibels(energies.target, energies.error),
        isr: decibels(energies.target, energies.spatialError), sir: sir, sar: sar)
    case .sources:
      self.init(
        sdr: decibels(energies.projection, energies.projectionError),
        isr: Score(.notInThisForm), sir: sir, sar: sar)
    }
  }
}
