// SPDX-License-Identifier: Apache-2.0

/// Why a recording can't be tagged.
public enum TaggingError: Error, Sendable, Equatable {
  /// The network needs more samples than there are.
  case tooShort(samples: Int, needed: Int)
  /// The network takes no more samples than that at a time.
  case tooLong(samples: Int, most: Int)
  /// A sample is NaN or infinite; `sample` counts from the beginning of the recording.
  case notFinite(sample: Int)
}

extension TaggingError: CustomStringConvertible {
  /// One line: what was found, what was expected.
  public var description: String {
    switch self {
    case .tooShort(let samples, let needed):
      "\(samples) samples are too few to be tagged; the network needs \(needed)"
    case .tooLong(let samples, let most):
      "\(samples) samples are too many to be tagged at a time; cut them into pieces of at most \(most)"
    case .notFinite(let sample):
      "sample \(sample) is not a finite number; repair or export the recording again"
    }
  }
}
