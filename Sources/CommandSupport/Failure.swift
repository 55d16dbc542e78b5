// SPDX-License-Identifier: Apache-2.0

/// Why a program ends, or an input of a batch fails: an exit status, and one line for the user.
package struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
  /// The exit code that tells scripts what kind of failure this is.
  package let status: ExitStatus
  /// What is wrong, in which file, what to do: one line, without the program's name.
  package let message: String

  package init(_ status: ExitStatus, _ message: String) {
    self.status = status
    self.message = message
  }

  /// The failure that `error` means to the user.
  ///
  /// Rooms say through ``FailureConvertible`` what their errors mean; an error that nobody
  /// translated is the program's own fault.
  package init(describing error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as any FailureConvertible:
      self.init(error.exitStatus, Printable.oneLine("\(error)"))
    case is CancellationError: self = Interruption.failure
    default: self.init(.internalFault, Printable.oneLine("unexpected error: \(error)"))
    }
  }

  package var description: String { message }
}

/// An error whose description is fit for the user and whose exit status is known.
///
/// CommandSupport conforms the errors of the rooms it imports; a program conforms those of the
/// rooms that only it imports.
package protocol FailureConvertible: Error, CustomStringConvertible {
  /// The exit code that this error ends a program with.
  var exitStatus: ExitStatus { get }
}
