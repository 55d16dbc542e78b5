// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Tensors
import Testing

@Suite("Half precision")
struct WideningTests {
  @Test("widens to the same float32 for each of the 65536 patterns")
  func everyHalf() throws {
    // Infinities and NaNs are refused by name, so the finite patterns are read in one go.
    let finite = (UInt16.min...UInt16.max).filter { $0 & 0x7C00 != 0x7C00 }
    let weights = try file("F16", finite)
    let found = try weights.tensor("a", finite.count).elements
    #expect(found.map(\.bitPattern) == finite.map { Float(Float16(bitPattern: $0)).bitPattern })
    for bits: UInt16 in [0x7C00, 0xFC00, 0x7C01, 0x7E00, 0xFFFF] {
      #expect(throws: CheckpointError.notFinite(key: "a", index: 0)) {
        try file("F16", [bits]).tensor("a", 1)
      }
    }
  }

  @Test("in bfloat16 is the upper half of a float32")
  func everyBfloat16() throws {
    let finite = (UInt16.min...UInt16.max).filter { $0 & 0x7F80 != 0x7F80 }
    let found = try file("BF16", finite).tensor("a", finite.count).elements
    #expect(found.map(\.bitPattern) == finite.map { UInt32($0) << 16 })
  }

  private func file(_ type: String, _ patterns: [UInt16]) throws -> Weights {
    let header =
      #"{"a":{"dtype":"\#(type)","shape":[\#(patterns.count)],"#
      + #""data_offsets":[0,\#(patterns.count * 2)]}}"#
    return try Checkpoint(bytes: safetensors(header, patterns.withUnsafeBytes { Array($0) }))
      .weights()
  }
}
