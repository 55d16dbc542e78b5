// SPDX-License-Identifier: Apache-2.0
import Foundation
import SoundFiles
import TestSupport
import Testing

@Suite("audio-tokens") struct AudioTokensTests {
  private let workshop: TokenWorkshop

  init() throws { workshop = try TokenWorkshop() }

  @Test(
    "tokens are the reference's, with all that is needed to use them", arguments: [1, 29, 31, 2003])
  func encode(length: Int) throws {
    try workshop.writeGoldenInput("a b.wav", length: length)
    let run = try workshop.run("encode", "a b.wav", "-o", "-")
    #expect(run.status == 0 && run.standardErrorText.isEmpty, "\(run.standardErrorText)")
    let object = try #require(try TokenWorkshop.objects(run.standardOutput).first)
    #expect(object["tokens"] as? [Int] == (try workshop.goldenTokens(length)))
    #expect(object["id"] as? String == "a b" && object["model"] as? String == "model")
    #expect(object["tokensPerSecond"] as? Int == 800 && object["sampleRate"] as? Int == 24000)
    #expect(object["hopLength"] as? Int == 30 && object["codebookSize"] as? Int == 40)
    #expect(object["samples"] as? Int == length)
    let duration = try #require(object["duration"] as? Double)
    #expect(abs(duration - Double(length) / 24000) < 1e-12)
  }

  @Test(
    "every format holds the same tokens",
    arguments: ["json", "npy", "safetensors", "text", "packed", "megatron", "webdataset"])
  func formats(format: String) throws {
    try workshop.writeGoldenInput("in/a.wav")
    try workshop.writeGoldenInput("in/deep/b.wav", length: 151)
    let run = try workshop.run("encode", "in", "--format", format)
    #expect(run.status == 0, "\(run.standardErrorText)")
    let names: [String]
    switch format {
    case "megatron": names = ["tokens.bin", "tokens.idx"]
    case "webdataset": names = ["tokens-000000.tar"]
    default:
      let ending = ["text": "txt", "packed": "tokens"][format] ?? format
      names = ["a.\(ending)", "deep/b.\(ending)"]
    }
    #expect(run.standardOutputText == names.map { "tokens/\($0)\n" }.joined())
    #expect(workshop.sounds.files("tokens") == names)
    let inputs = format == "megatron" ? ["tokens.idx"] : names
    var read: [[Int]] = []
    for name in inputs {
      let back = try workshop.run("convert", "tokens/\(name)", "-o", "-", model: nil)
      #expect(back.status == 0, "\(back.standardErrorText)")
      read += try TokenWorkshop.tokens(back.standardOutput)
    }
    #expect(read == [try workshop.goldenTokens(), try workshop.goldenTokens(151)])

    // Decoding understands them all.
    let decoded = try workshop.run("decode", "tokens/\(inputs[0])", "--sample-format", "float32")
    #expect(decoded.status == 0, "\(decoded.standardErrorText)")
    let first = try #require(decoded.standardOutputText.split(separator: "\n").first)
    let sound = try SoundFileReader(path: workshop.path(String(first)).path)
    #expect(sound.format == AudioFormat(sampleRate: 24000, channels: 1))
    let comparison = Comparison(
      try sound.readAll().samples, try workshop.golden("waveform2003.0").elements)
    #expect(comparison.relativeToPeak < 1e-4, "\(comparison)")
  }

  @Test("sound is as long as its tokens, or trimmed to what was encoded")
  func decode() throws {
    try workshop.writeGoldenInput("a.wav", length: 2003)
    #expect(try workshop.run("encode", "a.wav").status == 0)
    for (options, frames) in [([], 2010), (["--trim"], 2003)] {
      let run = try ProgramRun(
        "audio-tokens",
        ["decode", "tokens/a.json", "-m", TokenWorkshop.model, "--json", "--overwrite"] + options,
        in: workshop.sounds.folder)
      let object = try #require(try TokenWorkshop.objects(run.standardOutput).first)
      #expect(object["samples"] as? Int == frames && object["mode"] as? String == "whole")
      #expect(object["tokenCount"] as? Int == 67)
      #expect(try SoundFileReader(path: workshop.path("decoded/a.wav").path).frameCount == frames)
    }
    let other = try workshop.run(
      "decode", "tokens/a.json", "-o", "-", "--raw-samples", "--bandwidth-id", "2", "--mode",
      "bounded")
    let samples = other.standardOutput.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    let comparison = Comparison(samples, try workshop.golden("waveform2003.2").elements)
    #expect(comparison.relativeToPeak < 1e-4, "\(comparison)")
  }

