// SPDX-License-Identifier: Apache-2.0

/// Why audio can't be read or written.
public enum SoundFileError: Error, Sendable, Equatable {
  /// There is nothing at that path.
  case missing(path: String)
  /// A folder was given where a file is needed.
  case isFolder(path: String)
  /// The file is there, but the system doesn't let it be read.
  case unreadable(path: String, reason: String)
  /// The file has no bytes.
  case empty(path: String)
  /// The content is of no known audio container.
  case notAudio(path: String)
  /// The content is audio of a kind, channel count or rate that is not accepted.
  case unsupported(path: String, detail: String)
  /// A kind of file that another program decodes, which isn't installed.
  case programMissing(path: String, program: String)
  /// The content contradicts its own container's rules.
  case malformed(path: String, detail: String)
  /// A sample is NaN or infinite. Frames count from 0, from the file's beginning.
  case notFinite(path: String, frame: Int, channel: Int)
  /// The output's name is taken and must not be replaced.
  case exists(path: String)
  /// The output can't be created or written to its end.
  case cannotWrite(path: String, reason: String)
  /// Whoever read the output has gone.
  case closedPipe(path: String)
  /// The container can't hold what it is asked to hold.
  case unsupportedEncoding(detail: String)
}

extension SoundFileError: CustomStringConvertible {
  /// One line: what is wrong, where, and what to do.
  public var description: String {
    switch self {
    case .missing(let path):
      "\(path): no such file"
    case .isFolder(let path):
      "\(path): is a folder, expected an audio file"
    case .unreadable(let path, let reason):
      "\(path): cannot be read: \(reason)"
    case .empty(let path):
      "\(path): is empty, expected an audio file"
    case .notAudio(let path):
      "\(path): is not an audio file that is known here (WAV, AIFF, CAF, AU, FLAC, Ogg, MP3)"
    case .unsupported(let path, let detail):
      "\(path): \(detail)"
    case .programMissing(let path, let program):
      "\(path): is decoded by the program \(program), which is not installed: install it, or convert "
        + "the file to WAV or FLAC"
    case .malformed(let path, let detail):
      "\(path): is damaged: \(detail)"
    case .notFinite(let path, let frame, let channel):
      "\(path): the sample in frame \(frame), channel \(channel) is not a finite number"
    case .exists(let path):
      "\(path): exists already and is not replaced unless asked for"
    case .cannotWrite(let path, let reason):
      "\(path): cannot be written: \(reason)"
    case .closedPipe(let path):
      "\(path): the reader has closed the pipe"
    case .unsupportedEncoding(let detail):
      detail
    }
  }
}
