// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import SoundFiles
import Tensors
import TestSupport
import Testing

/// A query-conditioned separator with a tagger, both tiny, that hears speech in anything.
private enum TinyUniversalModel {
  /// Writes it; without a tagger, or a tagger alone, where that is wanted.
  static func write(to path: String, separator: Bool = true, tagger: Bool = true) throws {
    var tensors: [String: Tensor] = [:]
    if separator { addSeparator(to: &tensors) }
    if tagger { addTagger(to: &tensors, under: separator ? "query_net.base." : "") }
    try SafetensorsFile.write(tensors, to: path)
  }

  private static func tensor(_ shape: [Int], _ range: ClosedRange<Float>, _ seed: Int) -> Tensor {
    var generator = SplitMix(state: UInt64(seed))
    let count = shape.reduce(1, *)
    return Tensor(
      shape: shape, elements: (0..<count).map { _ in .random(in: range, using: &generator) })
  }

  private static func addNorm(_ name: String, _ channels: Int, to tensors: inout [String: Tensor]) {
    for (part, range) in [
      ("weight", 0.8...1.2), ("bias", -0.1...0.1), ("running_mean", -0.1...0.1),
      ("running_var", 0.8...1.2),
    ] as [(String, ClosedRange<Float>)] {
      tensors["\(name).\(part)"] = tensor([channels], range, tensors.count)
    }
  }

  private static func addSeparator(to tensors: inout [String: Tensor]) {
    let width = 2
    func add(_ name: String, _ shape: [Int]) {
      tensors["ss_model.\(name)"] = tensor(shape, -0.4...0.4, tensors.count)
    }
    func addShift(_ path: String, _ count: Int) {
      add("film.\(path).weight", [count, 527])
      add("film.\(path).bias", [count])
    }
    func addBlock(_ names: [String], from inputs: Int) {
      let (name, path) = ("base." + names.joined(separator: "."), names.joined(separator: "->"))
      for (index, channels) in [(1, inputs), (2, width)] {
        addNorm("ss_model.\(name).bn\(index)", channels, to: &tensors)
        addShift("\(path)->beta\(index)", channels)
        add("\(name).conv\(index).weight", [width, channels, 3, 3])
      }
      if inputs != width {
        add("\(name).shortcut.weight", [width, inputs, 1, 1])
        add("\(name).shortcut.bias", [width])
      }
    }
    addNorm("ss_model.base.bn0", 513, to: &tensors)
    add("base.pre_conv.weight", [width, 1, 1, 1])
    add("base.pre_conv.bias", [width])
    for level in 1...6 { addBlock(["encoder_block\(level)", "conv_block1"], from: width) }
    addBlock(["conv_block7a", "conv_block1"], from: width)
    for level in 1...6 {
      let name = "decoder_block\(level)"
      addNorm("ss_model.base.\(name).bn1", width, to: &tensors)
      addShift("\(name)->beta1", width)
      add("base.\(name).conv1.weight", [width, width, level == 1 ? 1 : 2, 2])
      addBlock([name, "conv_block2"], from: 2 * width)
    }
    add("base.after_conv.weight", [3, width, 1, 1])
    add("base.after_conv.bias", [3])
  }

  private static func addTagger(to tensors: inout [String: Tensor], under prefix: String) {
    func add(_ name: String, _ shape: [Int]) {
      tensors[prefix + name] = tensor(shape, -0.5...0.5, tensors.count)
    }
    addNorm(prefix + "bn0", 64, to: &tensors)
    for block in 1...6 {
      for index in 1...2 {
        add("conv_block\(block).conv\(index).weight", [2, block + index == 2 ? 1 : 2, 3, 3])
        addNorm(prefix + "conv_block\(block).bn\(index)", 2, to: &tensors)
      }
    }
    add("fc1.weight", [4, 2])
    add("fc1.bias", [4])
    tensors[prefix + "fc_audioset.weight"] = tensor([527, 4], 0...0, 1)
    tensors[prefix + "fc_audioset.bias"] = Tensor(
      shape: [527], elements: [3] + [Float](repeating: -5, count: 526))
  }
}

@Suite("separate-stems with queries") struct SeparateStemsQueryTests {
  private let workshop: SeparationWorkshop

  init() throws {
    workshop = try SeparationWorkshop()
    try TinyUniversalModel.write(to: workshop.path("tiny.safetensors").path)
  }

  private func run(
    _ arguments: [String], model: String = "tiny.safetensors", input: Data = Data()
  ) throws -> ProgramRun {
    try workshop.run(
      arguments + ["--model", model, "--threads", "2", "--sample-format", "float32"], model: nil,
      input: input)
  }

