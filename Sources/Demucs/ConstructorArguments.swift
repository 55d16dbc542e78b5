// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints

/// What a package says a network was constructed with; of parameters alone, nothing.
struct ConstructorArguments {
  private let named: Value
  private let positional: [Value]

  init(named: Value = .dict([]), positional: [Value] = []) {
    self.named = named
    self.positional = positional
  }

  /// `nil`, here and below, where the package doesn't say.
  func int(_ name: String) -> Int? { named[name]?.int }
  func bool(_ name: String) -> Bool? { named[name]?.bool }
  func double(_ name: String) -> Double? { named[name]?.double }
  func doubles(_ name: String) -> [Double]? { named[name]?.list?.compactMap(\.double) }

  /// A time in seconds, as samples, rounded down; fractions are exact.
  func samples(_ name: String, sampleRate: Int) -> Int? {
    if let fraction = named[name]?.fraction {
      let (product, overflow) = fraction.numerator.multipliedReportingOverflow(by: sampleRate)
      return overflow ? Int.max : product / fraction.denominator
    }
    guard let seconds = double(name) else { return nil }
    let samples = Double(sampleRate) * seconds
    return abs(samples) < 1e15 ? Int(samples) : Int.max
  }

  /// How many sources there are.
  var sourceCount: Int? {
    guard let stated = named["sources"] ?? positional.first else { return nil }
    return (stated.list?.count ?? stated.int).map { min(max($0, 1), 64) }
  }

  /// The sources' names; where there aren't as many as there should be, usual ones.
  func sources(_ count: Int) -> [String] {
    let stated = (named["sources"] ?? positional.first)?.list?.compactMap(\.string)
    if let stated, stated.count == count { return stated }
    switch count {
    case 4: return ["drums", "bass", "other", "vocals"]
    case 6: return ["drums", "bass", "other", "vocals", "guitar", "piano"]
    default: return (0..<max(count, 0)).map { "source\($0 + 1)" }
    }
  }
}

/// A checkpoint's parameters, wherever they are in it, and the package around them.
struct NamedParameters {
  let weights: Weights
  let arguments: ConstructorArguments
  let className: String?
  /// Whether the package is a tuple, as the first generation has it.
  let isTuple: Bool

  /// `nil` where the checkpoint is no dictionary, or a package of a class that was never quantised, with
  /// quantised parameters.
  init?(_ checkpoint: Checkpoint) throws(CheckpointError) {
    let model = try ConstructedModel(checkpoint)
    className = model?.className
    isTuple = model?.isTuple ?? false
    arguments =
      model.map {
        ConstructorArguments(named: $0.named, positional: $0.positional)
      } ?? ConstructorArguments()
    let quantized = try QuantizedState(
      checkpoint.root["state"] ?? checkpoint.root, smallMegabytes: 1, path: checkpoint.path)
    if let quantized {
      guard let list = RegisteredParameters.of(className: className, arguments) else { return nil }
      weights = try quantized.weights(list)
    } else if let model {
      weights = model.weights
    } else {
      guard case .dict = checkpoint.root else { return nil }
      // Others' training programs keep them beside an optimiser's.
      let place = ["state_dict", "model_state_dict"].first { checkpoint.root[$0] != nil }
      weights = if let place { try checkpoint.weights(at: place) } else { try checkpoint.weights() }
    }
  }
}
