// SPDX-License-Identifier: Apache-2.0

/// A checkpoint as all generations of Demucs' training program save a network: its class, the arguments
/// it was constructed with, and its parameters.
public struct ConstructedModel: Sendable {
  /// The class, such as `demucs.model.Demucs`.
  public let className: String?
  /// The constructor's arguments without names.
  public let positional: [Value]
  /// The constructor's arguments with names: a dictionary.
  public let named: Value
  /// The parameters.
  public let weights: Weights
  /// Whether it is a tuple, as the first generation has it, and not a dictionary.
  public let isTuple: Bool

  /// Takes the package apart; `nil` where the checkpoint is none.
  ///
  /// - Throws: `CheckpointError.malformed` where what should be the parameters isn't.
  public init?(_ checkpoint: Checkpoint) throws(CheckpointError) {
    let root = checkpoint.root
    if let parts = root.list, parts.count == 4 {
      weights = try checkpoint.weights(at: "3")
      className = parts[0].className
      positional = parts[1].list ?? []
      named = parts[2]
      isTuple = true
    } else if root["state"] != nil {
      weights = try checkpoint.weights(at: "state")
      className = root["klass"]?.className
      positional = root["args"]?.list ?? []
      named = root["kwargs"] ?? .dict([])
      isTuple = false
    } else {
      return nil
    }
  }
}