  private func samples(_ name: String) throws -> [Float] {
    try SoundFileReader(path: workshop.path(name).path).readAll().samples
  }

  @Test("classes become files of the input's rate, channels and length; what isn't heard is silent")
  func classes() throws {
    try workshop.write("song.wav", frames: 50_001, sampleRate: 22_050, channels: 2)
    let run = try run(["song.wav", "--class", "speech", "--class", "Dog", "--class", "Speech, 74"])
    #expect(run.status == 0, "\(run.standardErrorText)")
    let names = ["0_Speech", "74_Dog", "0_Speech;74_Dog"].map { "separated/tiny/song/\($0).wav" }
    #expect(run.standardOutputText == names.map { $0 + "\n" }.joined())
    for name in names {
      let stem = try SoundFileReader(path: workshop.path(name).path)
      #expect(stem.format == AudioFormat(sampleRate: 22_050, channels: 2))
      #expect(stem.frameCount == 50_001)
      let isSilent = try stem.readAll().samples.allSatisfy { $0 == 0 }
      #expect(isSilent == name.contains("/74_"))
    }
  }

  @Test("levels give what is heard, in a folder for each level")
  func levels() throws {
    try workshop.write("a.wav", frames: 70_000, sampleRate: 32_000)
    let run = try run(["a.wav", "--levels", "1", "2", "--json", "--residual", "--class", "1"])
    #expect(run.status == 64)
    let found = try self.run(["a.wav", "--levels", "1", "2", "--json"])
    #expect(found.status == 0, "\(found.standardErrorText)")
    #expect(
      workshop.files("separated") == [
        "tiny/a/level=1/Human sounds.wav", "tiny/a/level=2/Human voice.wav",
      ])
    let object = try #require(
      try JSONSerialization.jsonObject(with: found.standardOutput) as? [String: Any])
    let stems = try #require(object["stems"] as? [String: String])
    #expect(stems["level=1/Human sounds"] == "separated/tiny/a/level=1/Human sounds.wav")
    // Without a query all three levels are looked for.
    let all = try self.run(["a.wav", "--skip-existing"])
    #expect(all.status == 0 && workshop.files("separated").count == 3)
    let nothing = try self.run([
      "a.wav", "--detection-threshold", "0.99", "-o", "nothing", "--json",
    ])
    #expect(nothing.status == 0 && nothing.standardErrorText.contains("0.99"))
    #expect(nothing.standardOutputText.contains("\"stems\":{}"))
    #expect(workshop.files("nothing").isEmpty)
    let rest = try self.run(["a.wav", "--levels", "1", "--residual", "-o", "rest"])
    #expect(rest.status == 0, "\(rest.standardErrorText)")
    let sum = zip(
      try samples("rest/tiny/a/level=1/Human sounds.wav"), try samples("rest/tiny/a/residual.wav")
    ).map { $0 + $1 }
    #expect(Comparison(sum, try samples("a.wav")).maxAbsoluteError < 1e-6)
  }

  @Test("a recording is a query, and can be kept as one")
  func examples() throws {
    try workshop.write("a.wav", frames: 40_000, sampleRate: 32_000)
    try workshop.write("examples/one.wav", frames: 30_000, sampleRate: 16_000, channels: 2)
    try workshop.write("examples/two.wav", frames: 9000, sampleRate: 32_000, amplitude: 0.4)
    for file in ["kept.npy", "kept.safetensors"] {
      let run = try run([
        "a.wav", "--query", "examples", "--save-query", file, "-o", "first", "--overwrite",
      ])
      #expect(run.status == 0, "\(run.standardErrorText)")
      let again = try self.run([
        "a.wav", "--query-embedding", file, "-o", "second", "--overwrite",
      ])
      #expect(again.status == 0, "\(again.standardErrorText)")
      #expect(
        try samples("first/tiny/a/query=examples.wav") == samples("second/tiny/a/query=kept.wav"))
    }
    #expect(try samples("first/tiny/a/query=examples.wav").contains { $0 != 0 })
  }

  @Test("the reference's segments are an option, and stay within themselves")
  func referenceSegments() throws {
    let long = workshop.tone(frames: 100_000)
    try workshop.write("long.wav", long, sampleRate: 32_000)
    try workshop.write("start.wav", Array(long[..<64_000]), sampleRate: 32_000)
    for name in ["long", "start"] {
      let run = try run(["\(name).wav", "--class", "0", "--reference-segments"])
      #expect(run.status == 0, "\(run.standardErrorText)")
    }
    #expect(
      Array(try samples("separated/tiny/long/0_Speech.wav")[..<64_000])
        == (try samples("separated/tiny/start/0_Speech.wav")))
  }

  @Test("a class nobody knows is answered with those that are meant perhaps")
  func suggestions() throws {
    try workshop.write("a.wav", frames: 4000, sampleRate: 32_000)
    for (text, expected) in [("Speach", "Speech"), ("527", "526"), ("", "class")] {
      let run = try run(["a.wav", "--class", text])
      #expect(
        run.status == 64 && run.standardErrorText.contains(expected), "\(run.standardErrorText)")
      #expect(run.standardErrorText.filter { $0 == "\n" }.count == 1)
    }
    #expect(workshop.files("separated").isEmpty)
  }

  @Test(
    "what makes no sense together is wrong usage",
    arguments: [
      ["a.wav", "--levels", "1", "--class", "0"], ["a.wav", "--save-query", "q.npy"],
      ["a.wav", "--reference-segments", "--segment", "3", "--class", "0"],
      ["a.wav", "--detection-threshold", "2"], ["a.wav", "--levels", "7"],
      ["a.wav", "--levels", "0"], ["a.wav", "--levels", "1", "--stems", "x"],
      ["a.wav", "--levels", "1", "2", "--residual"], ["a.wav", "-o", "-"], ["-", "--levels", "1"],
      ["a.wav", "--class", "0", "--shifts", "2"], ["a.wav", "--levels", "1", "--segment", "3"],
      ["a.wav", "--class", "0", "--class", "Speech"],
    ])
  func wrongUsage(_ arguments: [String]) throws {
    try workshop.write("a.wav", frames: 4000, sampleRate: 32_000)
    let run = try run(arguments)
    #expect(run.status == 64, "\(run.status): \(run.standardErrorText)")
    #expect(workshop.files("separated").isEmpty)
  }

  @Test("queries that can't be read or heard are data errors, missing ones missing inputs")
  func badQueries() throws {
    try workshop.write("a.wav", frames: 4000, sampleRate: 32_000)
    try workshop.write("quiet.wav", frames: 40_000, sampleRate: 32_000, amplitude: 0.001)
    try Data("nothing".utf8).write(to: workshop.path("text.npy"))
    for (arguments, status) in [
      (["--query", "quiet.wav"], 65), (["--query", "none.wav"], 66),
      (["--query-embedding", "text.npy"], 65), (["--query-embedding", "none.npy"], 66),
      (["--class", "0", "--tagger", "a.wav"], 65),
    ] as [([String], Int32)] {
      let run = try run(["a.wav"] + arguments)
      #expect(run.status == status, "\(arguments): \(run.standardErrorText)")
      #expect(run.standardErrorText.filter { $0 == "\n" }.count == 1)
    }
    #expect(workshop.files("separated").isEmpty)
  }

  @Test("queries are for models that take them")
  func otherModels() throws {
    try workshop.write("a.wav")
    let run = try workshop.run(["a.wav", "--class", "Speech"], model: .streaming)
    #expect(run.status == 64 && run.standardErrorText.contains("uss"))
  }

  @Test("a model without a tagger takes one from a file of its own")
  func tagger() throws {
    try workshop.write("a.wav", frames: 40_000, sampleRate: 32_000)
    try TinyUniversalModel.write(to: workshop.path("deaf.safetensors").path, tagger: false)
    try TinyUniversalModel.write(to: workshop.path("tagger.safetensors").path, separator: false)
    let alone = try run(["a.wav", "--class", "0"], model: "deaf.safetensors")
    #expect(alone.status == 64 && alone.standardErrorText.contains("--tagger"))
    let both = try run(
      ["a.wav", "--class", "0", "--tagger", "tagger.safetensors"], model: "deaf.safetensors")
    #expect(both.status == 0, "\(both.standardErrorText)")
    #expect(try run(["a.wav", "--class", "0"]).status == 0)
    #expect(
      try samples("separated/deaf/a/0_Speech.wav") == samples("separated/tiny/a/0_Speech.wav"))
  }

  @Test("models info knows the family")
  func info() throws {
    let run = try ProgramRun(
      "separate-stems", ["models", "info", "tiny.safetensors", "--json"], in: workshop.folder)
    #expect(run.status == 0, "\(run.standardErrorText)")
    let object = try #require(
      try JSONSerialization.jsonObject(with: run.standardOutput) as? [String: Any])
    #expect(object["family"] as? String == "ResUNet30")
    #expect(object["sampleRate"] as? Int == 32_000)
    #expect(object["segmentSeconds"] as? Double == 2)
  }
}
