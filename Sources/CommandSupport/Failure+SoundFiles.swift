// SPDX-License-Identifier: Apache-2.0
package import SoundFiles

extension SoundFileError: FailureConvertible {
  package var exitStatus: ExitStatus {
    switch self {
    case .missing, .isFolder, .unreadable: .missingInput
    case .empty, .notAudio, .unsupported, .malformed, .notFinite: .badData
    case .programMissing: .unavailable
    case .exists: .cannotCreate
    case .cannotWrite, .closedPipe: .inputOutput
    case .unsupportedEncoding: .usage
    }
  }
}

extension PathBytes {
  /// The path for the room that reads and writes sound.
  package var soundFile: SoundFilePath { SoundFilePath(bytes: bytes) }
}
