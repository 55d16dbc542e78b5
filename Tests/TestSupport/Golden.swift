// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// Named arrays of a safetensors file, read without the code under test.
public struct Golden: Sendable {
  /// One array: its shape and its elements, row-major, as float32 whatever the stored type.
  public struct Array: Sendable {
    /// The length of each axis.
    public let shape: [Int]
    /// The elements.
    public let elements: [Float]

    /// Makes an array from its parts.
    public init(shape: [Int], elements: [Float]) {
      self.shape = shape
      self.elements = elements
    }
  }

  /// What the file's `__metadata__` holds.
  public let metadata: [String: String]
  private let arrays: [String: Array]

  /// All names, sorted.
  public var names: [String] { arrays.keys.sorted() }

  /// Reads a safetensors file of F32, F64, I64 and I32 arrays.
  public init(contentsOf url: URL) throws {
    let data = try Data(contentsOf: url)
    let headerCount = Int(data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    let object = try JSONSerialization.jsonObject(with: data.subdata(in: 8..<(8 + headerCount)))
    let header = object as? [String: Any] ?? [:]
    var arrays: [String: Array] = [:]
    for (name, value) in header where name != "__metadata__" {
      guard let entry = value as? [String: Any], let type = entry["dtype"] as? String,
        let shape = entry["shape"] as? [Int], let offsets = entry["data_offsets"] as? [Int]
      else { throw GoldenError(reason: "\(name) in \(url.path) is not an array") }
      let start = 8 + headerCount
      let bytes = data.subdata(in: (start + offsets[0])..<(start + offsets[1]))
      let elements: [Float] = try bytes.withUnsafeBytes { raw in
        switch type {
        case "F32": Swift.Array(raw.bindMemory(to: Float.self))
        case "F64": raw.bindMemory(to: Double.self).map(Float.init)
        case "I64": raw.bindMemory(to: Int64.self).map(Float.init)
        case "I32": raw.bindMemory(to: Int32.self).map(Float.init)
        default: throw GoldenError(reason: "\(name) in \(url.path) has type \(type)")
        }
      }
      arrays[name] = Array(shape: shape, elements: elements)
    }
    self.arrays = arrays
    metadata = header["__metadata__"] as? [String: String] ?? [:]
  }

  /// The array called `name`, which must be there.
  public func callAsFunction(_ name: String) throws -> Array {
    guard let array = arrays[name] else { throw GoldenError(reason: "no array \(name)") }
    return array
  }
}

/// A golden file that is not what a test expects.
public struct GoldenError: Error, CustomStringConvertible {
  let reason: String
  /// What is wrong.
  public var description: String { reason }
}
