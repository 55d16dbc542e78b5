// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

/// The files that Tools/Goldens/checkpoints.py makes.
enum GoldenFiles {
  static let folder = Fixtures.packageRoot.appendingPathComponent("Tests/CheckpointsTests/Goldens")

  static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
  }

  /// What PyTorch reads from the golden file `name`.
  static func expected(_ name: String) throws -> Golden {
    let stem = name.split(separator: ".").first.map(String.init) ?? name
    return try Golden(contentsOf: folder.appendingPathComponent("\(stem).expected.safetensors"))
  }
}

/// Every tensor of `golden` must be in `weights`, and equal bit for bit, and nothing else.
func expectEqual(
  _ weights: Weights, _ golden: Golden, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  for name in golden.names {
    let expected = try golden(name)
    let found = try weights.tensor(name, shape: expected.shape)
    #expect(
      found.elements.map(\.bitPattern) == expected.elements.map(\.bitPattern), "\(name)",
      sourceLocation: sourceLocation)
  }
  try weights.finish()
}

/// A value that knows how to show itself, for expectations: `Value` itself may be a graph with far
/// more paths than nodes, so it doesn't offer this.
func text(_ value: Value?) -> String {
  switch value {
  case nil: "nil"
  case .none?: "None"
  case .bool(let value)?: "\(value)"
  case .int(let value)?: "\(value)"
  case .double(let value)?: "\(value)"
  case .string(let value)?: "'\(value)'"
  case .bytes(let value)?: "bytes\(value)"
  case .list(let items)?: "[\(items.map { text($0) }.joined(separator: ", "))]"
  case .tuple(let items)?: "(\(items.map { text($0) }.joined(separator: ", ")))"
  case .dict(let entries)?:
    "{\(entries.map { "\(text($0.key)): \(text($0.value))" }.joined(separator: ", "))}"
  case .tensor(let tensor)?: "tensor\(tensor.shape)"
  case .opaque(let name, let arguments, let state)?:
    "\(name)(\(arguments.map { text($0) }.joined(separator: ", ")))"
      + (state.map { " with \(text($0))" } ?? "")
  }
}
