// SPDX-License-Identifier: Apache-2.0
public import Tensors

/// Recordings of what is wanted, on their way to a condition: what the query net makes of their pieces of
/// two seconds without silence, averaged over each recording's pieces, then over the recordings.
public struct QueryExamples {
  private let separator: UniversalSeparator
  private let frame: Int
  /// Samples that fill no frame yet, and loud ones that fill no piece yet.
  private var rest: [Float] = []
  private var piece: [Float] = []
  private var recording = Mean()
  private var all = Mean()

  /// Magnitudes up to which a tenth of a second is silence.
  private static let silence: Float = 0.02

  /// Examples for a separator.
  public init(_ separator: UniversalSeparator) {
    self.separator = separator
    frame = separator.network.configuration.sampleRate / 10
  }

  /// Takes a recording's next samples, mono at the separator's rate.
  public mutating func push(_ samples: [Float], _ run: Run) throws {
    rest += samples
    let whole = rest.count / frame * frame
    for start in stride(from: 0, to: whole, by: frame) {
      let part = rest[start..<start + frame]
      if part.contains(where: { abs($0) > Self.silence }) { piece += part }
    }
    rest.removeFirst(whole)
    while piece.count >= separator.segmentSamples {
      try add(Array(piece.prefix(separator.segmentSamples)), run)
      piece.removeFirst(separator.segmentSamples)
    }
  }

  /// Ends a recording; one that is silent doesn't count.
  public mutating func endRecording(_ run: Run) throws {
    if !piece.isEmpty {
      // A short piece is repeated until it is long enough.
      try add((0..<separator.segmentSamples).map { piece[$0 % piece.count] }, run)
    }
    if let mean = recording.value { all.add(mean) }
    (recording, piece, rest) = (Mean(), [], [])
  }

  /// The condition that all recordings make together.
  ///
  /// - Throws: `.silentExamples`.
  public func condition() throws(UniversalSeparationError) -> [Float] {
    guard let mean = all.value else { throw .silentExamples }
    return mean
  }

  private mutating func add(_ piece: [Float], _ run: Run) throws {
    guard let queryNet = separator.queryNet else { throw UniversalSeparationError.noTagger }
    recording.add(try separator.condition(queryNet(piece, run)))
  }

  private struct Mean {
    private var sums: [Double] = []
    private var count = 0

    mutating func add(_ vector: [Float]) {
      if count == 0 { sums = [Double](repeating: 0, count: vector.count) }
      for index in sums.indices { sums[index] += Double(vector[index]) }
      count += 1
    }

    var value: [Float]? { count == 0 ? nil : sums.map { Float($0 / Double(count)) } }
  }
}
