// SPDX-License-Identifier: Apache-2.0
internal import Synchronization
public import Tensors

/// A view of named tensors below a path: `weights / "encoder" / 0`.
///
/// Views of one dictionary share the record of which keys were used, so that a model can be built
/// box by box and asked at the end whether anything was left over.
public struct Weights: Sendable {
  private let dictionary: Dictionary
  /// Where this view stands, such as `separator.network.2`; empty at the top.
  public let path: String

  /// Those of the entries that are tensors with a string for a key.
  init(_ entries: [(key: Value, value: Value)]) {
    dictionary = Dictionary(entries)
    path = ""
  }

  private init(_ dictionary: Dictionary, path: String) {
    self.dictionary = dictionary
    self.path = path
  }

  /// The tensors below `name`.
  public static func / (weights: Weights, name: String) -> Weights {
    Weights(weights.dictionary, path: weights.key(name))
  }

  /// The tensors below `index`, as PyTorch numbers the members of its containers.
  public static func / (weights: Weights, index: Int) -> Weights { weights / String(index) }

  /// The tensor `name` as float32, which must have this shape; marks it as used.
  ///
  /// Throws `missing`, `wrongShape`, `notFinite`, or what `TensorReference.read` throws.
  public func tensor(_ name: String, _ shape: Int...) throws(CheckpointError) -> Tensor {
    try tensor(name, shape: shape)
  }

  /// The tensor `name` as float32, which must have this shape; marks it as used.
  public func tensor(_ name: String, shape: [Int]) throws(CheckpointError) -> Tensor {
    let key = key(name)
    let reference = try reference(name)
    guard reference.shape == shape else {
      throw .wrongShape(key: key, expected: shape, found: reference.shape)
    }
    return try reference.read(key: key)
  }

  /// The tensor `name`, still in the file; marks it as used.
  public func reference(_ name: String) throws(CheckpointError) -> TensorReference {
    let key = key(name)
    guard let reference = dictionary.tensors[key] else {
      throw .missing(key: key, nearest: nearestNames(to: key, among: dictionary.keys))
    }
    dictionary.markUsed([key])
    return reference
  }

  /// The shape of the tensor `name`, nil where there is none; doesn't mark it as used.
  public func shape(of name: String) -> [Int]? { dictionary.tensors[key(name)]?.shape }

  /// Whether there is a tensor `name`.
  public func contains(_ name: String) -> Bool { dictionary.tensors[key(name)] != nil }

  /// The keys below this path, relative to it, in the file's order.
  public var names: [String] {
    guard !path.isEmpty else { return dictionary.keys }
    let prefix = path + "."
    return dictionary.keys.lazy.filter { $0.hasPrefix(prefix) }
      .map { String($0.dropFirst(prefix.count)) }
  }

  /// Marks tensors as used: those with one of these names, and those below it.
  public func ignore(_ names: String...) {
    let present = self.names
    dictionary.markUsed(
      present.lazy.filter { name in
        names.contains { name == $0 || name.hasPrefix($0 + ".") }
      }.map { key($0) })
  }

  /// Throws `unused` if there are tensors below this path that nobody asked for, save those that
  /// `allowing` accepts by their name relative to this path.
  public func finish(
    allowing: (_ name: String) -> Bool = { _ in false }
  ) throws(CheckpointError) {
    let used = dictionary.usedKeys
    let unused = names.filter { !used.contains(key($0)) && !allowing($0) }.map { key($0) }
    if !unused.isEmpty { throw .unused(keys: unused) }
  }

  private func key(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  /// The tensors, and which were asked for.
  private final class Dictionary: Sendable {
    let tensors: [String: TensorReference]
    /// In the file's order.
    let keys: [String]
    private let used = Mutex<Set<String>>([])

    init(_ entries: [(key: Value, value: Value)]) {
      var tensors: [String: TensorReference] = [:]
      var keys: [String] = []
      for entry in entries {
        guard let key = entry.key.string, let tensor = entry.value.tensor else { continue }
        if tensors.updateValue(tensor, forKey: key) == nil { keys.append(key) }
      }
      self.tensors = tensors
      self.keys = keys
    }

    var usedKeys: Set<String> { used.withLock { $0 } }

    func markUsed(_ keys: some Sequence<String>) { used.withLock { $0.formUnion(keys) } }
  }
}
