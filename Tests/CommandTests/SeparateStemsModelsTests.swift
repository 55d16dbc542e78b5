// SPDX-License-Identifier: Apache-2.0
import Foundation
import SoundFiles
import TestSupport
import Testing

@Suite("separate-stems and models by name") struct SeparateStemsModelsTests {
  private let workshop: SeparationWorkshop
  /// Of asteroid's, whose size and digest nobody published.
  private let name = "convtasnet_libri2mix_sepclean_8k"

  init() throws { workshop = try SeparationWorkshop() }

  private func run(
    _ arguments: [String], environment: [String: String] = [:]
  ) throws -> ProgramRun {
    try ProgramRun(
      "separate-stems", arguments, in: workshop.folder,
      environment: [
        "TESSERA_MODELS": "models", "TESSERA_MIRROR": "", "http_proxy": "", "no_proxy": "",
      ].merging(environment) { $1 })
  }

  private func checkpoint(_ path: String) throws -> [UInt8] {
    [UInt8](
      try Data(
        contentsOf: Fixtures.packageRoot.appendingPathComponent("Tests/\(path)")))
  }

  private func server(
    _ change: @escaping @Sendable (inout LoopbackServer.Response) -> Void = { _ in }
  ) throws -> LoopbackServer {
    let file = try checkpoint("ConvTasNetTests/Goldens/asteroid-cln-causal/model.pth")
    return try LoopbackServer { request in
      var response = LoopbackServer.Response(file: file, tag: "\"1\"", for: request)
      change(&response)
      return response
    }
  }

  @Test("a model that isn't here is fetched, once, with a line that names its licence")
  func fetchedOnFirstUse() throws {
    try workshop.write("a.wav")
    let server = try server()
    let arguments = ["a.wav", "--model", name, "--filename", "{model}-{stem}.{ext}"]
    let first = try run(arguments, environment: ["TESSERA_MIRROR": server.url("m")])
    #expect(first.status == 0, "\(first.standardErrorText)")
    let lines = first.standardErrorText.split(separator: "\n")
    #expect(lines.count == 1 && first.standardErrorText.contains("CC BY-SA"))
    #expect(server.requests.map(\.target) == ["/m/\(name).bin"])
    #expect(workshop.files("models") == ["\(name).bin"])
    #expect(workshop.files("separated").contains("\(name)-speaker1.wav"))
    let second = try run(arguments + ["--offline", "--overwrite"])
    #expect(second.status == 0 && second.standardErrorText.isEmpty)
  }

  @Test("without the network, what is missing is named with the command that would fetch it")
  func offline() throws {
    try workshop.write("a.wav")
    for arguments in [["a.wav", "-m", name], ["models", "fetch", name]] {
      let run = try run(arguments + ["--offline"])
      #expect(run.status == 69 && run.standardErrorText.contains("models fetch \(name)"))
      #expect(run.standardErrorText.filter { $0 == "\n" }.count == 1)
    }
    #expect(workshop.files("models").isEmpty)
    // The bundled one is always here; no input, no download.
    #expect(try run(["a.wav", "--offline"]).status == 0)
    let server = try server()
    let absent = try run(["none.wav", "-m", name, "--mirror", server.url()])
    #expect(absent.status == 66 && server.requests.isEmpty)
  }

