// SPDX-License-Identifier: Apache-2.0

/// A model on this machine, and what it is called in outputs.
public struct ModelFile: Sendable, Hashable {
  /// The catalogue name, or the file's name without its ending.
  public let name: String
  /// Where the checkpoint is; of a bag, its own file or its networks' folder.
  public let path: String
  /// The networks, where there are several or more is said about one than its file does.
  public let bag: ModelBag?

  init(name: String, path: String, bag: ModelBag? = nil) {
    self.name = name
    self.path = path
    self.bag = bag
  }
}

/// Networks whose estimates are averaged.
public struct ModelBag: Sendable, Hashable {
  /// Their checkpoints.
  public let members: [ModelFile]
  /// For each of them the weight of each source; `nil`: all count the same.
  public let weights: [[Double]]?
  /// Seconds of the segments that a signal is cut into; `nil`: each network's own.
  public let segmentSeconds: Double?
}
