// SPDX-License-Identifier: Apache-2.0

/// Parameters as diffq's `DiffQuantizer` saves them: lists, in the order in which the network's program
/// creates them, without names.
public struct QuantizedState: Sendable {
  private let path: String
  private let quantized: [Value]
  private let small: [Value]
  /// Parameters of up to so many numbers are kept as they are.
  private let smallCount: Int
  private let groupSize: Int
  private let fewestBits: Int

  /// Takes a state apart; `nil` where it is none.
  ///
  /// - Parameters:
  ///   - value: A dictionary.
  ///   - smallMegabytes: What parameters must have to be quantised, where the state doesn't say.
  ///   - path: The file, for messages.
  /// - Throws: `.unsupported` for other ways to quantise.
  public init?(
    _ value: Value, smallMegabytes: Double = 0.01, path: String
  ) throws(CheckpointError) {
    let value = try Self.unpacked(value, path: path)
    guard let quantized = value["quantized"]?.list, let others = value["others"]?.list else {
      return nil
    }
    let meta = value["meta"]
    if let name = meta?["klass"]?.className, !name.hasSuffix(".DiffQuantizer") {
      throw .unsupported(path: path, detail: "parameters quantised with \(name)")
    }
    let arguments = meta?["init_kwargs"]
    if arguments?["exclude"]?.list?.isEmpty == false {
      throw .unsupported(path: path, detail: "quantised parameters with exceptions")
    }
    self.path = path
    self.quantized = quantized
    let halves = value["float16"]?.list ?? []
    small = halves.isEmpty ? others : halves
    let megabytes = arguments?["min_size"]?.double ?? smallMegabytes
    guard 0...1024 ~= megabytes else {
      throw .malformed(path: path, detail: "parameters of \(megabytes) MB stay as they are")
    }
    smallCount = Int((megabytes * 1_048_576 / 4).rounded(.down))
    groupSize = arguments?["group_size"]?.int ?? 8
    fewestBits = arguments?["min_bits"]?.int ?? arguments?["min_bits"]?.double.map { Int($0) } ?? 2
    guard 1...65536 ~= groupSize, 0...15 ~= fewestBits else {
      throw .unsupported(
        path: path, detail: "quantised groups of \(groupSize) with \(fewestBits) bits")
    }
  }

  /// The checkpoint within the checkpoint, where the state is one.
  private static func unpacked(_ value: Value, path: String) throws(CheckpointError) -> Value {
    guard case .bytes(let bytes)? = value["compressed"] else { return value }
    return try Checkpoint(bytes: try inflated(bytes, path: path), name: path).root
  }

  /// The parameters under the names of the network's.
  ///
  /// - Parameter parameters: The network's parameters in the order in which its program creates them.
  /// - Throws: `.malformed` where there are more of them, or fewer.
  public func weights(
    _ parameters: [(name: String, shape: [Int])]
  ) throws(CheckpointError) -> Weights {
    var (quantized, small) = (quantized[...], small[...])
    var entries: [(key: Value, value: Value)] = []
    for (name, shape) in parameters {
      let isSmall = shape.reduce(1, *) <= smallCount
      guard let entry = isSmall ? small.popFirst() : quantized.popFirst() else {
        throw .malformed(
          path: path, detail: "its quantised parameters end before \(name)")
      }
      let tensor =
        isSmall ? entry.tensor : try tensor(entry, name).map { TensorReference($0, shape: shape) }
      guard let tensor else {
        throw .malformed(path: path, detail: "\(name) is \(entry.kind), not a parameter")
      }
      entries.append((.string(name), .tensor(tensor)))
    }
    guard quantized.isEmpty && small.isEmpty else {
      throw .malformed(
        path: path,
        detail: "\(quantized.count + small.count) quantised parameters more than the network has")
    }
    return Weights(entries)
  }

  /// Levels, (least, greatest), bits.
  private func tensor(_ value: Value, _ name: String) throws(CheckpointError) -> QuantizedTensor? {
    guard let parts = value.list, parts.count == 3, let bits = parts[2].tensor,
      let minimum = parts[1][0]?.double, let maximum = parts[1][1]?.double
    else { return nil }
    guard minimum.isFinite && maximum.isFinite else { throw .notFinite(key: name, index: 0) }
    let levels: QuantizedTensor.Levels
    if let all = parts[0].tensor {
      levels = .plain(all)
    } else if let some = parts[0].list {
      levels = .packed(some.map(\.tensor))
    } else {
      return nil
    }
    return QuantizedTensor(
      levels: levels, bits: bits, fewestBits: fewestBits, groupSize: groupSize,
      minimum: Float(minimum), range: Float(maximum - minimum))
  }
}
