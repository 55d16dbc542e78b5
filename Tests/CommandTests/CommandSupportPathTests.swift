// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import SoundFiles
import TestSupport
import Testing

@Suite("Paths")
struct CommandSupportPathTests {
  @Test("Any bytes come back from the argument parser's string")
  func roundTrip() {
    var generator = SystemRandomNumberGenerator()
    var samples = (0..<200).map { _ in
      (0..<Int.random(in: 0...12)).map { _ in UInt8.random(in: 1...255, using: &generator) }
    }
    // Text that already looks escaped, cut-off sequences, surrogates, overlong forms.
    samples += [
      Array("\u{10FE80}\u{10FEFF}".utf8), [0xF0, 0x9F, 0x8E], [0xED, 0xA0, 0x80], [0xC0, 0xAF],
      Array("é漢🎵.wav".utf8),
    ]
    for bytes in samples {
      #expect(PathBytes(argument: EscapedBytes.encode(bytes)).bytes == bytes)
    }
  }

  @Test("Text stays readable on its way through the parser")
  func readable() { #expect(EscapedBytes.encode(Array("é漢.wav".utf8)) == "é漢.wav") }

  @Test("A path comes apart like the shell's basename and dirname")
  func components() {
    let path = PathBytes("/a/b c/song.live.FLAC")
    #expect(path.lastComponent == PathBytes("song.live.FLAC"))
    #expect(path.stem == PathBytes("song.live"))
    #expect(path.lowercasedExtension == "flac")
    #expect(path.parent == PathBytes("/a/b c"))
    #expect(PathBytes("a//b//").lastComponent == PathBytes("b"))
    #expect(PathBytes("/").parent == PathBytes("/"))
    #expect(PathBytes("/a").parent == PathBytes("/"))
    #expect(PathBytes("a").parent == PathBytes(""))
    #expect(PathBytes("a/").parent == PathBytes(""))
    #expect(PathBytes(".wav").stem == PathBytes(".wav"))
    #expect(PathBytes("a/").appending("b") == PathBytes("a/b"))
    #expect(PathBytes("").appending("b") == PathBytes("b"))
  }
}

@Suite("Inputs")
struct CommandSupportInputTests {
  @Test("A folder gives its audio files at any depth by name, without hidden ones and loops")
  func folder() throws {
    let root = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: root) }
    for name in ["b.WAV", "a.flac", "disc/1.mp3", "disc/.2.wav", ".git/x.wav", "notes.txt"] {
      let file = root.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data().write(to: file)
    }
    try FileManager.default.createSymbolicLink(
      at: root.appendingPathComponent("disc/up"), withDestinationURL: root)
    try FileManager.default.createSymbolicLink(
      at: root.appendingPathComponent("nowhere.wav"),
      withDestinationURL: root.appendingPathComponent("missing"))
    let path = PathBytes(root.path)
    let expansion = InputExpansion([path])
    #expect(expansion.failures.isEmpty)
    #expect(
      expansion.files == [
        InputFile(path: path.appending("a.flac")), InputFile(path: path.appending("b.WAV")),
        InputFile(path: path.appending("disc/1.mp3"), folder: PathBytes("disc")),
      ])
  }

  @Test("What is missing is named and does not hide the rest")
  func missing() throws {
    let root = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: root) }
    let expansion = InputExpansion([
      PathBytes("/no/such.wav"), PathBytes(root.path), PathBytes("-"),
    ])
    #expect(expansion.files == [InputFile(path: PathBytes("-"))])
    #expect(
      expansion.failures == [
        Failure(.missingInput, "/no/such.wav: no such file or folder"),
        Failure(.missingInput, "\(root.path): no audio files in this folder"),
      ])
  }

  @Test("A name that is not UTF-8 is found and can be opened")
  func notText() throws {
    let root = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: root) }
    let path = PathBytes(root.path).appending(PathBytes(bytes: [0xFC, 0xFF] + Array(".wav".utf8)))
    let format = AudioFormat(sampleRate: 8000, channels: 1)
    let writer = try SoundFileWriter(
      at: path.soundFile, format: format, encoding: .init(container: .wav, sampleFormat: .float32),
      replacing: false)
    try writer.write(AudioBlock(channels: 1, samples: [0.5]))
    try writer.finish()
    let found = InputExpansion([PathBytes(root.path)])
    #expect(found.files == [InputFile(path: path)])
    let reader = try SoundFileReader(at: path.soundFile)
    #expect(try reader.readAll().samples == [0.5])
  }
}

