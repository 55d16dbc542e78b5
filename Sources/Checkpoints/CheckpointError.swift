// SPDX-License-Identifier: Apache-2.0

/// Why a checkpoint, or a tensor of it, cannot be used.
public enum CheckpointError: Error, Sendable, Equatable {
  /// There is nothing at this path.
  case missingFile(path: String)
  /// The file is there but cannot be read.
  case cannotOpen(path: String, reason: String)
  /// The file cannot be written.
  case cannotWrite(path: String, reason: String)
  /// The file breaks the rules of its own format.
  case malformed(path: String, detail: String)
  /// The file is sound but uses something that this reader does not know.
  case unsupported(path: String, detail: String)
  /// The pickle names a function that would run code or reach outside the file.
  case forbidden(global: String)
  /// No tensor, or no dictionary, has this key.
  case missing(key: String, nearest: [String])
  /// The tensor has another shape than the model needs.
  case wrongShape(key: String, expected: [Int], found: [Int])
  /// The model asked for none of these tensors.
  case unused(keys: [String])
  /// The tensor holds a NaN or an infinity; `index` counts in row-major order.
  case notFinite(key: String, index: Int)
}

extension CheckpointError: CustomStringConvertible {
  /// One line: what was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .missingFile(let path):
      return "\(path): no such file"
    case .cannotOpen(let path, let reason):
      return "\(path): cannot be read: \(reason)"
    case .cannotWrite(let path, let reason):
      return "\(path): cannot be written: \(reason)"
    case .malformed(let path, let detail):
      return "\(path): damaged or not a checkpoint: \(detail); download or export it again"
    case .unsupported(let path, let detail):
      return "\(path): not supported: \(detail)"
    case .forbidden(let global):
      return
        "the checkpoint asks to run \(global), which weights never need; do not trust this file"
    case .missing(let key, let nearest):
      let hint = nearest.isEmpty ? "" : "; the nearest are \(nearest.joined(separator: ", "))"
      return "the checkpoint has no \(key)\(hint); is it a checkpoint of this model?"
    case .wrongShape(let key, let expected, let found):
      return "\(key) has shape \(found), expected \(expected); is it a checkpoint of this model?"
    case .unused(let keys):
      let listed = keys.prefix(5).joined(separator: ", ")
      let more = keys.count > 5 ? " and \(keys.count - 5) more" : ""
      return "the model has no use for \(listed)\(more); is it a checkpoint of this model?"
    case .notFinite(let key, let index):
      return "\(key) holds a value that is not finite at index \(index); the weights are damaged"
    }
  }
}
