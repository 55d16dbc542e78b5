// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

/// A safetensors file of this header and data.
func safetensors(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
  let count = UInt64(header.utf8.count)
  return (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + header.utf8 + data
}

@Suite("safetensors files")
struct SafetensorsTests {
  @Test("hold the tensors and the metadata that the reference wrote")
  func reference() throws {
    let checkpoint = try Checkpoint(path: GoldenFiles.path("plain.safetensors"))
    #expect(checkpoint.container == .safetensors)
    #expect(checkpoint.metadata == ["format": "pt", "quoted": "a \"name\"\nü"])
    try expectEqual(try checkpoint.weights(), try GoldenFiles.expected("plain"))
  }

  @Test("come back as they were written, also to another reader")
  func roundTrip() throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appendingPathComponent("a.safetensors")
    let metadata = ["who": "a \"test\"\\\n\u{1}", "ü": "🎵"]
    let tensors = [
      "b.weight": Tensor(shape: [2, 3], elements: [1, -2, 3.5, 0, -0.0, .leastNonzeroMagnitude]),
      "a": Tensor(shape: [], elements: [7]), "empty": Tensor(shape: [0, 2], elements: []),
    ]
    try SafetensorsFile.write(tensors, metadata: metadata, to: url.path)
    let golden = try Golden(contentsOf: url)
    #expect(golden.metadata == metadata)
    #expect(golden.names == ["a", "b.weight", "empty"])
    let checkpoint = try Checkpoint(path: url.path)
    #expect(checkpoint.metadata == metadata)
    try expectEqual(try checkpoint.weights(), golden)
    #expect(try golden("b.weight").elements == tensors["b.weight"]?.elements)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.safetensors"])
    let nowhere = folder.appendingPathComponent("none/a.safetensors").path
    #expect(throws: CheckpointError.self) { try SafetensorsFile.write(tensors, to: nowhere) }
  }

  static let u8 = #""dtype":"U8","shape":[4],"data_offsets":[0,4]"#

  @Test(
    "are refused when their header breaks a rule",
    arguments: [
      // Not JSON of the expected form
      "{", "{}{}", "{} x", "[]", #"{"a":1}"#, #"{"a":{}}"#, #"{"a":{\#(u8)},}"#, #"{"a":{\#(u8)}"#,
      #"{a:{\#(u8)}}"#, #"{"a":{\#(u8),"more":1}}"#, #"{"\ud800":{\#(u8)}}"#, "{\"a\n\":{\(u8)}}",
      #"{"a":{"dtype":"U8","shape":[[4]],"data_offsets":[0,4]}}"#,
      String(repeating: #"{"a":"#, count: 5000), #"{"a":"# + String(repeating: "[", count: 5000),
      // Keys that occur twice
      #"{"a":{\#(u8)},"a":{\#(u8)}}"#, #"{"a":{\#(u8),"dtype":"U8"}}"#,
      #"{"__metadata__":{"k":"1","k":"2"},"a":{\#(u8)}}"#,
      #"{"__metadata__":{},"__metadata__":{},"a":{\#(u8)}}"#,
      #"{"__metadata__":{"k":1},"a":{\#(u8)}}"#,
      // Types and sizes
      #"{"a":{"dtype":"U7","shape":[4],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[5],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[04],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[4,4611686018427387904,4],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[0,9223372036854775807,9],"data_offsets":[0,0]}}"#,
      #"{"a":{"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,4]}}"#,
      // Offsets
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}}"#,
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0]}}"#,
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,8]}}"#,
      #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}"#,
      #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}"#,
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[9223372036854775803,9223372036854775807]}}"#,
      #"{"a":{\#(u8)},"b":{\#(u8)}}"#,
      #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
      // Nothing that covers the data
      "{}",
    ])
  func brokenHeaders(header: String) {
    #expect(throws: CheckpointError.self) {
      try Checkpoint(bytes: safetensors(header, [1, 2, 3, 4]))
    }
  }

  @Test("are refused when the header's size is impossible")
  func headerSizes() {
    for size: UInt64 in [3, 100_000_001, 1 << 62, .max] {
      let count = (0..<8).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) }
      #expect(throws: CheckpointError.self) { try Checkpoint(bytes: count + Array("{}".utf8)) }
    }
  }

  @Test("may list types that cannot be read as numbers here")
  func foreignTypes() throws {
    let header = #"{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}"#
    let weights = try Checkpoint(bytes: safetensors(header, [1, 2, 3, 4])).weights()
    #expect(weights.shape(of: "a") == [4])
    #expect(throws: CheckpointError.self) { try weights.tensor("a", 4) }
  }
}