@Suite("Output names")
struct CommandSupportOutputTests {
  private func path(_ template: String, _ values: [OutputTemplate.Field: String]) throws -> String {
    try OutputTemplate(template).path(values.mapValues { PathBytes($0) }).description
  }

  @Test("Fields are put in")
  func fields() throws {
    let values: [OutputTemplate.Field: String] = [
      .model: "m", .track: "a song", .stem: "vocals", .ext: "wav", .folder: "disc 1/b",
    ]
    #expect(try path("{model}/{track}/{stem}.{ext}", values) == "m/a song/vocals.wav")
    #expect(try path("{folder}/{track}-{stem}.{ext}", values) == "disc 1/b/a song-vocals.wav")
    #expect(try path("{folder}/{track}.wav", [.track: "x"]) == "x.wav")
    let stems = OutputTemplate.stems.path(values.mapValues { PathBytes($0) })
    #expect(stems.description == "m/a song/vocals.wav")
    let again = try OutputTemplate(OutputTemplate.stems.description)
    #expect(again.path([:]) == OutputTemplate.stems.path([:]))
  }

  @Test(
    "Nothing in a field leads out of the folder or hides a file",
    arguments: [
      ("../../etc/passwd", "__.._etc_passwd"), ("..", "_"), (".hidden", "_hidden"), ("", "_"),
      ("a/b\\c", "a_b_c"), ("line\nbreak\u{7F}", "line_break_"), ("/abs", "_abs"),
    ])
  func hostile(_ value: String, _ name: String) throws {
    #expect(try path("{track}/x.wav", [.track: value]) == "\(name)/x.wav")
  }

  @Test("Dots that meet where pieces meet, and folders of dots, stay inside")
  func meetingDots() throws {
    #expect(try path(".{track}/x", [.track: "."]) == "_/x")
    #expect(try path("{folder}/x", [.folder: "a/../../b"]) == "a/_/_/b/x")
  }

  @Test("Bytes that are not UTF-8 survive")
  func bytes() throws {
    let template = try OutputTemplate("{track}.wav")
    let name = template.path([.track: PathBytes(bytes: [0xFC])])
    #expect(name.bytes == [0xFC] + Array(".wav".utf8))
  }

  @Test(
    "A template that cannot be is wrong usage",
    arguments: ["{artist}.wav", "{track", "track}", "/abs/{stem}", "a/../{stem}", "", "{stem}/"])
  func wrongTemplates(_ text: String) {
    do throws(Failure) {
      _ = try OutputTemplate(text)
      Issue.record("accepted \(text)")
    } catch {
      #expect(error.status == .usage)
      if text == "{artist}.wav" { #expect(error.message.contains("{track}")) }
    }
  }

  @Test("Two inputs with one output are found before the work begins")
  func duplicates() throws {
    var plan = PlannedOutputs()
    try plan.add(PathBytes("o/a.wav"), for: PathBytes("1/a.wav"))
    try plan.add(PathBytes("o/b.wav"), for: PathBytes("1/b.wav"))
    #expect(throws: Failure.self) { try plan.add(PathBytes("o/a.wav"), for: PathBytes("2/a.flac")) }
  }

  @Test("The output folder is made with its parents; a file in its place is named")
  func folder() throws {
    let root = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: root) }
    let path = PathBytes(root.path).appending("a/b/")
    try OutputFolder.prepare(path)
    try OutputFolder.prepare(path)
    try Data().write(to: root.appendingPathComponent("file"))
    for wrong in ["file", "file/below", "file/far/below"] {
      do throws(Failure) {
        try OutputFolder.prepare(PathBytes(root.path).appending(wrong))
        Issue.record("made \(wrong)")
      } catch {
        #expect(error.status == .cannotCreate && error.message.contains("a file is in its place"))
      }
    }
  }
}
