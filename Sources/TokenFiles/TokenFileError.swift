// SPDX-License-Identifier: Apache-2.0
internal import Files

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Why tokens can't be read or written.
public enum TokenFileError: Error, Sendable, Equatable {
  /// There is nothing at that path.
  case missing(path: String)
  /// The file is there, but can't be read.
  case unreadable(path: String, reason: String)
  /// The content is of no known kind.
  case unknownFormat(path: String, detail: String)
  /// The content contradicts its own format's rules; a file that was cut, too.
  case malformed(path: String, detail: String)
  /// The content was changed since it was written.
  case wrongChecksum(path: String, id: String)
  /// A token is no code of its codec.
  case outOfRange(path: String, id: String, index: Int, token: Int, codebookSize: Int)
  /// The format can't hold that record.
  case unsupported(path: String, detail: String)
  /// The output's name is taken and must not be replaced.
  case exists(path: String)
  /// The output can't be created or written to its end.
  case cannotWrite(path: String, reason: String)
  /// Whoever read the output has gone.
  case closedPipe(path: String)
}

extension TokenFileError: CustomStringConvertible {
  /// One line: what is wrong, where, and what to do.
  public var description: String {
    switch self {
    case .missing(let path):
      "\(path): no such file"
    case .unreadable(let path, let reason):
      "\(path): cannot be read: \(reason)"
    case .unknownFormat(let path, let detail):
      "\(path): is no token file that is known here: \(detail)"
    case .malformed(let path, let detail):
      "\(path): is damaged: \(detail)"
    case .wrongChecksum(let path, let id):
      "\(path): is damaged: the checksum of '\(id)' does not match its content"
    case .outOfRange(let path, let id, let index, let token, let codebookSize):
      "\(path): token \(index) of '\(id)' is \(token), expected 0 to \(codebookSize - 1)"
    case .unsupported(let path, let detail):
      "\(path): \(detail)"
    case .exists(let path):
      "\(path): exists already and is not replaced unless asked for"
    case .cannotWrite(let path, let reason):
      "\(path): cannot be written: \(reason)"
    case .closedPipe(let path):
      "\(path): the reader has closed the pipe"
    }
  }

  /// What a failed call means while `path` is written.
  init(writing path: String, _ failure: SystemFailure) {
    switch failure.code {
    case EPIPE: self = .closedPipe(path: path)
    case EEXIST: self = .exists(path: path)
    default: self = .cannotWrite(path: path, reason: failure.reason)
    }
  }

  /// What a failed call means while `path` is read.
  init(reading path: String, _ failure: SystemFailure) {
    switch failure.code {
    case ENOENT, ENOTDIR: self = .missing(path: path)
    default: self = .unreadable(path: path, reason: failure.reason)
    }
  }
}
