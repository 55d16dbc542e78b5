// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import UniversalSeparation

/// Tensors by name and shape, as a checkpoint of ones.
private func file(_ shapes: [String: [Int]], value: Float = 1) throws -> Checkpoint {
  var header: [String: Any] = [:]
  var data: [Float] = []
  for (name, shape) in shapes.sorted(by: { $0.key < $1.key }) {
    let start = 4 * data.count
    data += [Float](repeating: value, count: shape.reduce(1, *))
    header[name] = ["dtype": "F32", "shape": shape, "data_offsets": [start, 4 * data.count]]
  }
  let json = [UInt8](try JSONSerialization.data(withJSONObject: header))
  let length = (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) }
  return try Checkpoint(
    bytes: length + json + data.withUnsafeBytes { [UInt8]($0) }, name: "tagger.safetensors")
}

@Suite("Taggers' checkpoints that are no taggers")
struct HostileTaggerTests {
  /// The shapes of a golden's parameters.
  private static func shapes(_ path: String, at place: String, prefix: String) throws
    -> [String: [Int]]
  {
    let path = Fixtures.packageRoot
      .appendingPathComponent("Tests/UniversalSeparationTests/Goldens/\(path)").path
    let weights = try Checkpoint(path: path).weights(at: place)
    var shapes: [String: [Int]] = [:]
    for name in weights.names where !name.hasSuffix("num_batches_tracked") {
      shapes[String(name.dropFirst(prefix.count))] = weights.shape(of: name)
    }
    return shapes
  }

  /// Loads, and where that works, tags.
  private func attempt(_ checkpoint: Checkpoint) throws {
    let tagger = try loadTagger(checkpoint)
    _ = try? tagger([Float](repeating: 0.1, count: tagger.leastSamples), Run(threads: 1))
  }

  @Test(
    "Each parameter may be missing or of any shape: an error of one line, or a network",
    arguments: [
      ("cnn14/model.pth", "model", ""), ("htsat/model.ckpt", "state_dict", "sed_model."),
    ])
  func shapes(_ path: String, _ place: String, _ prefix: String) throws {
    let whole = try Self.shapes(path, at: place, prefix: prefix)
    try attempt(file(whole))
    var refused = 0
    for (name, shape) in whole {
      var changes: [[Int]?] = [nil, [], [0], shape + [1]]
      for axis in shape.indices {
        for length in [0, 1, shape[axis] + 1, 2 * shape[axis]] {
          var changed = shape
          changed[axis] = length
          if changed.reduce(1, *) < 1 << 16 { changes.append(changed) }
        }
      }
      for change in changes {
        var shapes = whole
        shapes[name] = change
        do {
          try attempt(file(shapes))
        } catch {
          refused += 1
          #expect(!"\(error)".contains("\n"), "\(name) \(String(describing: change)): \(error)")
        }
      }
    }
    #expect(refused > 3 * whole.count / 2)
  }

  @Test("Numbers that are none are named")
  func notFinite() throws {
    let whole = try Self.shapes("cnn14/model.pth", at: "model", prefix: "")
    #expect(throws: CheckpointError.self) { try loadTagger(file(whole, value: .nan)) }
  }

  @Test("Further parameters are named")
  func further() throws {
    var shapes = try Self.shapes("cnn14/model.pth", at: "model", prefix: "")
    shapes["fc2.weight"] = [3]
    #expect(throws: CheckpointError.unused(keys: ["fc2.weight"])) { try loadTagger(file(shapes)) }
  }
}
