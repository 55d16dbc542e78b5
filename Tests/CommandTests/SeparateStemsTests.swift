// SPDX-License-Identifier: Apache-2.0
import Foundation
import SoundFiles
import TestSupport
import Testing

/// A folder with recordings, and the program run in it with a tiny network.
final class SeparationWorkshop {
  let folder: URL

  init() throws { folder = try Fixtures.temporaryFolder() }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Golden networks by what they need.
  enum Model: String {
    case streaming = "asteroid-cln-causal/model.pth"
    case music = "music/tasnet.th"

    var path: String {
      Fixtures.packageRoot.appendingPathComponent("Tests/ConvTasNetTests/Goldens/\(rawValue)").path
    }
  }

  func path(_ name: String) -> URL { folder.appendingPathComponent(name) }

  func tone(frames: Int, channels: Int = 1, amplitude: Float = 0.2) -> [Float] {
    (0..<(frames * channels)).map { index in
      let time = Double(index / channels)
      return amplitude * Float(sin(0.05 * time) + 0.5 * sin(0.31 * time + Double(index % channels)))
    }
  }

  func write(
    _ name: String, frames: Int = 4000, sampleRate: Int = 8000, channels: Int = 1,
    amplitude: Float = 0.2
  ) throws {
    try write(
      name, tone(frames: frames, channels: channels, amplitude: amplitude), sampleRate: sampleRate,
      channels: channels)
  }

  func write(_ name: String, _ samples: [Float], sampleRate: Int = 8000, channels: Int = 1) throws {
    try FileManager.default.createDirectory(
      at: path(name).deletingLastPathComponent(), withIntermediateDirectories: true)
    let writer = try SoundFileWriter(
      path: path(name).path, format: AudioFormat(sampleRate: sampleRate, channels: channels),
      encoding: SoundFileEncoding(container: .wav, sampleFormat: .float32), replacing: false)
    try writer.write(AudioBlock(channels: channels, samples: samples))
    try writer.finish()
  }

  func run(
    _ arguments: [String], model: Model? = .streaming, input: Data = Data(),
    environment: [String: String] = [:]
  ) throws -> ProgramRun {
    let chosen = model.map { ["--model", $0.path] } ?? []
    return try ProgramRun(
      "separate-stems", arguments + chosen, input: input, in: folder, environment: environment)
  }

  /// All files below a folder of the workshop, hidden ones too.
  func files(_ name: String) -> [String] {
    let found = FileManager.default.enumerator(atPath: path(name).path)?.allObjects as? [String]
    return (found ?? []).filter {
      var isFolder: ObjCBool = false
      let path = self.path(name).appendingPathComponent($0).path
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        && !isFolder.boolValue
    }.sorted()
  }
}

@Suite("separate-stems") struct SeparateStemsTests {
  private let workshop: SeparationWorkshop

  init() throws { workshop = try SeparationWorkshop() }

