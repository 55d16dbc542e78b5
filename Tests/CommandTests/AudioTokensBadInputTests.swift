// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@Suite("audio-tokens and bad input") struct AudioTokensBadInputTests {
  private let workshop: TokenWorkshop

  init() throws { workshop = try TokenWorkshop() }

  /// One line on standard error, nothing on standard output, nothing written.
  private func expectRefusal(
    _ run: ProgramRun, _ status: Int32, _ words: String,
    _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(run.status == status, "\(run.standardErrorText)", sourceLocation: location)
    #expect(
      run.standardErrorText.contains(words), "\(run.standardErrorText)", sourceLocation: location)
    #expect(
      run.standardErrorText.filter { $0 == "\n" }.count == 1,
      "\(run.standardErrorText)", sourceLocation: location)
    #expect(run.standardOutput.isEmpty, sourceLocation: location)
    for folder in ["tokens", "decoded", "reconstructed"] {
      #expect(workshop.sounds.files(folder) == [], sourceLocation: location)
    }
  }

  @Test("sound that can't be encoded")
  func sound() throws {
    try Data("Dear diary".utf8).write(to: workshop.path("text.wav"))
    try workshop.sounds.write("silence.wav", [], sampleRate: 24000)
    try workshop.sounds.write("nan.wav", [0, 0, .nan], sampleRate: 24000)
    for format in ["json", "megatron", "webdataset"] {
      expectRefusal(try workshop.run("encode", "none.wav", "--format", format), 66, "no such file")
    }
    expectRefusal(try workshop.run("encode", "text.wav"), 65, "is not an audio file")
    expectRefusal(
      try workshop.run("encode", "silence.wav"), 65, "silence.wav: there is no sound in it")
    expectRefusal(try workshop.run("encode", "nan.wav"), 65, "frame 2")
    expectRefusal(try workshop.run("reconstruct", "nan.wav"), 65, "frame 2")
  }

  @Test("tokens that can't be decoded")
  func tokens() throws {
    let codec = #""sampleRate":24000,"hopLength":30"#
    for (name, text) in [
      ("range", #"{"tokens":[1,40]}"#), ("size", #"{"tokens":[1],\#(codec),"codebookSize":41}"#),
      ("none", #"{"tokens":[]}"#), ("negative", #"{"tokens":[-1]}"#), ("cut", #"{"tokens":[1,"#),
      ("other", #"{"tokens":[1],\#(codec),"codebookSize":40,"model":"x","fingerprint":"12"}"#),
    ] {
      try Data(text.utf8).write(to: workshop.path("\(name).json"))
    }
    try Data("hello".utf8).write(to: workshop.path("a.tokens"))
    expectRefusal(
      try workshop.run("decode", "range.json"), 65, "token 1 of 'range' is 40, expected 0 to 39")
    expectRefusal(
      try workshop.run("decode", "size.json"), 65, "a codebook of 41, the model 'model' has 40")
    expectRefusal(try workshop.run("decode", "other.json"), 65, "tokens of the model 'x'")
    expectRefusal(try workshop.run("decode", "none.json"), 65, "no tokens")
    expectRefusal(try workshop.run("decode", "negative.json"), 65, "-1")
    expectRefusal(try workshop.run("decode", "cut.json"), 65, "cut.json")
    expectRefusal(try workshop.run("decode", "a.tokens"), 65, "is no token file")
    expectRefusal(try workshop.run("decode", "missing.json"), 66, "missing.json: no such file")
    expectRefusal(
      try workshop.run("decode", "range.json", "--bandwidth-id", "3"), 65, "token 1")
    try Data(#"{"tokens":[1]}"#.utf8).write(to: workshop.path("one.json"))
    expectRefusal(try workshop.run("decode", "one.json", "--bandwidth-id", "3"), 64, "bandwidth")
  }

  @Test("models that are none, or another's")
  func models() throws {
    try workshop.writeGoldenInput("a.wav")
    expectRefusal(try workshop.run("encode", "a.wav", model: "none.ckpt"), 66, "none.ckpt")
    expectRefusal(
      try workshop.run("encode", "a.wav", model: "wavtokenizr-small-600"), 69,
      "wavtokenizer-small-600")
    expectRefusal(
      try workshop.run("encode", "a.wav", model: SeparationWorkshop.Model.music.path), 65,
      "WavTokenizer")
    let yaml = """
      model:
        init_args:
          sample_rate: 24000
          feature_extractor:
            init_args: {dowmsamples: [3, 5, 2], vq_bins: 40, bandwidths: [6.6, 6.6, 6.6]}
          backbone:
            init_args: {input_channels: 12, dim: 32, intermediate_dim: 40, num_layers: 2}
          head:
            init_args: {dim: 32, n_fft: 120, hop_length: 30, padding: same}
      """
    try Data(yaml.utf8).write(to: workshop.path("a.yaml"))
    #expect(try workshop.run("encode", "a.wav", "--config", "a.yaml", "-o", "-").status == 0)
    for (right, wrong, words) in [
      ("[3, 5, 2]", "[2, 5, 3]", "strides 3, 5, 2"),
      ("vq_bins: 40", "vq_bins: 41", "codebook size 41"),
      ("hop_length: 30", "hop_length: 31", "hop_length 31"), ("n_fft: 120", "n_fft: x", "n_fft"),
      ("feature_extractor", "x", "feature_extractor"), ("model:", "model: [", "no model's YAML"),
    ] {
      try Data(yaml.replacing(right, with: wrong).utf8).write(to: workshop.path("b.yaml"))
      expectRefusal(try workshop.run("encode", "a.wav", "--config", "b.yaml"), 65, words)
    }
    expectRefusal(try workshop.run("encode", "a.wav", "--config", "none.yaml"), 66, "none.yaml")
  }

  @Test("wishes that make no sense")
  func usage() throws {
    try workshop.writeGoldenInput("a.wav")
    for arguments in [
      ["encode"], ["encode", "a.wav", "--manifest", "l"],
      ["encode", "a.wav", "--format", "megatron", "-o", "-"],
      ["encode", "a.wav", "--token-template", "x"], ["encode", "a.wav", "--token-template", "{}"],
      ["encode", "a.wav", "--margins", "--format", "npy"],
      ["encode", "a.wav", "--vocabulary-offset", "-1"],
      ["encode", "a.wav", "--skip-existing", "--overwrite"], ["decode", "a.json", "--raw-samples"],
      ["encode", "--manifest", "l", "-o", "-", "--format", "npy"],
      ["encode", "a.wav", "--duration", "0"],
      ["reconstruct", "a.wav", "-o", "-"], ["encode", "a.wav", "--shard", "2/2"],
    ] {
      let run = try ProgramRun(
        "audio-tokens", arguments + ["-m", TokenWorkshop.model], in: workshop.sounds.folder)
      #expect(run.status == 64, "\(arguments): \(run.standardErrorText)")
    }
    expectRefusal(
      try workshop.run("encode", "a.wav", "a.wav"), 64, "would be written twice")
    expectRefusal(
      try workshop.run("encode", "a.wav", "a.wav", "--format", "megatron"), 64,
      "would be written twice")
  }

  @Test("a batch survives bad files, says so, and is resumed")
  func batch() throws {
    try workshop.writeGoldenInput("in/a.wav")
    try workshop.writeGoldenInput("in/c.wav", length: 151)
    try Data("nonsense".utf8).write(to: workshop.path("in/b.wav"))
    let run = try workshop.run("encode", "in")
    #expect(run.status == 1 && run.standardErrorText.contains("1 of 3 inputs failed"))
    #expect(workshop.sounds.files("tokens") == ["a.json", "c.json"])
    let again = try workshop.run("encode", "in/a.wav")
    #expect(again.status == 73 && again.standardErrorText.contains("exists"))
    #expect(
      try workshop.run("encode", "in/a.wav", "--skip-existing").standardErrorText.contains(
        "left out"))
    #expect(try workshop.run("encode", "in/a.wav", "--overwrite").status == 0)
    let set = try workshop.run("encode", "in", "--format", "megatron", "-o", "set")
    #expect(set.status == 1)
    #expect(workshop.sounds.files("set") == ["tokens.bin", "tokens.idx"])
    let info = try workshop.run("info", "set/tokens", model: nil)
    #expect(info.standardOutputText.split(separator: "\n").count == 2)
  }

  @Test("a full disk leaves nothing behind")
  func fullDisk() throws {
    try workshop.writeGoldenInput("in/a.wav")
    try workshop.sounds.write("in/long.wav", frames: 240_000, sampleRate: 24000)
    let program = ProgramRun.program("audio-tokens").path
    for (arguments, folder) in [
      ("encode in/long.wav", "tokens"),
      ("encode in --format megatron --vocabulary-offset 70000", "tokens"),
      ("encode in --format webdataset", "tokens"), ("reconstruct in/long.wav", "reconstructed"),
    ] {
      // A limit on the size of files stands for the disk's end: 8 blocks of 512 or 1024 bytes.
      let run = try ProgramRun(
        executable: URL(fileURLWithPath: "/bin/sh"),
        arguments: [
          "-c", "ulimit -f 8; exec \"$0\" \(arguments) -m \"$1\"", program, TokenWorkshop.model,
        ],
        in: workshop.sounds.folder)
      #expect(run.status == 74, "\(arguments): \(run.standardErrorText)")
      #expect(workshop.sounds.files(folder) == [], "\(arguments)")
    }
  }
}
