// SPDX-License-Identifier: Apache-2.0
package import ModelLibrary

extension ModelLibraryError: FailureConvertible {
  package var exitStatus: ExitStatus {
    switch self {
    case .unknown, .notInstalled, .notFetched: .unavailable
    case .malformedBag, .duplicateSignature, .damaged: .badData
    case .missingMember: .missingInput
    case .unreachable, .refused, .webPage, .wrongSize, .wrongDigest: .unavailable
    case .cannotWrite: .inputOutput
    }
  }
}
