// SPDX-License-Identifier: Apache-2.0
internal import SpectralTransforms
internal import Tensors

/// The sounds on their way through `BSSEval`, in windows.
struct BSSEvalPassage {
  let references: ChannelReader
  let estimates: ChannelReader
  let metric: BSSEval
  let transform: RealFourierTransform<Double>
  let parallel: Parallel

  private var ratios: [[SourceScores.Ratios]] = []
  private var ridges: [Double] = []

  init(
    references: ChannelReader, estimates: ChannelReader, metric: BSSEval,
    transform: RealFourierTransform<Double>, parallel: Parallel
  ) {
    self.references = references
    self.estimates = estimates
    self.metric = metric
    self.transform = transform
    self.parallel = parallel
    ratios = Array(repeating: [], count: sources)
    ridges = Array(repeating: 0, count: sources)
  }

  private var channelsPerSource: Int { references.channelsPerSource }
  private var sources: Int { references.count / channelsPerSource }

  /// What was found, one value a source.
  var scores: [SourceScores] {
    zip(ratios, ridges).map { ratios, ridge in
      SourceScores(
        frames: ratios, ridge: ridge, infinitiesCount: metric.silence == .ownSource)
    }
  }

  /// A part of a frame that is filtered at a time.
  private struct Piece {
    let frame: Int
    let span: Range<Int>
    let block: Range<Int>
  }

  /// What a piece, and then a frame, is found to hold.
  private struct Content {
    var energies: [FilteredReferences.Energies]
    var silentReferences: [Bool]
    var silentEstimates: [Bool]

    static func += (left: inout Content, right: Content) {
      for source in left.energies.indices {
        left.energies[source] += right.energies[source]
        left.silentReferences[source] =
          left.silentReferences[source] && right.silentReferences[source]
        left.silentEstimates[source] = left.silentEstimates[source] && right.silentEstimates[source]
      }
    }
  }

  /// Adds the ratios of the frames `spans`, with filters fitted to `whole`.
  mutating func score(_ spans: [Range<Int>], filtersOver whole: Range<Int>) throws {
    let filters = DistortionFilters(
      try LaggedCorrelations(
        references: references, estimates: estimates, in: whole, filterLength: metric.filterLength,
        transform: transform, parallel: parallel),
      channelsPerSource: channelsPerSource)
    ridges = zip(ridges, filters.ridges).map { max($0, $1) }
    let filtered = FilteredReferences(
      filters, channelsPerSource: channelsPerSource, filterLength: metric.filterLength,
      transform: transform)
    let nothing = Content(
      energies: Array(repeating: .init(), count: sources),
      silentReferences: Array(repeating: true, count: sources),
      silentEstimates: Array(repeating: true, count: sources))
    var content = nothing
    var current = 0
    let pieces = spans.enumerated().flatMap { frame, span in
      filtered.blocks(of: span).map { Piece(frame: frame, span: span, block: $0) }
    }
    for start in stride(from: 0, to: pieces.count, by: Self.piecesPerWindow) {
      let group = pieces[start..<min(start + Self.piecesPerWindow, pieces.count)]
      for (piece, found) in zip(group, try contents(of: Array(group), filtered)) {
        if piece.frame != current {
          add(content)
          (content, current) = (nothing, piece.frame)
        }
        content += found
      }
    }
    if !spans.isEmpty { add(content) }
  }

  /// A second of a song: enough for the threads, and little memory.
  private static let piecesPerWindow = 13

  private func contents(of pieces: [Piece], _ filtered: FilteredReferences) throws -> [Content] {
    let reach = metric.filterLength - 1
    let least = pieces.map { max($0.block.lowerBound - reach, $0.span.lowerBound) }.min() ?? 0
    let most = pieces.map { min($0.block.upperBound, $0.span.upperBound) }.max() ?? 0
    let range = least..<max(least, most)
    let references = try references.window(range)
    let estimates = try estimates.window(range)
    return parallel.map(pieces.count) { index in
      let (block, span) = (pieces[index].block, pieces[index].span)
      let part = block.clamped(to: span)
      let summed = metric.silence == .museval
      return Content(
        energies: filtered.energies(
          in: block, of: span, references: references, estimates: estimates),
        silentReferences: (0..<sources).map {
          references.isSilent(source: $0, in: part, summed: summed)
        },
        silentEstimates: (0..<sources).map {
          estimates.isSilent(source: $0, in: part, summed: summed)
        })
    }
  }

  private mutating func add(_ content: Content) {
    for (source, gap) in gaps(content.silentReferences, content.silentEstimates).enumerated() {
      ratios[source].append(
        gap.map { .init($0) } ?? .init(content.energies[source], form: metric.form))
    }
  }

  /// Why each source has no scores, or nil where it has.
  private func gaps(_ silentReferences: [Bool], _ silentEstimates: [Bool]) -> [Score.Gap?] {
    let gaps = (0..<sources).map { source -> Score.Gap? in
      if silentReferences[source] { return .silentReferenceSource(source) }
      return silentEstimates[source] ? .silentEstimateSource(source) : nil
    }
    guard metric.silence == .museval, let first = gaps.compactMap(\.self).first else { return gaps }
    return gaps.map { _ in first }
  }

  /// Reads everything once and throws `MetricError.silentSource` where a source is silent.
  func checkSilence(_ whole: Range<Int>) throws {
    let nothing = [Bool](repeating: true, count: sources)
    var (silentReferences, silentEstimates) = (nothing, nothing)
    for start in stride(from: whole.lowerBound, to: whole.upperBound, by: 1 << 16) {
      // Mostly a look at the beginning is enough.
      guard silentReferences.contains(true) || silentEstimates.contains(true) else { return }
      let range = start..<min(start + 1 << 16, whole.upperBound)
      func update(_ flags: inout [Bool], _ reader: ChannelReader) throws {
        let window = try reader.window(range)
        for source in flags.indices where flags[source] {
          flags[source] = window.isSilent(source: source, in: range, summed: true)
        }
      }
      try update(&silentReferences, references)
      try update(&silentEstimates, estimates)
    }
    if let gap = gaps(silentReferences, silentEstimates).first ?? nil {
      throw MetricError.silentSource(gap)
    }
  }
}
