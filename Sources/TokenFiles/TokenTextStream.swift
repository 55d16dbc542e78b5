// SPDX-License-Identifier: Apache-2.0
internal import Files

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Text on standard output, code by code, for whoever listens while sound is coming in.
public final class TokenTextStream {
  private let vocabulary: TokenVocabulary
  private let descriptor = Descriptor(borrowing: STDOUT_FILENO)
  private var isAtStart = true

  /// Writes codes as `vocabulary` says.
  public init(vocabulary: TokenVocabulary) { self.vocabulary = vocabulary }

  /// Writes the next codes of a recording at once.
  ///
  /// - Throws: `.cannotWrite` or `.closedPipe`.
  public func write(_ tokens: [Int32]) throws(TokenFileError) {
    var bytes: [UInt8] = []
    for token in tokens {
      bytes += TextFormat.bytes(of: token, isFirst: isAtStart, vocabulary: vocabulary)
      isAtStart = false
    }
    try put(bytes)
  }

  /// Ends the recording's line.
  ///
  /// - Throws: `.cannotWrite` or `.closedPipe`.
  public func endLine() throws(TokenFileError) {
    isAtStart = true
    try put([0x0A])
  }

  private func put(_ bytes: [UInt8]) throws(TokenFileError) {
    do {
      try descriptor.write(bytes)
    } catch { throw TokenFileError(writing: "-", error) }
  }
}
