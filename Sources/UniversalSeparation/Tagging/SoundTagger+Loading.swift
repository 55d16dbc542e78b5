// SPDX-License-Identifier: Apache-2.0
public import Checkpoints

/// Loads the tagger in a checkpoint, whichever family it is of: PANNs' Cnn14, HTS-AT, or those in a training
/// checkpoint of Universal Source Separation.
///
/// - Parameter events: Whether a Cnn14 shall tell moments: its parameters are those of a DecisionLevelMax, or
///   it is the event detector of Universal Source Separation. HTS-AT always does.
/// - Throws: `CheckpointError`; `.unsupported` where there is no tagger.
public func loadTagger(
  _ checkpoint: Checkpoint, events: Bool = false
) throws(CheckpointError) -> any SoundTagger {
  if try HTSAT.recognises(checkpoint) { return try HTSAT(checkpoint) }
  if events, try Cnn14.recognises(checkpoint, role: .eventDetector) {
    return try Cnn14(checkpoint, role: .eventDetector)
  }
  guard try Cnn14.recognises(checkpoint) else {
    throw .unsupported(path: checkpoint.path, detail: "neither a Cnn14 nor an HTS-AT")
  }
  return try Cnn14(checkpoint, pooling: events ? .decisionLevelMax : .clip)
}

/// Whether a checkpoint is a tagger's, and not that of a separator that brings taggers along.
public func isTagger(_ checkpoint: Checkpoint) throws(CheckpointError) -> Bool {
  if try ResUNet30.recognises(checkpoint) { return false }
  if try Cnn14.recognises(checkpoint) { return true }
  return try HTSAT.recognises(checkpoint)
}
