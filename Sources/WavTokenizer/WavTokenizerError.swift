// SPDX-License-Identifier: Apache-2.0

/// Why a signal can't be encoded, or tokens can't be decoded.
public enum WavTokenizerError: Error, Sendable, Equatable {
  /// A sample is NaN or infinite; `sample` counts from the beginning of the signal.
  case notFinite(sample: Int)
  /// A token is no row of the codebook; `index` counts from the first token.
  case tokenOutOfRange(token: Int32, index: Int, codebookSize: Int)
  /// The decoder has no such bandwidth identifier.
  case unknownBandwidth(identifier: Int, known: Int)
  /// There are no tokens to decode.
  case noTokens
  /// There are no samples to encode.
  case noSamples
  /// The temporary file for long recordings failed.
  case temporaryFile(reason: String)
}

extension WavTokenizerError: CustomStringConvertible {
  /// One line: what was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .notFinite(let sample):
      return "sample \(sample) is not a finite number; repair or export the recording again"
    case .tokenOutOfRange(let token, let index, let size):
      return "token \(index) is \(token), but the codebook has 0 to \(size - 1); "
        + "decode with the model that the tokens were made with"
    case .unknownBandwidth(let identifier, let known):
      return "bandwidth identifier \(identifier); this model knows 0 to \(known - 1)"
    case .noTokens:
      return "no tokens, and nothing to decode; expected at least one"
    case .noSamples:
      return "no samples, and nothing to encode; expected at least one"
    case .temporaryFile(let reason):
      return "a temporary file failed: \(reason); set TMPDIR to a folder with more room"
    }
  }
}
