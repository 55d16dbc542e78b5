// SPDX-License-Identifier: Apache-2.0

/// A sound to be judged, or to be judged against.
public struct InterleavedSignal: Sendable {
  /// The samples, `[frames, channels]`.
  public let samples: [Float]
  /// How many channels there are, at least 1.
  public let channels: Int
  /// Frames a second.
  public let sampleRate: Int

  /// A sound of `samples`, `[frames, channels]`.
  public init(_ samples: [Float], channels: Int = 1, sampleRate: Int) {
    precondition(channels > 0, "\(channels) channels")
    precondition(sampleRate > 0, "a sample rate of \(sampleRate) Hz")
    precondition(
      samples.count % channels == 0, "\(samples.count) samples are not frames of \(channels)")
    self.samples = samples
    self.channels = channels
    self.sampleRate = sampleRate
  }

  /// How many frames there are.
  public var frames: Int { samples.count / channels }

  /// One channel's samples in double precision.
  func channel(_ index: Int) -> [Double] {
    stride(from: index, to: samples.count, by: channels).map { Double(samples[$0]) }
  }
}

/// Why two sounds cannot be compared.
public enum MetricError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The sounds have different sample rates, in hertz.
  case sampleRatesDiffer(reference: Int, estimate: Int)
  /// The sounds have different numbers of channels.
  case channelsDiffer(reference: Int, estimate: Int)
  /// The sounds have different lengths.
  case lengthsDiffer(referenceFrames: Int, estimateFrames: Int)
  /// An improvement was asked for without the mixture that it is over.
  case mixtureMissing(MetricName)
  /// There are not as many estimates as references, or no references.
  case sourceCountsDiffer(references: Int, estimates: Int)
  /// A source (counted from 0) holds a sample that is NaN or infinite.
  case sourceNotFinite(Int)
  /// A source is silent from beginning to end.
  case silentSource(Score.Gap)

  /// One line: what was found, what was expected.
  public var description: String {
    switch self {
    case .sampleRatesDiffer(let reference, let estimate):
      "the reference has \(reference) Hz and the estimate \(estimate) Hz; resample one of them"
    case .channelsDiffer(let reference, let estimate):
      "the reference has \(reference) channels and the estimate \(estimate); they must be equal"
    case .lengthsDiffer(let reference, let estimate):
      "the reference has \(reference) frames and the estimate \(estimate); cut or pad one of them"
    case .mixtureMissing(let metric):
      "\(metric.rawValue) is an improvement over the mixture; give the mixture too"
    case .sourceCountsDiffer(let references, let estimates):
      "there are \(references) references and \(estimates) estimates; "
        + "give one estimate for each reference"
    case .sourceNotFinite(let source):
      "source \(source + 1) holds NaN or infinity; it cannot be compared"
    case .silentSource(let gap):
      "\(gap) from beginning to end; leave that source out"
    }
  }
}
