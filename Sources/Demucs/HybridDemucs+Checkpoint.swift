// SPDX-License-Identifier: Apache-2.0
public import Checkpoints

extension HybridDemucs {
  /// Whether a checkpoint holds a hybrid Demucs without a transformer: a package of the training program,
  /// or parameters alone, of it or of torchaudio.
  public static func recognises(_ checkpoint: Checkpoint) throws(CheckpointError) -> Bool {
    if let name = try ConstructedModel(checkpoint)?.className {
      return name == "demucs.hdemucs.HDemucs"
    }
    guard let package = try HybridPackage(checkpoint) else { return false }
    return !package.hasTransformer
  }

  /// Loads a network from a checkpoint in one of the public layouts.
  ///
  /// - Throws: `CheckpointError`; `.unsupported` for what no public network has.
  public init(_ checkpoint: Checkpoint) throws(CheckpointError) {
    guard let package = try HybridPackage(checkpoint), !package.hasTransformer else {
      throw .unsupported(path: checkpoint.path, detail: "no hybrid Demucs without a transformer")
    }
    configuration = try package.configuration()
    network = try HybridUNet(
      package.weights, configuration, package.names, path: checkpoint.path)
    try package.weights.finish()
  }
}
