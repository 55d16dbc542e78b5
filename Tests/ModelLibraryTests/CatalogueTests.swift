// SPDX-License-Identifier: Apache-2.0
import Foundation
import ModelLibrary
import TestSupport
import Testing

@Suite("The catalogue") struct CatalogueTests {
  @Test("names, files and digests are what they should be")
  func isSound() {
    let models = Catalogue.models
    #expect(models.count > 50)
    let names = models.flatMap { [$0.name] + $0.aliases }
    #expect(Set(names).count == names.count)
    var files: [String: PublishedFile] = [:]
    for model in models {
      #expect(!model.files.isEmpty && !model.licence.isEmpty, "\(model.name)")
      #expect(model.name.allSatisfy { $0.isASCII && !$0.isWhitespace && $0 != "/" })
      if let weights = model.weights {
        #expect(weights.count == model.files.count, "\(model.name)")
        #expect(weights.allSatisfy { $0.count == model.sources.count })
        for source in model.sources.indices { #expect(weights.contains { $0[source] > 0 }) }
      }
      for file in model.files {
        #expect(files[file.name] == nil || files[file.name] == file, "\(file.name)")
        files[file.name] = file
        let safe = file.name.unicodeScalars.allSatisfy {
          ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
            || ["-", "_", "."].contains($0)
        }
        #expect(safe && !file.name.hasPrefix("."), "\(file.name)")
        #expect(model.isBundled || URL(string: file.url)?.scheme == "https", "\(file.url)")
        if let digest = file.digest {
          #expect(digest.count == 64 || digest.count == 8, "\(file.name)")
          #expect(digest.allSatisfy { "0123456789abcdef".contains($0) })
          // Publishers write the first digits into the name.
          let stem = file.url.split(separator: "/").last?.split(separator: ".").first ?? ""
          let parts = stem.split(separator: "-")
          if file.name.hasSuffix(".th"), parts.count == 2 {
            #expect(digest.hasPrefix(parts[1]), "\(file.name)")
          }
        }
      }
    }
  }

  @Test("docs/MODELS.md names every model, its files and its figures")
  func page() throws {
    let page = try String(
      contentsOf: Fixtures.packageRoot.appendingPathComponent("docs/MODELS.md"), encoding: .utf8)
    for model in Catalogue.models {
      let lines = page.split(separator: "\n").filter { $0.contains("`\(model.name)`") }
      #expect(!lines.isEmpty, "\(model.name)")
      for file in model.files {
        #expect(lines.contains { $0.contains("`\(file.name)`") }, "\(model.name): \(file.name)")
      }
      for value in model.quality?.values ?? [] {
        let text = "\(value.decibels)"
        let figure = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        #expect(lines.contains { $0.contains(figure) }, "\(model.name): \(figure)")
      }
    }
  }

  @Test("names, other names and signatures lead to models")
  func names() throws {
    #expect(Catalogue.model(named: "htdemucs_ft")?.files.count == 4)
    #expect(Catalogue.model(named: "HDEMUCS_HIGH_MUSDB_PLUS")?.name == "hdemucs_high")
    #expect(
      Catalogue.model(named: "JorisCos/ConvTasNet_Libri2Mix_sepclean_16k")?.sampleRate == 16000)
    let single = try #require(Catalogue.model(named: "955717e8"))
    #expect(single.files.map(\.name) == ["955717e8-8726e21a.th"] && single.weights == nil)
    let member = try #require(Catalogue.model(named: "f7e0c4bc"))
    #expect(member.name == "f7e0c4bc" && member.files.count == 1 && member.weights == nil)
    #expect(Catalogue.model(named: "nosuchmodel") == nil)
    #expect(Catalogue.model(named: "") == nil)
  }

  @Test(
    "a near miss is answered with the name that was meant",
    arguments: [
      ("htdemuks", "htdemucs"), ("htdemucs-ft", "htdemucs_ft"), ("mdx_extra_Q", "mdx_extra_q"),
      ("large-unify-60", "large-unify-600"), ("conv_tasnet", "conv_tasnet_base_libri2mix"),
    ])
  func nearMisses(_ wrong: String, _ meant: String) {
    #expect(throws: ModelLibraryError.self) { try ModelLibrary().resolve(wrong) }
    do {
      _ = try ModelLibrary().resolve(wrong)
    } catch {
      guard case .unknown(_, let nearest) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(nearest.contains(meant), "\(nearest)")
    }
  }
}

