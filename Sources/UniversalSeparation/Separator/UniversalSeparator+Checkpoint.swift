// SPDX-License-Identifier: Apache-2.0
public import Checkpoints

extension UniversalSeparator {
  /// Loads a separator, with the tagger that is in its file, if there is one.
  ///
  /// - Parameters:
  ///   - checkpoint: A ResUNet30's.
  ///   - tagger: The file of a tagger that decides about activity, and makes conditions too where the
  ///     separator's file has none.
  ///   - listens: Whether a tagger will be needed; it is three times as large as the separator.
  ///   - configure: As `ResUNet30` has it.
  /// - Throws: `CheckpointError`.
  public init(
    _ checkpoint: Checkpoint, tagger: Checkpoint? = nil, listens: Bool = true,
    configure: (inout ResUNet30Configuration) throws(CheckpointError) -> Void = { _ in }
  ) throws(CheckpointError) {
    var queryNet: Cnn14?
    if listens, try Cnn14.recognises(checkpoint) { queryNet = try Cnn14(checkpoint) }
    self.init(
      network: try ResUNet30(checkpoint, configure: configure), queryNet: queryNet,
      detector: try tagger.map { file throws(CheckpointError) in try loadTagger(file) })
  }
}
