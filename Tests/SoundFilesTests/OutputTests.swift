// SPDX-License-Identifier: Apache-2.0
import Foundation
import SoundFiles
import Testing

@Suite struct OutputTests {
  private let format = AudioFormat(sampleRate: 8000, channels: 1)
  private let short = SoundFileEncoding(container: .wav, sampleFormat: .int16)

  @Test("a file has its name only when it is finished")
  func atomicity() throws {
    let folder = try ScratchFolder()
    let path = folder.path("a.wav")
    for ending in ["finish", "cancel", "forget"] {
      var writer: SoundFileWriter? = try SoundFileWriter(
        path: path, format: format, encoding: wave, replacing: false)
      try writer?.write(AudioBlock(channels: 1, samples: noise(10)))
      #expect(folder.names.count == 1 && folder.names != ["a.wav"])
      #expect(folder.names.allSatisfy { $0.hasPrefix(".a.wav.") && $0.hasSuffix(".part") })
      switch ending {
      case "finish":
        try writer?.finish()
        writer?.cancel()
        #expect(folder.names == ["a.wav"])
        try FileManager.default.removeItem(atPath: path)
      case "cancel": writer?.cancel()
      default: writer = nil
      }
      #expect(folder.names == [])
    }
  }

  @Test("a file that is there is replaced only when asked for, and only by a complete one")
  func replacing() throws {
    let folder = try ScratchFolder()
    let path = folder.path("a.wav")
    try write([0.5], path)
    #expect(throws: SoundFileError.exists(path: path)) { try write([0.25], path) }
    let writer = try SoundFileWriter(path: path, format: format, encoding: wave, replacing: true)
    try writer.write(AudioBlock(channels: 1, samples: [0.25]))
    #expect(try SoundFileReader(path: path).readAll().samples == [0.5])
    try writer.finish()
    #expect(try SoundFileReader(path: path).readAll().samples == [0.25])
    #expect(folder.names == ["a.wav"])
  }

  @Test("a file that appears meanwhile is not overwritten")
  func race() throws {
    let folder = try ScratchFolder()
    let path = folder.path("a.wav")
    let writer = try SoundFileWriter(path: path, format: format, encoding: wave, replacing: false)
    _ = try folder.write([1, 2, 3], "a.wav")
    #expect(throws: SoundFileError.exists(path: path)) { try writer.finish() }
    #expect(try folder.bytes("a.wav") == [1, 2, 3])
    #expect(folder.names == ["a.wav"])
  }

  @Test("folders that are missing, files that are folders: errors that name the path")
  func places() throws {
    let folder = try ScratchFolder()
    for path in [folder.path("none/a.wav"), folder.url.path, folder.url.path + "/", ""] {
      #expect("\(path)") {
        try write([0], path)
      } throws: { error in
        if case SoundFileError.cannotWrite(path, _) = error { true } else { false }
      }
    }
    #expect(throws: SoundFileError.self) { try write([0], "/proc/a.wav") }
    try write(noise(100), "/dev/null", replacing: false)
    #expect(FileManager.default.fileExists(atPath: "/dev/null"))
  }

  @Test("a full device is an error", arguments: [SoundFileEncoding.Container.wav, .flac])
  func fullDevice(_ container: SoundFileEncoding.Container) {
    #expect(
      throws: SoundFileError.cannotWrite(path: "/dev/full", reason: "No space left on device")
    ) {
      try write(noise(10), "/dev/full", .init(container: container, sampleFormat: .int16))
    }
  }

  @Test("a full disk is an error in any format, and nothing is left behind")
  func fullDisk() async {
    // The limit holds for a whole process: it is tried in another one.
    await #expect(processExitsWith: .success) {
      let folder = try ScratchFolder()
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 20_000, rlim_max: 20_000)
      try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      for container in SoundFileEncoding.Container.allCases {
        let path = folder.path("a." + container.fileExtension)
        let encoding = SoundFileEncoding(container: container, sampleFormat: .int16)
        #expect("\(container)") {
          try write(noise(100_000), path, encoding)
        } throws: { error in
          error as? SoundFileError == .cannotWrite(path: path, reason: "File too large")
        }
        #expect(folder.names == [], "\(container)")
      }
      let paths = ["a", "b"].map { SoundFilePath(folder.path($0)) }
      let group = try StemWriterGroup(
        paths: paths, format: AudioFormat(sampleRate: 8000, channels: 1),
        encoding: .init(container: .wav, sampleFormat: .int16), policy: .rescale, replacing: false)
      #expect(throws: SoundFileError.self) {
        for stem in [0, 1] {
          try group.write(AudioBlock(channels: 1, samples: noise(8000)), stem: stem)
        }
        try group.finish()
      }
      group.cancel()
      #expect(folder.names == [])
    }
  }
}