  @Test("models are fetched, listed, described and removed by their names")
  func commands() throws {
    let server = try server()
    let fetched = try run(["models", "fetch", name, "--mirror", server.url(), "--quiet"])
    #expect(fetched.status == 0 && fetched.standardErrorText.isEmpty)
    #expect(fetched.standardOutputText == "models/\(name).bin\n")
    func record(_ arguments: [String]) throws -> [[String: Any]] {
      let run = try run(["models"] + arguments + ["--json"])
      #expect(run.status == 0, "\(run.standardErrorText)")
      return try run.standardOutputText.split(separator: "\n").map {
        try #require(
          try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
    }
    let list = try record(["list"])
    #expect(list.count > 40)
    let here = list.filter { $0["here"] as? Bool == true }.compactMap { $0["name"] as? String }
    #expect(here == ["music-4stems", "speech-noise-16k", name])
    #expect(list.allSatisfy { $0["licence"] is String })
    let info = try #require(try record(["info", name]).first)
    #expect(info["path"] as? String == "models/\(name).bin" && info["channels"] as? Int == 1)
    #expect(info["family"] as? String == "Conv-TasNet" && info["parameters"] is Int)
    let absent = try #require(try record(["info", "tasnet"]).first)
    #expect(absent["here"] as? Bool == false && absent["bytes"] is Int)

    let removed = try run(["models", "remove", name])
    #expect(removed.status == 0 && removed.standardOutputText == "models/\(name).bin\n")
    #expect(workshop.files("models").isEmpty)
    #expect(try run(["models", "remove", name]).status == 66)
    #expect(try run(["models", "remove", "speech-noise-16k"]).status == 64)
    let unknown = try run(["models", "fetch", "tasnett"])
    #expect(unknown.status == 69 && unknown.standardErrorText.contains("tasnet"))
    // One that fails doesn't stop the others.
    let both = try run(["models", "fetch", "nosuch", name, "--mirror", server.url()])
    #expect(both.status == 1 && workshop.files("models") == ["\(name).bin"])
  }

  @Test("whatever a server does, one line says it, the status is 69, and no model appears")
  func badServers() throws {
    let page = Array("<html>Log in</html>".utf8)
    typealias Change = @Sendable (inout LoopbackServer.Response) -> Void
    let changes: [(words: String, change: Change)] = [
      ("web page", { $0.headers["Content-Type"] = "text/html" }),
      ("web page", { $0.body = page }),
      ("does not have this file", { $0.status = 404 }),
      ("refuses with status 403", { $0.status = 403 }),
    ]
    for (words, change) in changes {
      let server = try server(change)
      let run = try run(["models", "fetch", name, "--mirror", server.url(), "--quiet"])
      #expect(run.status == 69 && run.standardErrorText.contains(words))
      #expect(run.standardErrorText.filter { $0 == "\n" }.count == 1)
      #expect(workshop.files("models").isEmpty)
    }
    let server = try server()
    // A published size that isn't the file's.
    let sized = try run(
      ["models", "fetch", "conv_tasnet_base_libri2mix", "--mirror", server.url(), "--quiet"])
    #expect(sized.status == 69 && sized.standardErrorText.contains("expected 20049107"))
    // A published digest that isn't the file's.
    let digested = try run(
      ["models", "fetch", "tasnet", "--mirror", server.url(), "--quiet"])
    #expect(digested.status == 69 && digested.standardErrorText.contains("expected beb46fac"))
    #expect(workshop.files("models").isEmpty)
    #expect(try run(["models", "list", "--mirror", "ftp://x"]).status == 64)
  }

  @Test("a full disk leaves nothing under the model's name, and the part is gone on with")
  func fullDisk() throws {
    let server = try server()
    // A limit on the size of files stands for the disk's end: 16 blocks of 512 or 1024 bytes.
    let full = try ProgramRun(
      executable: URL(fileURLWithPath: "/bin/sh"),
      arguments: [
        "-c", "ulimit -f 16; exec \"$0\" \"$@\"", ProgramRun.program("separate-stems").path,
        "models", "fetch", name, "--model-dir", "models", "--mirror", server.url(), "--quiet",
      ], in: workshop.folder)
    #expect(full.status == 74 && full.standardErrorText.contains("cannot be written"))
    #expect(workshop.files("models").contains("\(name).bin.part"))
    #expect(!workshop.files("models").contains("\(name).bin"))
    #expect(try run(["models", "fetch", name, "--mirror", server.url()]).status == 0)
    #expect(workshop.files("models") == ["\(name).bin"])
    #expect((server.requests.last?.start ?? 0) >= 8192)
  }

  @Test("two programs that want the same model fetch it once")
  func twoAtOnce() throws {
    let server = try server { $0.pause = 0.3 }
    let processes = try (0..<2).map { index in
      let process = Process()
      process.executableURL = ProgramRun.program("separate-stems")
      process.arguments = [
        "models", "fetch", name, "--model-dir", "models", "--mirror", server.url(),
      ]
      process.currentDirectoryURL = workshop.folder
      process.standardOutput = FileHandle.nullDevice
      let errors = workshop.path("errors\(index)")
      try Data().write(to: errors)
      process.standardError = try FileHandle(forWritingTo: errors)
      try process.run()
      return process
    }
    for process in processes {
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
    }
    #expect(server.requests.count == 1 && workshop.files("models") == ["\(name).bin"])
  }

  @Test("an interrupt keeps what has come, says so, and the next try goes on there")
  func interrupted() throws {
    let slow = try server { $0.pause = 0.5 }
    let process = Process()
    process.executableURL = ProgramRun.program("separate-stems")
    process.arguments = ["models", "fetch", name, "--model-dir", "models", "--mirror", slow.url()]
    process.currentDirectoryURL = workshop.folder
    process.standardOutput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardError = pipe
    try process.run()
    let part = workshop.path("models/\(name).bin.part").path
    func size() -> Int {
      (try? FileManager.default.attributesOfItem(atPath: part))?[.size] as? Int ?? 0
    }
    while process.isRunning && size() == 0 { usleep(10_000) }
    process.interrupt()
    process.waitUntilExit()
    let talk = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    #expect(process.terminationStatus == 130 && talk.contains("is kept"), "\(talk)")
    let kept = size()
    #expect(kept > 0)
    let server = try server()
    #expect(try run(["models", "fetch", name, "--mirror", server.url()]).status == 0)
    #expect(server.requests.map(\.start) == [kept])
  }

  @Test("a proxy from the environment is used")
  func proxy() throws {
    let proxy = try server()
    let run = try run(
      ["models", "fetch", name, "--mirror", "http://models.invalid/m"],
      environment: ["http_proxy": proxy.url()])
    #expect(run.status == 0, "\(run.standardErrorText)")
    #expect(proxy.requests.map(\.target) == ["http://models.invalid/m/\(name).bin"])
  }

  @Test("a folder of networks and bags of one's own is used as Demucs uses it")
  func localRepository() throws {
    try FileManager.default.createDirectory(
      at: workshop.path("mine"), withIntermediateDirectories: true)
    for (signature, golden) in [("aaaa0001", "second"), ("aaaa0002", "normalised")] {
      try Data(checkpoint("DemucsTests/Goldens/\(golden)/model.th"))
        .write(to: workshop.path("mine/\(signature).th"))
    }
    try Data(
      "models: ['aaaa0001', 'aaaa0002']\nweights: [[1, 1, 0, 0], [0, 1, 1, 1]]\nsegment: 0.5\n".utf8
    ).write(to: workshop.path("mine/pair.yaml"))
    try workshop.write("a.wav", frames: 3000, sampleRate: 8000, channels: 2)
    for (number, model) in [
      ["-m", "pair", "--model-dir", "mine"], ["-m", "mine/pair.yaml"],
    ].enumerated() {
      let run = try run(
        ["a.wav", "--sample-format", "float32", "-o", "\(number)", "--json"] + model)
      #expect(run.status == 0 && run.standardOutputText.contains(#""model":"pair""#))
    }
    let alone = try run(
      ["a.wav", "--sample-format", "float32", "-o", "alone", "--segment", "0.5"]
        + ["-m", "aaaa0001", "--model-dir", "mine"])
    #expect(alone.status == 0, "\(alone.standardErrorText)")
    func samples(_ path: String) throws -> [Float] {
      try WaveFixture(contentsOf: workshop.path(path)).samples
    }
    #expect(try samples("0/pair/a/bass.wav") == samples("1/pair/a/bass.wav"))
    // The drums are the first network's alone.
    #expect(try samples("0/pair/a/drums.wav") == samples("alone/aaaa0001/a/drums.wav"))
    #expect(try samples("0/pair/a/bass.wav") != samples("alone/aaaa0001/a/bass.wav"))

    let info = try run(["models", "info", "mine/pair.yaml"])
    #expect(info.status == 0 && info.standardOutputText.contains("mine/aaaa0002.th"))

    try Data("models: ['aaaa0001', 'gone']".utf8).write(to: workshop.path("mine/lost.yaml"))
    #expect(try run(["a.wav", "-m", "mine/lost.yaml"]).status == 66)
    try Data("models: []".utf8).write(to: workshop.path("mine/empty.yaml"))
    #expect(try run(["a.wav", "-m", "mine/empty.yaml"]).status == 65)
    try FileManager.default.moveItem(
      at: workshop.path("mine/aaaa0002.th"), to: workshop.path("mine/aaaa0002-00000000.th"))
    let damaged = try run(["a.wav", "-m", "mine/pair.yaml"])
    #expect(damaged.status == 65 && damaged.standardErrorText.contains("SHA-256"))
  }

  @Test("what doesn't separate says so, and nothing is fetched")
  func otherTasks() throws {
    try workshop.write("a.wav")
    let server = try server()
    let run = try run(["a.wav", "-m", "panns-cnn14", "--mirror", server.url()])
    #expect(run.status == 64 && run.standardErrorText.contains("tagging"))
    #expect(server.requests.isEmpty)
  }
}