@Suite("The library's folder") struct LibraryFolderTests {
  @Test("the folder follows the option, then the variables, in their order")
  func folder() {
    func folder(_ option: String?, _ environment: [String: String]) -> String {
      ModelLibrary(folder: option, mirror: nil, environment: environment, patience: Patience())
        .folder
    }
    let all = ["TESSERA_MODELS": "/t", "XDG_CACHE_HOME": "/x", "HOME": "/h"]
    #expect(folder("/o", all) == "/o")
    #expect(folder(nil, all) == "/t")
    #expect(
      folder(nil, all.filter { $0.key != "TESSERA_MODELS" }) == "/x/tessera/models")
    #expect(
      folder(nil, ["XDG_CACHE_HOME": "relative", "HOME": "/h"]) == "/h/.cache/tessera/models")
    #expect(folder(nil, ["TESSERA_MODELS": "", "HOME": "/h"]) == "/h/.cache/tessera/models")
    let mirrored = ModelLibrary(
      folder: nil, mirror: nil, environment: ["TESSERA_MIRROR": "http://m/"], patience: Patience())
    #expect(mirrored.mirror == "http://m/")
  }

  @Test("a known model that isn't here is named, one that is here is found")
  func fetched() throws {
    let workshop = try ModelWorkshop()
    let library = workshop.library()
    let model = try #require(Catalogue.model(named: "tasnet"))
    #expect(throws: ModelLibraryError.notFetched(model)) { try library.resolve("tasnet") }
    try FileManager.default.createDirectory(
      atPath: library.folder, withIntermediateDirectories: true)
    let path = "\(library.folder)/\(model.files[0].name)"
    try Data([1]).write(to: URL(fileURLWithPath: path))
    #expect(try library.resolve("tasnet").path == path)
    #expect(try library.resolve("tasnet").name == "tasnet")
  }
}

@Suite("Local repositories") struct LocalRepositoryTests {
  private let workshop: ModelWorkshop
  private let content = ModelWorkshop.content(1000)
  private let library: ModelLibrary
  private let checksum: String

  init() throws {
    workshop = try ModelWorkshop()
    library = workshop.library()
    checksum = String(try ModelWorkshop.digest(content).prefix(8))
    try FileManager.default.createDirectory(
      atPath: library.folder, withIntermediateDirectories: true)
  }

  private func write(_ name: String, _ bytes: [UInt8]? = nil) throws {
    try Data(bytes ?? content).write(to: URL(fileURLWithPath: "\(library.folder)/\(name)"))
  }

  private func error(_ model: String) -> ModelLibraryError? {
    libraryError { _ = try library.resolve(model) }
  }

  @Test("a signature stands for the one file that has it, whose checksum is right")
  func signatures() throws {
    try write("abcd1234-\(checksum).th")
    try write("plain.th")
    #expect(try library.resolve("abcd1234").path == "\(library.folder)/abcd1234-\(checksum).th")
    #expect(try library.resolve("plain").path == "\(library.folder)/plain.th")
    try write("broken-\(checksum).th", ModelWorkshop.content(1000, seed: 7))
    guard case .damaged(_, checksum, _) = error("broken") else {
      Issue.record("\(String(describing: error("broken")))")
      return
    }
    try write("abcd1234.th")
    #expect(
      error("abcd1234")
        == .duplicateSignature(
          signature: "abcd1234",
          files: ["-\(checksum)", ""].map { "\(library.folder)/abcd1234\($0).th" }))
  }

  @Test("a bag is found by its name in the folder, and by its path with its networks beside it")
  func bags() throws {
    try write("one-\(checksum).th")
    try write("83094e10.th")
    try write(
      "mine.yaml",
      Array("models: ['one', 83094e10]\nweights:\n  - [1, 0.5]\n  - [0., 2]\nsegment: 44\n".utf8))
    let elsewhere = ModelLibrary(folder: "/nowhere")
    for bag in [
      try library.resolve("mine"), try elsewhere.resolve("\(library.folder)/mine.yaml"),
    ] {
      #expect(bag.name == "mine" && bag.path == "\(library.folder)/mine.yaml")
      #expect(
        bag.bag?.members.map(\.path)
          == ["one-\(checksum).th", "83094e10.th"].map { "\(library.folder)/\($0)" })
      #expect(bag.bag?.weights == [[1, 0.5], [0, 2]] && bag.bag?.segmentSeconds == 44)
    }
    // As Demucs' own files have it.
    try write("equal.yaml", Array("models: ['one']\nsegment: null\n".utf8))
    let equal = try library.resolve("equal").bag
    #expect(equal?.weights == nil && equal?.segmentSeconds == nil)
  }

  @Test("a network that a bag names may be a published one")
  func publishedMember() throws {
    try write("one.th")
    try write("mixed.yaml", Array("models: [one, tasnet]".utf8))
    let tasnet = try #require(Catalogue.model(named: "tasnet"))
    #expect(error("mixed") == .notFetched(tasnet))
  }

  @Test(
    "a bag that isn't one is refused with what should be there",
    arguments: [
      "", "- a", "models: []", "models: one", "models: ['../one']", "models: ['']", "a: [",
      "models: ['one']\nweights: [[1], [2]]", "models: ['one']\nweights: [[a]]",
      "models: ['one', 'one']\nweights: [[1, 2], [1]]", "models: ['one']\nsegment: -1",
      "models: ['one']\nsegment: long", "models: ['one']\nweights: [[.inf]]",
    ])
  func malformedBags(_ text: String) throws {
    try write("one.th")
    try write("bad.yaml", Array(text.utf8))
    guard case .malformedBag(let path, _)? = error("bad") else {
      Issue.record("\(text): \(String(describing: error("bad")))")
      return
    }
    #expect(path.hasSuffix("bad.yaml"))
  }

  @Test("a network that nobody has is named")
  func missingMember() throws {
    try write("lost.yaml", Array("models: ['gone']".utf8))
    #expect(
      error("lost")
        == .missingMember(
          bag: "\(library.folder)/lost.yaml", signature: "gone", folder: library.folder))
    guard case .malformedBag = error("\(library.folder)/none.yaml") else {
      Issue.record("a bag's file that isn't there")
      return
    }
  }
}
