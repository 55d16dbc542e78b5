// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// The picture of the rooms in docs/ARCHITECTURE.md, as a table.
///
/// A target may depend on targets of lower rows, never on its own row or a higher one.
private enum Picture {
  /// From the top down.
  static let rows: [[String]] = [
    ["separate-stems", "audio-tokens", "evaluate-stems"],
    ["CommandSupport"],
    ["Separation", "TokenFiles", "Evaluation"],
    ["ModelLibrary"],
    ["ConvTasNet", "Demucs", "UniversalSeparation", "WavTokenizer"],
    ["NeuralLayers", "SpectralTransforms", "SoundFiles", "Checkpoints"],
    ["Tensors", "Files"],
    ["COneDNN", "CKernels", "CFFTW", "CSndfile", "CLAPACK", "CZlib", "CCurl", "CCrypto"],
  ]

  /// What has fewer doors than its row allows: who alone may depend on it.
  static let onlyDependents: [String: Set<String>] = [
    "COneDNN": ["NeuralLayers", "Tensors"],
    "CFFTW": ["SpectralTransforms"],
    "CSndfile": ["SoundFiles"],
    "CLAPACK": ["Evaluation"],
    "CZlib": ["Checkpoints", "TokenFiles"],
    "CCurl": ["ModelLibrary"],
    "CCrypto": ["ModelLibrary"],
    "Yams": ["ModelLibrary", "audio-tokens"],
    "ArgumentParser": ["CommandSupport", "separate-stems", "audio-tokens", "evaluate-stems"],
  ]

  /// What sees less than its row allows: all that it may depend on.
  static let onlyDependencies: [String: Set<String>] = [
    "CommandSupport": ["SoundFiles", "Checkpoints", "ModelLibrary", "Files", "ArgumentParser"],
    "SoundFiles": ["CSndfile", "CKernels", "Files"],
    "TestSupport": ["Tensors", "SoundFiles", "Checkpoints"],
  ]

  static func row(of target: String) -> Int? { rows.firstIndex { $0.contains(target) } }

  /// Why `target` may not depend on `dependency`, or nil where it may.
  static func objection(to dependency: String, of target: String) -> String? {
    if let doors = onlyDependents[dependency], !doors.contains(target) {
      return "only \(doors.sorted()) may depend on it"
    }
    if let view = onlyDependencies[target] {
      return view.contains(dependency) ? nil : "it may depend only on \(view.sorted())"
    }
    guard onlyDependents[dependency] == nil || row(of: dependency) != nil else { return nil }
    guard let upper = row(of: target) else { return "\(target) is on no row of the picture" }
    guard let lower = row(of: dependency) else {
      return "\(dependency) is on no row of the picture"
    }
    return lower > upper ? nil : "it is not below"
  }
}

/// A target as the package describes it.
private struct Target: Decodable {
  let name: String
  let type: String
  let path: String
  let dependencies: [String]?
  let products: [String]?

  enum CodingKeys: String, CodingKey {
    case name, type, path
    case dependencies = "target_dependencies"
    case products = "product_dependencies"
  }

  var allDependencies: [String] { (dependencies ?? []) + (products ?? []) }
  var folder: URL { Fixtures.packageRoot.appendingPathComponent(path) }
}

private struct PackageDescription: Decodable {
  let targets: [Target]

  static func read() throws -> PackageDescription {
    // A scratch folder of its own: the one of the running tests is locked.
    let scratch = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: scratch) }
    let result = try ProgramRun(
      executable: URL(fileURLWithPath: "/usr/bin/env"),
      arguments: [
        "swift", "package", "--package-path", Fixtures.packageRoot.path,
        "--scratch-path", scratch.path, "describe", "--type", "json",
      ])
    try #require(result.status == 0, "\(result.standardErrorText)")
    return try JSONDecoder().decode(PackageDescription.self, from: result.standardOutput)
  }
}

@Suite("The rooms")
struct HouseRoomsTests {
  @Test("No target depends on one that the picture puts beside or above it")
  func edges() throws {
    let targets = try PackageDescription.read().targets
    #expect(targets.count > 10)
    for target in targets where target.type != "test" {
      for dependency in target.allDependencies {
        let objection = Picture.objection(to: dependency, of: target.name)
        #expect(objection == nil, "\(target.name) → \(dependency)")
      }
    }
  }

  @Test("The picture itself objects to what it should")
  func pictureObjects() {
    for (target, dependency) in [
      ("ConvTasNet", "Demucs"), ("Tensors", "NeuralLayers"), ("Separation", "Evaluation"),
      ("separate-stems", "CSndfile"), ("Separation", "ArgumentParser"), ("NewRoom", "Tensors"),
      ("Tensors", "NewRoom"), ("CommandSupport", "Separation"), ("separate-stems", "audio-tokens"),
    ] {
      #expect(Picture.objection(to: dependency, of: target) != nil, "\(target) → \(dependency)")
    }
    #expect(Picture.objection(to: "ArgumentParser", of: "separate-stems") == nil)
    #expect(Picture.objection(to: "Tensors", of: "ConvTasNet") == nil)
  }

  @Test("Each target imports what it declares, and declares what it imports")
  func imports() throws {
    let targets = try PackageDescription.read().targets
    let rooms = Set(targets.flatMap { [$0.name] + ($0.products ?? []) })
    for target in targets where target.type != "system-target" {
      let sources = SourceFile.all(in: target.folder)
      let imported = Set(sources.flatMap(\.importedModules)).intersection(rooms)
      let declared = Set(target.allDependencies)
      #expect(imported.subtracting(declared) == [], "\(target.name) imports without declaring")
      // Tests may declare what they only want to have built.
      guard target.type != "test" else { continue }
      #expect(declared.subtracting(imported) == [], "\(target.name) declares without importing")
    }
  }
}
