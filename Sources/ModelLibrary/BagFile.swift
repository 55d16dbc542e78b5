// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Yams

/// What the YAML file of a bag says (Demucs' format): the signatures of its networks, and how they
/// are put together.
struct BagFile: Equatable {
  let signatures: [String]
  let weights: [[Double]]?
  let segmentSeconds: Double?

  /// The endings of such files.
  static let extensions = ["yaml", "yml"]
  private static let mostBytes = 1 << 20

  /// Reads a file.
  init(path: String) throws(ModelLibraryError) {
    func refused(_ detail: String) -> ModelLibraryError {
      .malformedBag(path: path, detail: detail)
    }
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw refused("there is no such file, or it may not be read")
    }
    let data: Data?
    do { data = try file.read(upToCount: Self.mostBytes + 1) } catch {
      throw refused("it cannot be read")
    }
    guard let data, data.count <= Self.mostBytes else { throw refused("it is empty or too long") }
    let root: Node?
    do {
      root = try Yams.compose(yaml: String(decoding: data, as: UTF8.self))
    } catch {
      throw refused("it is not YAML")
    }
    guard let entries = root?.mapping else { throw refused("it holds no entries") }
    // As they are written: 83094e10 is a name, not a number.
    let names = entries["models"]?.sequence?.map { $0.scalar?.string ?? "" } ?? []
    guard !names.isEmpty, names.count <= 64, names.allSatisfy(Self.isSignature) else {
      throw refused("'models' must be a list of signatures, such as ['955717e8']")
    }
    signatures = names

    switch entries["weights"] {
    case nil, .scalar?: weights = nil  // null
    case let node?:
      let rows = (node.sequence ?? []).map { row in
        (row.sequence ?? []).map { $0.float ?? .nan }
      }
      guard rows.count == names.count, rows.allSatisfy({ $0.count == rows[0].count }),
        rows.allSatisfy({ $0.allSatisfy(\.isFinite) }), !rows[0].isEmpty
      else {
        throw refused("'weights' must be \(names.count) rows of numbers, one for each source")
      }
      weights = rows
    }

    guard let node = entries["segment"], node.null == nil else {
      segmentSeconds = nil
      return
    }
    guard let seconds = node.float, seconds > 0, seconds < 86400 else {
      throw refused("'segment' must be seconds above 0")
    }
    segmentSeconds = seconds
  }

  private static func isSignature(_ name: String) -> Bool {
    !name.isEmpty && !name.contains("/") && !name.hasPrefix(".") && name.utf8.count < 200
  }
}
