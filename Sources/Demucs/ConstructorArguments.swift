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

  /// Whether the package says something under this name.
  func states(_ name: String) -> Bool { named[name] != nil }
  /// `nil`, here and below, where the package doesn't say.
  func int(_ name: String) -> Int? { named[name]?.int }
  func bool(_ name: String) -> Bool? { named[name]?.bool }
  func string(_ name: String) -> String? { named[name]?.string }
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

  /// `nil` where the checkpoint is no dictionary, or its parameters are quantised.
  init?(_ checkpoint: Checkpoint) throws(CheckpointError) {
    if let model = try ConstructedModel(checkpoint) {
      weights = model.weights
      className = model.className
      arguments = ConstructorArguments(named: model.named, positional: model.positional)
      return
    }
    guard case .dict = checkpoint.root else { return nil }
    className = nil
    arguments = ConstructorArguments()
    // Others' training programs keep them beside an optimiser's.
    for name in ["state_dict", "model_state_dict"] where checkpoint.root[name] != nil {
      weights = try checkpoint.weights(at: name)
      return
    }
    weights = try checkpoint.weights()
  }
}
