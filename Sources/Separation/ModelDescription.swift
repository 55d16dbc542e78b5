// SPDX-License-Identifier: Apache-2.0
public import Checkpoints
internal import ConvTasNet
internal import Demucs
public import ModelLibrary
internal import UniversalSeparation

extension Separator {
  /// What kind of network it is; `nil` for what is put together of several.
  public var family: ModelFamily? {
    switch self {
    case is ConvTasNet: .convTasNet
    case is Demucs: .demucs
    case is TimeDemucs: .timeDemucs
    case is HybridDemucs: .hybridDemucs
    case is MaskingDemucs: .maskingDemucs
    case is HybridTransformerDemucs: .hybridTransformerDemucs
    case is UniversalSeparator: .resUNet30
    default: nil
    }
  }
}

/// How many parameters a model has, running statistics of norms included; `nil` where its file
/// doesn't hold them as plain tensors.
public func parameterCount(of model: ModelFile) throws(CheckpointError) -> Int? {
  var total = 0
  for path in model.bag?.members.map(\.path) ?? [model.path] {
    let checkpoint = try Checkpoint(path: path)
    var place = try ConstructedModel(checkpoint)?.weights
    for key in ["state_dict", "model_state_dict", "state", "model"] where place == nil {
      if case .dict? = checkpoint.root[key] { place = try checkpoint.weights(at: key) }
    }
    let weights = if let place { place } else { try checkpoint.weights() }
    let shapes = weights.names.filter { !$0.hasSuffix("num_batches_tracked") }
      .compactMap { weights.shape(of: $0) }
    if shapes.isEmpty { return nil }
    total += shapes.reduce(0) { $0 + $1.reduce(1, *) }
  }
  return total
}
