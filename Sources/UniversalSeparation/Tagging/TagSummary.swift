// SPDX-License-Identifier: Apache-2.0

/// The classes heard in a recording, and when: what moments come to.
public struct TagSummary: Sendable {
  /// A time through which a class is heard.
  public struct Span: Sendable, Hashable {
    /// Where it begins, in seconds.
    public let start: Double
    /// Where it ends, in seconds.
    public fileprivate(set) var end: Double
    /// The largest probability.
    public fileprivate(set) var probability: Float
  }

  /// A class that is heard.
  public struct Heard: Sendable {
    /// Its number.
    public let classIndex: Int
    /// The largest probability.
    public let probability: Float
    /// The mean probability over the whole recording.
    public let mean: Float
    /// When it is heard: neighbouring moments of at least the threshold are one span.
    public let spans: [Span]
  }

  /// The probability from which on a class is heard.
  public let threshold: Float
  private var largest: [Float]
  private var sums: [Double]
  private var spans: [[Span]]
  private var seconds = 0.0

  /// Nothing heard yet, of so many classes.
  public init(classCount: Int, threshold: Float) {
    self.threshold = threshold
    largest = [Float](repeating: 0, count: classCount)
    sums = [Double](repeating: 0, count: classCount)
    spans = [[Span]](repeating: [], count: classCount)
  }

  /// Takes the next moment.
  public mutating func add(_ moment: TaggingStream.Moment) {
    let duration = moment.end - moment.start
    seconds += duration
    for (index, probability) in moment.probabilities.enumerated() {
      largest[index] = max(largest[index], probability)
      sums[index] += Double(probability) * duration
      guard probability >= threshold else { continue }
      if let last = spans[index].last, last.end >= moment.start {
        spans[index][spans[index].count - 1].end = moment.end
        spans[index][spans[index].count - 1].probability = max(last.probability, probability)
      } else {
        spans[index].append(
          Span(start: moment.start, end: moment.end, probability: probability))
      }
    }
  }

  /// The classes that are heard, the most probable first, and no more than so many.
  public func heard(most: Int = .max) -> [Heard] {
    largest.indices.filter { largest[$0] >= threshold }
      .sorted { (-largest[$0], $0) < (-largest[$1], $1) }
      .prefix(most)
      .map { index in
        Heard(
          classIndex: index, probability: largest[index],
          mean: Float(sums[index] / max(seconds, 1e-9)), spans: spans[index])
      }
  }
}
