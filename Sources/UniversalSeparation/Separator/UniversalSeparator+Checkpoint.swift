// SPDX-License-Identifier: Apache-2.0
public import Checkpoints

extension UniversalSeparator {
  /// Loads a separator, with the tagger that is in its file, if there is one.
  ///
  /// - Parameters:
  ///   - checkpoint: A ResUNet30's.
  ///   - tagger: The file of a tagger that decides about activity, and makes conditions too where the
  ///     separator's file has none.
  ///   - configure: As `ResUNet30` has it.
  /// - Throws: `CheckpointError`.
  public init(
    _ checkpoint: Checkpoint, tagger: Checkpoint? = nil,
    configure: (inout ResUNet30Configuration) throws(CheckpointError) -> Void = { _ in }
  ) throws(CheckpointError) {
    self.init(
      network: try ResUNet30(checkpoint, configure: configure),
      queryNet: try Cnn14.recognises(checkpoint) ? try Cnn14(checkpoint) : nil,
      detector: try tagger.map { file throws(CheckpointError) in try Cnn14(file) })
  }
}
