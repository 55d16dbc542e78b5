// SPDX-License-Identifier: Apache-2.0
package import Checkpoints

extension CheckpointError: FailureConvertible {
  package var exitStatus: ExitStatus {
    switch self {
    case .missingFile, .cannotOpen: .missingInput
    case .malformed, .unsupported, .forbidden, .missing, .wrongShape, .unused, .notFinite: .badData
    case .cannotWrite: .inputOutput
    }
  }
}
