// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints
internal import NeuralLayers
internal import Tensors

// Layers that several generations have, from the names that PyTorch gives their parameters. Sizes are
// what the shapes say, as far as they fit together.

extension Weights {
  /// The weight of a layer of so many axes, whose sizes `expected` names where they are known.
  func weight(_ expected: [Int?]) throws(CheckpointError) -> Tensor {
    let reference = try reference("weight")
    let found = reference.shape
    let fits =
      found.count == expected.count
      && zip(found, expected).allSatisfy { $0 > 0 && ($1 == nil || $0 == $1) }
    guard fits else {
      let known = expected.indices.map { axis in
        expected[axis] ?? (found.indices.contains(axis) ? max(1, found[axis]) : 1)
      }
      throw .wrongShape(key: key("weight"), expected: known, found: found)
    }
    return try reference.read(key: key("weight"))
  }

  /// The full name of a tensor.
  func key(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  /// GroupNorm over groups of channels, if there is one.
  func groupNormalization(
    groups: Int, channels: Int, _ activation: GroupNormalization.Activation
  ) throws(CheckpointError) -> GroupNormalization? {
    guard contains("weight") else { return nil }
    guard channels % groups == 0 else {
      throw .wrongShape(
        key: key("weight"), expected: [(channels + groups - 1) / groups * groups],
        found: [channels])
    }
    return GroupNormalization(
      groups: groups, weight: try tensor("weight", channels), bias: try tensor("bias", channels),
      activation: activation)
  }

  /// GroupNorm(1) over a whole signal.
  func globalNormalization(_ channels: Int) throws(CheckpointError) -> Normalization {
    .global(
      gamma: try tensor("weight", channels).elements, beta: try tensor("bias", channels).elements,
      epsilon: 1e-5)
  }

  /// A 1×1 convolution, or a linear layer where `isLinear`, as a matrix.
  func matrix(
    _ input: Int, to output: Int, isLinear: Bool = false
  ) throws(CheckpointError) -> PackedMatrix {
    PackedMatrix(
      weights: try tensor("weight", shape: isLinear ? [output, input] : [output, input, 1])
        .elements,
      depth: input, columns: output, bias: try tensor("bias", output).elements)
  }

  /// A bidirectional LSTM of as many layers as there are, with as many units as inputs.
  func memory(_ channels: Int) throws(CheckpointError) -> LongShortTermMemory {
    var layers:
      [(forward: LongShortTermMemory.Parameters, backward: LongShortTermMemory.Parameters)] = []
    repeat {
      let depth = layers.isEmpty ? channels : 2 * channels
      layers.append(
        (
          try memoryParameters("l\(layers.count)", channels, depth: depth),
          try memoryParameters("l\(layers.count)_reverse", channels, depth: depth)
        ))
    } while contains("weight_ih_l\(layers.count)")
    return LongShortTermMemory(layers: layers)
  }

  private func memoryParameters(
    _ suffix: String, _ channels: Int, depth: Int
  ) throws(CheckpointError) -> LongShortTermMemory.Parameters {
    LongShortTermMemory.Parameters(
      inputWeight: try tensor("weight_ih_\(suffix)", 4 * channels, depth),
      recurrentWeight: try tensor("weight_hh_\(suffix)", 4 * channels, channels),
      inputBias: try tensor("bias_ih_\(suffix)", 4 * channels),
      recurrentBias: try tensor("bias_hh_\(suffix)", 4 * channels))
  }

  /// An attention with residual sum; heads are always four.
  func localAttention(_ channels: Int) throws(CheckpointError) -> LocalAttention {
    let heads = 4
    let decay = try (self / "query_decay").weight([nil, channels, 1])
    guard channels % heads == 0, decay.shape[0] % heads == 0 else {
      throw .wrongShape(
        key: key("query_decay.weight"), expected: [4 * heads, (channels + 3) / 4 * 4, 1],
        found: decay.shape)
    }
    func parameters(_ name: String) throws(CheckpointError) -> LocalAttention.Parameters {
      LocalAttention.Parameters(
        weight: try (self / name).tensor("weight", channels, channels, 1),
        bias: try (self / name).tensor("bias", channels))
    }
    return LocalAttention(
      query: try parameters("query"), key: try parameters("key"),
      content: try parameters("content"),
      decay: .init(
        weight: decay, bias: try (self / "query_decay").tensor("bias", decay.shape[0])),
      output: try parameters("proj"), heads: heads)
  }

  /// A compressed residual branch, whose layers' parts are numbered by what they have.
  ///
  /// - Parameter isDilated: whether each layer reaches twice as far as the one before.
  func residualBranch(
    _ channels: Int, isDilated: Bool
  ) throws(CheckpointError) -> ResidualBranch? {
    var layers: [ResidualBranch.Layer] = []
    while contains("layers.\(layers.count).0.weight") {
      let layer = self / "layers" / layers.count
      let weight = try (layer / 0).weight([nil, channels, nil])
      let hidden = weight.shape[0]
      let dilation = isDilated ? 1 << min(layers.count, 20) : 1
      let reach = dilation * (weight.shape[2] / 2)
      var next = 3
      var memory: FramedMemory?
      if layer.contains("\(next).lstm.weight_ih_l0") {
        memory = FramedMemory(
          lstm: try (layer / next / "lstm").memory(hidden),
          linear: try (layer / next / "linear").matrix(2 * hidden, to: hidden, isLinear: true),
          frameLength: 200)
        next += 1
      }
      var attention: LocalAttention?
      if layer.contains("\(next).content.weight") {
        attention = try (layer / next).localAttention(hidden)
        next += 1
      }
      layers.append(
        ResidualBranch.Layer(
          convolution: GridConvolution(
            weight: weight, bias: try (layer / 0).tensor("bias", hidden), dilation: dilation,
            padding: .init(left: reach, right: reach)),
          norm: try (layer / 1).globalNormalization(hidden), memory: memory, attention: attention,
          expansion: try (layer / next).matrix(hidden, to: 2 * channels),
          expansionNorm: try (layer / (next + 1)).globalNormalization(2 * channels),
          scale: try (layer / (next + 3)).tensor("scale", channels).elements))
    }
    return layers.isEmpty ? nil : ResidualBranch(layers: layers)
  }
}
