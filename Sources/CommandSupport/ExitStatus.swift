// SPDX-License-Identifier: Apache-2.0

/// What a program's exit code means: the numbers of `sysexits.h` where they fit.
///
/// This table is the contract with scripts; the manual quotes it.
package enum ExitStatus: Int32, Sendable, CaseIterable {
  /// Everything that was asked for was written.
  case success = 0
  /// A batch ran to its end, but at least one of its inputs failed.
  case partialFailure = 1
  /// The arguments make no sense.
  case usage = 64
  /// An input was read and is malformed, or does not fit the others.
  case badData = 65
  /// An input does not exist or may not be read.
  case missingInput = 66
  /// A resource is not available: a model that is not on this machine, the network.
  case unavailable = 69
  /// The program itself is at fault.
  case internalFault = 70
  /// An output cannot be created, or is already there.
  case cannotCreate = 73
  /// Writing (or reading on) failed after it had begun: a full disk, a closed pipe.
  case inputOutput = 74
  /// The user interrupted the program (SIGINT).
  case interrupted = 130
  /// The program was asked to end (SIGTERM).
  case terminated = 143
}