  @Test("pipes carry sound, samples, text and tokens")
  func pipes() throws {
    try workshop.writeGoldenInput("a.wav")
    let expected = try workshop.goldenTokens()
    let wave = try Data(contentsOf: workshop.path("a.wav"))
    let piped = try workshop.run("encode", "-", "-o", "-", input: wave)
    #expect(try TokenWorkshop.tokens(piped.standardOutput) == [expected])
    #expect(try TokenWorkshop.objects(piped.standardOutput).first?["id"] as? String == "stdin")

    let samples = try workshop.golden("input").elements.withUnsafeBytes { Data($0) }
    let raw = try workshop.run(
      "encode", "-", "--raw-samples", "-o", "-", "--format", "text", input: samples)
    #expect(raw.standardOutputText == expected.map { "<|audio_\($0)|>" }.joined() + "\n")

    let sound = try workshop.run(
      "decode", "-", "-o", "-", "--sample-format", "float32", input: raw.standardOutput)
    #expect(sound.status == 0, "\(sound.standardErrorText)")
    try sound.standardOutput.write(to: workshop.path("back.wav"))
    let back = try SoundFileReader(path: workshop.path("back.wav").path).readAll()
    #expect(back.frames == 2010)
  }

  @Test("sound of any rate and channels is mixed down, then resampled")
  func preparation() throws {
    // Channels whose mean is the golden input.
    let input = try workshop.golden("input").elements
    try workshop.sounds.write(
      "stereo.wav", input.flatMap { [$0 + 0.1, $0 - 0.1] }, sampleRate: 24000, channels: 2)
    let stereo = try workshop.run("encode", "stereo.wav", "-o", "-", "--margins")
    let object = try #require(try TokenWorkshop.objects(stereo.standardOutput).first)
    let margins = try #require(object["margins"] as? [Double])
    let tokens = try #require(object["tokens"] as? [Int])
    #expect(margins.count == 67 && margins.allSatisfy { $0 >= 0 })
    // Rounding of the mean may turn what was nearly a tie.
    for (index, (a, b)) in zip(tokens, try workshop.goldenTokens()).enumerated() where a != b {
      #expect(margins[index] < 1e-3)
    }
    try workshop.sounds.write("cd.wav", frames: 44101, sampleRate: 44100, channels: 2)
    let cd = try workshop.run("encode", "cd.wav", "-o", "-")
    let resampled = try #require(try TokenWorkshop.objects(cd.standardOutput).first)
    #expect(resampled["samples"] as? Int == 24001)
    #expect((resampled["tokens"] as? [Int])?.count == 801)
    let part = try workshop.run(
      "encode", "cd.wav", "--start", "0.25", "--duration", "0.5", "-o", "-")
    #expect(try TokenWorkshop.tokens(part.standardOutput).first?.count == 400)
  }

  @Test("a stem goes from separate-stems into tokens")
  func stems() throws {
    try workshop.sounds.write("talk.wav", frames: 8000)
    let stem = try workshop.sounds.run(["talk.wav", "--stems", "speaker1", "-o", "-"])
    #expect(stem.status == 0, "\(stem.standardErrorText)")
    let run = try workshop.run("encode", "-", "-o", "-", input: stem.standardOutput)
    #expect(try TokenWorkshop.tokens(run.standardOutput).first?.count == 800)
  }

  @Test("a reconstruction has its input's length, and scores")
  func reconstruct() throws {
    try workshop.sounds.write("a.wav", frames: 24000, sampleRate: 16000)
    let run = try workshop.run("reconstruct", "a.wav", "--json")
    #expect(run.status == 0, "\(run.standardErrorText)")
    let object = try #require(try TokenWorkshop.objects(run.standardOutput).first)
    #expect(object["tokenCount"] as? Int == 1200 && object["mode"] as? String == "whole")
    let metrics = try #require(object["metrics"] as? [String: Any])
    let definitions = try #require(object["definitions"] as? [String: String])
    #expect(Set(metrics.keys) == ["si-sdr", "mel", "stoi", "ssnr"])
    #expect(Set(metrics.keys) == Set(definitions.keys))
    let sound = try SoundFileReader(path: workshop.path("reconstructed/a.wav").path)
    #expect(sound.format.sampleRate == 24000 && sound.frameCount == 36000)
    let text = try workshop.run("reconstruct", "a.wav", "--overwrite")
    #expect(text.standardOutputText.hasPrefix("reconstructed/a.wav  si-sdr "))
  }

