// SPDX-License-Identifier: Apache-2.0

/// A file of trained weights: what PyTorch and its companions save, or safetensors.
///
/// Opening one parses its directory and checks every size in it against the file; the numbers stay
/// in the file until a tensor is asked for. Nothing in a pickle is ever executed: see `Value`.
public final class Checkpoint: Sendable {
  /// The kinds of file that are understood; the file's content decides, not its name.
  public enum Container: Sendable, Hashable {
    /// `torch.save` since 1.6, and Lightning: a zip archive with a pickle and a file per storage.
    case torchZip
    /// `torch.save` before 1.6: pickles, then the storages.
    case torchLegacy
    /// A JSON header, then all tensors.
    case safetensors
  }

  /// What kind of file this is.
  public let container: Container
  /// The object in the file: the pickled one, or a dictionary of the tensors.
  public let root: Value
  /// What a safetensors file says of itself; empty for the other containers.
  public let metadata: [String: String]
  /// Where it was opened, for messages.
  public let path: String

  /// Opens the file at `path`.
  ///
  /// Throws `missingFile`, `cannotOpen`, `malformed`, `unsupported`, or `forbidden` for a pickle
  /// that names a function that runs code.
  public convenience init(path: String) throws(CheckpointError) {
    try self.init(source: try ByteSource(path: path))
  }

  /// Opens a checkpoint that is in memory; `name` takes the path's place in errors.
  public convenience init(bytes: [UInt8], name: String = "checkpoint") throws(CheckpointError) {
    try self.init(source: ByteSource(bytes: bytes, path: name))
  }

  private init(source: ByteSource) throws(CheckpointError) {
    path = source.path
    let contents = try source.withBytes { bytes throws(CheckpointError) in
      switch try Self.container(of: bytes, path: source.path) {
      case .torchZip: try Contents(torchZip: bytes, source: source)
      case .torchLegacy: try Contents(torchLegacy: bytes, source: source)
      case .safetensors: try Contents(safetensors: bytes, source: source)
      }
    }
    container = contents.container
    root = contents.root
    metadata = contents.metadata
  }

  /// What an opened file holds.
  struct Contents {
    let container: Container
    let root: Value
    var metadata: [String: String] = [:]
  }

  /// The tensors in the dictionary that `path` leads to from the root; without a path, in the root.
  ///
  /// A component is a dictionary's key, an object's attribute or a list's index. Throws `missing`
  /// where it leads nowhere, `malformed` where it doesn't lead to a dictionary.
  public func weights(at path: String...) throws(CheckpointError) -> Weights {
    var value = root
    for (depth, component) in path.enumerated() {
      guard let next = value[component] ?? Int(component).flatMap({ value[$0] }) else {
        throw .missing(
          key: path[...depth].joined(separator: "."),
          nearest: nearestNames(to: component, among: value.keys))
      }
      value = next
    }
    guard case .dict(let entries) = value else {
      let place = path.isEmpty ? "its content" : path.joined(separator: ".")
      throw .malformed(
        path: self.path, detail: "\(place) is \(value.kind), not a dictionary of tensors")
    }
    return Weights(entries)
  }

  private static func container(
    of bytes: UnsafeRawBufferPointer, path: String
  ) throws(CheckpointError) -> Container {
    func begins(with start: [UInt8]) -> Bool { bytes.prefix(start.count).elementsEqual(start) }
    if begins(with: [0x50, 0x4B, 3, 4]) { return .torchZip }
    if TorchLegacyMagic.begins(bytes) { return .torchLegacy }
    if bytes.count > 8, bytes[8] == UInt8(ascii: "{") { return .safetensors }
    if begins(with: [0x1F, 0x8B]) {
      throw .unsupported(path: path, detail: "a gzip file; unpack it first (gunzip)")
    }
    if bytes.first == 0x80 {
      throw .unsupported(path: path, detail: "a plain pickle, not one that torch.save wrote")
    }
    if bytes.first == UInt8(ascii: "<") {
      throw .malformed(path: path, detail: "this is a web page, not a checkpoint")
    }
    throw .malformed(
      path: path, detail: "neither a PyTorch zip nor a PyTorch pickle nor safetensors")
  }
}
