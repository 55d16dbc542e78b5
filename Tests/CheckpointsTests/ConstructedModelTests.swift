// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Testing

@Suite("Constructor's arguments in safetensors files") struct ConstructedModelTests {
  /// A file with a class and these arguments, as JSON.
  private func model(_ arguments: String) throws -> ConstructedModel? {
    let metadata = try String(
      decoding: JSONEncoder().encode(["klass": "a.B", "args": "[]", "kwargs": arguments]),
      as: UTF8.self)
    return try ConstructedModel(
      Checkpoint(
        bytes: safetensors(
          #"{"__metadata__":\#(metadata),"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, [7]
        )))
  }

  @Test("values of all kinds come as a pickle would bring them")
  func values() throws {
    let model = try #require(
      try model(
        #"{"i": -3, "d": 2.5e1, "t": true, "f": false, "n": null, "s": "ü\n","l": [1, [], {}],"#
          + #" "x": {"_type": "fraction", "numerator": 39, "denominator": 5}}"#))
    #expect(model.className == "a.B" && !model.isTuple && model.positional.isEmpty)
    let named = model.named
    #expect(named["i"]?.int == -3 && named["d"]?.double == 25 && named["d"]?.int == nil)
    #expect(named["t"]?.bool == true && named["f"]?.bool == false && named["s"]?.string == "ü\n")
    #expect(named["l"]?.list?.count == 3 && named["l"]?[0]?.int == 1)
    #expect(named["x"]?.fraction?.numerator == 39 && named["x"]?.fraction?.denominator == 5)
    #expect(model.weights.contains("a"))
    guard case .some(.none) = named["n"] else {
      Issue.record("null is none")
      return
    }
  }

  @Test("a file without a class is no constructed model")
  func plain() throws {
    let header = #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#
    #expect(try ConstructedModel(Checkpoint(bytes: safetensors(header, [7]))) == nil)
  }

  @Test(
    "what isn't JSON is malformed",
    arguments: [
      "", "{", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "[1,]", "{}x", "nul", "inf", "NaN", "-",
      "1e999",
      "0x10", "'a'", String(repeating: "[", count: 100_000),
    ])
  func malformed(arguments: String) {
    #expect(throws: CheckpointError.self) { try model(arguments) }
  }
}
