// SPDX-License-Identifier: Apache-2.0
public import Checkpoints
internal import ConvTasNet
public import ModelLibrary

/// Loads the network that a checkpoint holds, whichever family it is of.
///
/// - Throws: `CheckpointError`; `.unsupported` where it is a checkpoint of no known network.
public func loadSeparator(_ model: ModelFile) throws(CheckpointError) -> any Separator {
  try ConvTasNet(try Checkpoint(path: model.path))
}
