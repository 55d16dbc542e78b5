// SPDX-License-Identifier: Apache-2.0
import Foundation
import SoundFiles
import TestSupport
import Testing

@Suite("separate-stems and bad input") struct SeparateStemsBadInputTests {
  private let workshop: SeparationWorkshop

  init() throws { workshop = try SeparationWorkshop() }

  /// One line on standard error, nothing on standard output, nothing written.
  private func expectRefusal(
    _ run: ProgramRun, _ status: Int32, _ words: String, written: [String] = [],
    _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(run.status == status, "\(run.standardErrorText)", sourceLocation: location)
    #expect(run.standardErrorText.contains(words), sourceLocation: location)
    #expect(
      run.standardErrorText.filter { $0 == "\n" }.count == 1,
      "\(run.standardErrorText)", sourceLocation: location)
    #expect(run.standardOutput.isEmpty, sourceLocation: location)
    #expect(workshop.files("separated") == written, sourceLocation: location)
  }

  @Test("files that are no recordings")
  func noRecordings() throws {
    try Data().write(to: workshop.path("empty.wav"))
    try Data("Dear diary".utf8).write(to: workshop.path("text.wav"))
    try workshop.write("silence.wav", [])
    expectRefusal(try workshop.run(["empty.wav"]), 65, "empty.wav: is empty")
    expectRefusal(try workshop.run(["text.wav"]), 65, "text.wav: is not an audio file")
    expectRefusal(try workshop.run(["silence.wav"]), 65, "there is no sound in it")
    expectRefusal(try workshop.run(["none.wav"]), 66, "none.wav: no such file")
    try FileManager.default.createDirectory(
      at: workshop.path("hollow"), withIntermediateDirectories: true)
    expectRefusal(try workshop.run(["hollow"]), 66, "no audio files")
  }

  @Test("a kind of file that ffmpeg decodes asks for ffmpeg where it isn't there")
  func withoutFFmpeg() throws {
    try Data("....ftypM4A ........".utf8).write(to: workshop.path("song.m4a"))
    let run = try workshop.run(["song.m4a"], environment: ["PATH": "/nowhere"])
    expectRefusal(run, 69, "song.m4a: is decoded by the program ffmpeg, which is not installed")
  }

  @Test("a NaN is named with its place", arguments: [Float.nan, .infinity])
  func notFinite(value: Float) throws {
    var samples = workshop.tone(frames: 20_000)
    samples[12_345] = value
    try workshop.write("a.wav", samples)
    expectRefusal(try workshop.run(["a.wav"]), 65, "frame 12345")
  }

  @Test("a recording that was cut short is separated as far as it goes, with a warning")
  func truncated() throws {
    try workshop.write("a.wav", frames: 4000)
    let bytes = try Data(contentsOf: workshop.path("a.wav"))
    try bytes.dropLast(1602).write(to: workshop.path("cut.wav"))
    let run = try workshop.run(["cut.wav", "--filename", "{stem}.{ext}"])
    #expect(run.status == 0 && run.standardErrorText.contains("cut short"))
    let stem = try SoundFileReader(path: workshop.path("separated/speaker1.wav").path)
    #expect(stem.frameCount == 3599)
  }

  @Test(
    "odd shapes of recordings keep theirs",
    arguments: [(1, 8000, 1), (2, 192_000, 1), (3000, 192_000, 8)])
  func shapes(shape: (frames: Int, rate: Int, channels: Int)) throws {
    try workshop.write(
      "a.wav", frames: shape.frames, sampleRate: shape.rate, channels: shape.channels)
    for (model, channels) in [(SeparationWorkshop.Model.streaming, 1), (.music, 2)] {
      let run = try workshop.run(
        ["a.wav", "-o", "\(model)", "--filename", "{stem}.{ext}"], model: model)
      #expect(run.status == 0, "\(run.standardErrorText)")
      for name in workshop.files("\(model)") {
        let stem = try SoundFileReader(path: workshop.path("\(model)/\(name)").path)
        #expect(stem.frameCount == shape.frames)
        #expect(
          stem.format
            == AudioFormat(sampleRate: shape.rate, channels: min(channels, shape.channels)))
      }
    }
  }

  @Test("outputs that can't be written")
  func outputs() throws {
    try workshop.write("a.wav")
    try Data().write(to: workshop.path("file"))
    expectRefusal(
      try workshop.run(["a.wav", "-o", "file"]), 73, "file")
    expectRefusal(
      try workshop.run(["a.wav", "--format", "flac", "--sample-format", "float32"]), 64,
      "flac has no float32")
    expectRefusal(try workshop.run(["a.wav", "--filename", "../{stem}.wav"]), 64, "--filename")
    expectRefusal(try workshop.run(["a.wav", "--filename", "{stern}.wav"]), 64, "{stern}")
    expectRefusal(try workshop.run(["a.wav", "--filename", "same.wav"]), 64, "same.wav")
    expectRefusal(try workshop.run(["a.wav", "-o", "-"]), 64, "--stems")
  }

  @Test("a full disk leaves nothing behind")
  func fullDisk() throws {
    try workshop.write("a.wav", frames: 400_000)
    // A limit on the size of files stands for the disk's end: 64 blocks of 512 or 1024 bytes.
    let program = ProgramRun.program("separate-stems").path
    let run = try ProgramRun(
      executable: URL(fileURLWithPath: "/bin/sh"),
      arguments: [
        "-c", "ulimit -f 64; exec \"$0\" \"$@\"", program, "a.wav", "--model",
        SeparationWorkshop.Model.streaming.path, "--sample-format", "float32",
      ], in: workshop.folder)
    expectRefusal(run, 74, "cannot be written")
  }

  @Test("checkpoints that are none, damaged, hostile, or another model's")
  func checkpoints() throws {
    try workshop.write("a.wav")
    func run(_ model: String) throws -> ProgramRun {
      try workshop.run(["a.wav", "--model", model], model: nil)
    }
    expectRefusal(try run("nosuchmodel"), 69, "models list")
    expectRefusal(try run("none.pth"), 66, "none.pth: no such file")
    try Data("<html>".utf8).write(to: workshop.path("page.pth"))
    expectRefusal(try run("page.pth"), 65, "page.pth")
    let golden = try Data(
      contentsOf: URL(fileURLWithPath: SeparationWorkshop.Model.streaming.path))
    try golden.prefix(20_000).write(to: workshop.path("half.pth"))
    expectRefusal(try run("half.pth"), 65, "half.pth")
    let hostile = Fixtures.packageRoot.appendingPathComponent("Tests/CheckpointsTests/Goldens")
    let other = try FileManager.default.contentsOfDirectory(atPath: hostile.path)
      .first { $0.hasSuffix(".ckpt") || $0.hasSuffix(".pt") }
    let path = hostile.appendingPathComponent(try #require(other)).path
    expectRefusal(try run(path), 65, "neither a Demucs nor a Conv-TasNet")
  }

  @Test(
    "wrong usage is told in one line",
    arguments: [
      ["--overlap", "1"], ["--segment", "0"], ["--start", "-1"], ["--duration", "nan"],
      ["--clip", "loudly"], ["--format", "wax"], ["--raw-samples"], ["--threads", "0"],
      ["--skip-existing", "--overwrite"], ["--no-such-option"],
    ])
  func usage(arguments: [String]) throws {
    try workshop.write("a.wav", frames: 10)
    let run = try workshop.run(["a.wav"] + arguments)
    #expect(run.status == 64, "\(run.standardErrorText)")
    #expect(run.standardErrorText.contains("--help"))
  }

  @Test("an interrupt in the middle leaves nothing, and the exit code tells")
  func interrupt() throws {
    try workshop.write("long.wav", frames: 3_000_000, sampleRate: 44100, channels: 2)
    let process = Process()
    process.executableURL = ProgramRun.program("separate-stems")
    process.arguments = ["long.wav", "--model", SeparationWorkshop.Model.music.path]
    process.currentDirectoryURL = workshop.folder
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    while process.isRunning && workshop.files("separated").isEmpty { usleep(10_000) }
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    #expect(workshop.files("separated").isEmpty)
  }
}
