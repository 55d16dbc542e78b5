// SPDX-License-Identifier: Apache-2.0

/// A checkpoint as all generations of Demucs' training program save a network, or as its package publishes
/// it as safetensors: its class, the arguments it was constructed with, and its parameters.
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
  /// - Throws: `CheckpointError.malformed` where what should be the parameters or the arguments isn't.
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
    } else if let name = checkpoint.metadata["klass"] {
      func arguments(_ key: String) throws(CheckpointError) -> Value? {
        guard let text = checkpoint.metadata[key] else { return nil }
        return try JSONReader.value(
          of: text, path: checkpoint.path, place: "metadata \(key)"
        ).withFractions
      }
      weights = try checkpoint.weights()
      className = name
      positional = try arguments("args")?.list ?? []
      named = try arguments("kwargs") ?? .dict([])
      isTuple = false
    } else {
      return nil
    }
  }
}

extension Value {
  /// The same with objects that stand for fractions as such.
  fileprivate var withFractions: Value {
    switch self {
    case .dict(let entries):
      if self["_type"]?.string == "fraction", let numerator = self["numerator"],
        let denominator = self["denominator"]
      {
        return .opaque(
          name: "fractions.Fraction", arguments: [numerator, denominator], state: nil)
      }
      return .dict(entries.map { ($0.key, $0.value.withFractions) })
    case .list(let items): return .list(items.map(\.withFractions))
    default: return self
    }
  }
}