  @Test("stems are written where the habit wants them, with the input's rate and length")
  func habit() throws {
    try workshop.write("song.wav", frames: 5001, sampleRate: 11025, channels: 2)
    let run = try workshop.run(["song.wav"], model: .music)
    #expect(run.status == 0, "\(run.standardErrorText)")
    let names = ["drums", "bass", "other", "vocals"]
    #expect(
      run.standardOutputText
        == names.map { "separated/tasnet/song/\($0).wav\n" }.joined())
    for name in names {
      let stem = try SoundFileReader(path: workshop.path("separated/tasnet/song/\(name).wav").path)
      #expect(stem.format == AudioFormat(sampleRate: 11025, channels: 2))
      #expect(stem.frameCount == 5001)
    }
  }

  @Test("float stems are the library's numbers: whole, in a pipe, and as raw samples")
  func exactness() throws {
    try workshop.write("a.wav", frames: 3000)
    let file = try workshop.run(["a.wav", "--sample-format", "float32", "-o", "out"])
    #expect(file.status == 0)
    let whole = try SoundFileReader(path: workshop.path("out/model/a/speaker1.wav").path).readAll()

    let bytes = try Data(contentsOf: workshop.path("a.wav"))
    let pipe = try workshop.run(
      ["-", "-o", "-", "--stems", "speaker1", "--raw-samples"], input: bytes)
    #expect(pipe.status == 0, "\(pipe.standardErrorText)")
    let piped = pipe.standardOutput.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    #expect(piped == whole.samples)
  }

  @Test("JSON tells what was done")
  func json() throws {
    try workshop.write("a.wav", frames: 4000)
    let run = try workshop.run(["a.wav", "--json", "--filename", "{stem}.{ext}"])
    let object = try #require(
      try JSONSerialization.jsonObject(with: run.standardOutput) as? [String: Any])
    #expect(object["input"] as? String == "a.wav")
    #expect(object["model"] as? String == "model")
    #expect(object["sampleRate"] as? Int == 8000)
    #expect(object["duration"] as? Double == 0.5)
    #expect((object["stems"] as? [String: String])?["speaker2"] == "separated/speaker2.wav")
    #expect((object["peakMemoryBytes"] as? Int ?? 0) > 1_000_000)
  }

  @Test("chosen stems, two stems and the residual")
  func selection() throws {
    try workshop.write("a.wav", frames: 3000, sampleRate: 44100, channels: 2)
    let two = try workshop.run(
      ["a.wav", "--two-stems", "vocals", "--residual", "-o", "two", "--filename", "{stem}.{ext}"],
      model: .music)
    #expect(two.status == 0)
    #expect(workshop.files("two") == ["no_vocals.wav", "residual.wav", "vocals.wav"])
    let one = try workshop.run(
      ["a.wav", "--stems", "bass, drums", "-o", "one", "--filename", "{stem}.{ext}"], model: .music)
    #expect(one.status == 0)
    #expect(workshop.files("one") == ["bass.wav", "drums.wav"])
    for wrong in [["--stems", "kazoo"], ["--two-stems", "kazoo"]] {
      let run = try workshop.run(["a.wav"] + wrong, model: .music)
      #expect(run.status == 64 && run.standardErrorText.contains("vocals"))
    }
  }

  @Test("stems beyond full scale share one gain, and the sum of the stems shows it")
  func clipping() throws {
    try workshop.write("loud.wav", frames: 3000, sampleRate: 44100, channels: 2, amplitude: 0.9)
    func samples(_ folder: String, _ stem: String) throws -> [Float] {
      try SoundFileReader(path: workshop.path("\(folder)/\(stem).wav").path).readAll().samples
    }
    let name = ["--filename", "{stem}.{ext}"]
    _ = try workshop.run(
      ["loud.wav", "-o", "float", "--sample-format", "float32"] + name, model: .music)
    let run = try workshop.run(
      ["loud.wav", "-o", "int", "--clip", "rescale"] + name, model: .music)
    #expect(run.standardErrorText.contains("scaled by"))
    let stems = ["drums", "bass", "other", "vocals"]
    let peak = try stems.map { try samples("float", $0).map(abs).max() ?? 0 }.max() ?? 0
    #expect(peak > 1)
    for stem in stems {
      let expected = try samples("float", stem).map { $0 / (1.01 * peak) }
      let comparison = Comparison(try samples("int", stem), expected)
      #expect(comparison.maxAbsoluteError <= 0.51 / 32768, "\(comparison)")
    }
  }

  @Test("a part of the input is separated")
  func range() throws {
    try workshop.write("a.wav", frames: 8000)
    let run = try workshop.run(
      ["a.wav", "--start", "0.25", "--duration", "0.5", "--filename", "{stem}.{ext}"])
    #expect(run.status == 0)
    let stem = try SoundFileReader(path: workshop.path("separated/speaker1.wav").path)
    #expect(stem.frameCount == 4000)
  }

  @Test("a batch survives bad files, says so, and is resumed")
  func batch() throws {
    try FileManager.default.createDirectory(
      at: workshop.path("in/deep"), withIntermediateDirectories: true)
    try workshop.write("in/one.wav")
    try workshop.write("in/deep/two.wav")
    try Data("nonsense".utf8).write(to: workshop.path("in/bad.wav"))
    let name = ["--filename", "{folder}/{track}-{stem}.{ext}"]
    let first = try workshop.run(["in"] + name)
    #expect(first.status == 1)
    #expect(first.standardErrorText.contains("bad.wav: is not an audio file"))
    #expect(first.standardErrorText.contains("1 of 3 inputs failed"))
    #expect(
      workshop.files("separated") == [
        "deep/two-speaker1.wav", "deep/two-speaker2.wav", "one-speaker1.wav", "one-speaker2.wav",
      ])

    let again = try workshop.run(["in/one.wav", "--filename", "{track}-{stem}.{ext}"])
    #expect(again.status == 73 && again.standardErrorText.contains("exists"))
    let bytes = try Data(contentsOf: workshop.path("separated/one-speaker2.wav"))
    try FileManager.default.removeItem(at: workshop.path("separated/one-speaker2.wav"))
    let resumed = try workshop.run(["in/one.wav", "in/deep", "--skip-existing"] + name)
    #expect(resumed.status == 0, "\(resumed.standardErrorText)")
    #expect(try Data(contentsOf: workshop.path("separated/one-speaker2.wav")) == bytes)
    let replaced = try workshop.run(["in/one.wav", "--overwrite"] + name)
    #expect(replaced.status == 0)
  }

  @Test("help, models and completions")
  func talk() throws {
    #expect(try workshop.run(["--help"], model: nil).standardOutputText.contains("EXAMPLES"))
    let list = try workshop.run(["models"], model: nil)
    #expect(list.standardOutputText.contains("speech-noise-16k"))
    #expect(list.standardOutputText.contains("music-4stems"))
    let info = try workshop.run(
      ["models", "info", SeparationWorkshop.Model.music.path], model: nil)
    #expect(info.standardOutputText.contains("drums, bass, other, vocals"))
    let script = try workshop.run(["--generate-completion-script", "bash"], model: nil)
    #expect(script.standardOutputText.contains("--two-stems"))
  }
}
