// SPDX-License-Identifier: Apache-2.0
public import Checkpoints
internal import ConvTasNet
internal import Foundation
public import ModelLibrary

/// Loads the network that a checkpoint holds, whichever family it is of.
///
/// - Parameters:
///   - model: Where the checkpoint is.
///   - configuration: A JSON file whose entries replace those of the network's configuration, where
///     the checkpoint alone does not say.
/// - Throws: `CheckpointError`; `.unsupported` where it is a checkpoint of no known network.
public func loadSeparator(
  _ model: ModelFile, configuration path: String? = nil
) throws(CheckpointError) -> any Separator {
  try ConvTasNet(try Checkpoint(path: model.path)) { configuration throws(CheckpointError) in
    guard let path else { return }
    do {
      let json = try Data(contentsOf: URL(fileURLWithPath: path))
      configuration = try configuration.replacing(with: json)
    } catch is DecodingError {
      throw .malformed(
        path: path, detail: "it is no object of a Conv-TasNet configuration's entries")
    } catch {
      throw .cannotOpen(path: path, reason: error.localizedDescription)
    }
  }
}