  @Test("the bundled codec needs no name, and leaves recorded speech intelligible")
  func outOfTheBox() throws {
    let speech = Fixtures.packageRoot.appendingPathComponent(
      "AudioFixtures/speech-with-noise.clean.wav")
    try FileManager.default.copyItem(at: speech, to: workshop.path("a.wav"))
    let run = try workshop.run("reconstruct", "a.wav", "--json", model: nil)
    #expect(run.status == 0, "\(run.standardErrorText)")
    let object = try #require(try TokenWorkshop.objects(run.standardOutput).first)
    #expect(object["model"] as? String == "speech-codec-24k")
    #expect(object["tokensPerSecond"] as? Int == 75)
    let metrics = try #require(object["metrics"] as? [String: Double])
    // The card has the measured value; never trained on this speaker.
    #expect(try #require(metrics["stoi"]) > 0.78)

    #expect(try workshop.run("encode", "a.wav", model: nil).status == 0)
    let decoded = try workshop.run("decode", "tokens/a.json", "--trim", model: nil)
    #expect(decoded.status == 0, "\(decoded.standardErrorText)")
    #expect(workshop.sounds.files("decoded") == ["a.wav"])
  }

  @Test("info and stats say what token files hold")
  func statistics() throws {
    let text =
      #"{"id":"a","tokens":[0,1,2,3,3],"sampleRate":24000,"hopLength":600,"codebookSize":8}"#
    try Data((text + "\n").utf8).write(to: workshop.path("a.jsonl"))
    let info = try workshop.run("info", "a.jsonl", "--json", model: nil)
    let object = try #require(try TokenWorkshop.objects(info.standardOutput).first)
    #expect(object["tokenCount"] as? Int == 5 && object["format"] as? String == "json")
    #expect(object["duration"] as? Double == 0.125)
    #expect(
      try workshop.run("info", "a.jsonl", model: nil).standardOutputText.contains(
        "5 tokens, 0.125 s"))

    let stats = try workshop.run("stats", "a.jsonl", "--json", model: nil)
    let numbers = try #require(try TokenWorkshop.objects(stats.standardOutput).first)
    let entropy = -(3 * 0.2 * log2(0.2) + 0.4 * log2(0.4))
    #expect(abs((numbers["entropy"] as? Double ?? 0) - entropy) < 1e-12)
    #expect(abs((numbers["entropyBitrate"] as? Double ?? 0) - 40 * entropy) < 1e-10)
    #expect(numbers["nominalBitrate"] as? Double == 120)
    #expect(numbers["utilisation"] as? Double == 0.5 && numbers["repeatRatio"] as? Double == 0.25)
    #expect(numbers["histogram"] as? [Int] == [1, 1, 1, 2, 0, 0, 0, 0])
    #expect(try workshop.run("stats", "a.jsonl", model: nil).standardOutputText.contains("4 of 8"))
  }

  @Test("convert joins, offsets and cuts")
  func convert() throws {
    let lines = (0..<5).map { #"{"id":"x/\#($0)","tokens":[\#($0),9]}"# }.joined(separator: "\n")
    try Data(lines.utf8).write(to: workshop.path("a.jsonl"))
    let words = try workshop.run(
      "convert", "a.jsonl", "--format", "text", "--token-template", "{}", "--token-separator", " ",
      "--vocabulary-offset", "100", "-o", "-", model: nil)
    #expect(words.standardOutputText == (0..<5).map { "\(100 + $0) 109\n" }.joined())
    let shards = try workshop.run(
      "convert", "a.jsonl", "--format", "webdataset", "--shard-size", "2", "-o", "out", model: nil)
    #expect(shards.status == 0, "\(shards.standardErrorText)")
    #expect(workshop.sounds.files("out") == (0..<3).map { "tokens-00000\($0).tar" })
    let each = try workshop.run("convert", "out", "--format", "npy", "-o", "each", model: nil)
    #expect(each.status == 0, "\(each.standardErrorText)")
    #expect(workshop.sounds.files("each") == (0..<5).map { "x/\($0).npy" })
    let lacking = try workshop.run("convert", "a.jsonl", "--format", "megatron", model: nil)
    #expect(lacking.status == 64 && lacking.standardErrorText.contains("--codebook-size"))
  }

  @Test("help, models and the way to one")
  func talk() throws {
    #expect(try workshop.run("--help", model: nil).standardOutputText.contains("EXAMPLES"))
    #expect(
      try workshop.run("models", model: nil).standardOutputText.contains(
        "wavtokenizer-large-unify-600"))
    let info = try workshop.run("models", "info", TokenWorkshop.model, model: nil)
    #expect(info.standardOutputText.contains("800.00 a second"))
    let codec = try workshop.run("models", "info", "speech-codec-24k", model: nil)
    #expect(codec.standardOutputText.contains("75.00 a second"))
  }
}
