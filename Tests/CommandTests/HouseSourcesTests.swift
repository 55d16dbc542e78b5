// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// A source file of the package.
struct SourceFile {
  /// Where it is, from the package's root.
  let path: String
  let lines: [Substring]

  /// The Swift and C files below `folder`, sorted.
  static func all(in folder: URL) -> [SourceFile] {
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }
    return (names ?? []).sorted().compactMap { name in
      guard [".swift", ".c", ".h"].contains(where: name.hasSuffix) else { return nil }
      let file = folder.appendingPathComponent(name)
      guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
      let root = Fixtures.packageRoot.path + "/"
      return SourceFile(
        path: file.path.replacing(root, with: ""),
        lines: text.split(separator: "\n", omittingEmptySubsequences: false))
    }
  }

  static func all(under folders: String...) -> [SourceFile] {
    folders.flatMap { all(in: Fixtures.packageRoot.appendingPathComponent($0)) }
  }

  /// The modules that the file imports.
  var importedModules: [String] {
    lines.compactMap { line in
      let words = line.split(whereSeparator: \.isWhitespace)
      let access = ["public", "package", "internal", "fileprivate", "private"]
      let rest = words.drop { access.contains(String($0)) || $0.hasPrefix("@") }
      guard rest.first == "import" else { return nil }
      let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
      let name = rest.dropFirst().first { !kinds.contains(String($0)) }
      return name?.split(separator: ".").first.map(String.init)
    }
  }
}

@Suite("The sources")
struct HouseSourcesTests {
  /// Tables made from other people's data, under the data's licence (NOTICE).
  private static let otherLicences = [
    "Sources/UniversalSeparation/AudioSet/AudioSetTable.swift": "CC-BY-SA-4.0"
  ]

  @Test("Every source file begins with its licence")
  func licence() {
    let files = SourceFile.all(under: "Sources", "Tests")
    #expect(files.count > 20)
    for file in files {
      let licence = Self.otherLicences[file.path] ?? "Apache-2.0"
      #expect(file.lines.first == "// SPDX-License-Identifier: \(licence)", "\(file.path)")
    }
  }

  @Test(
    "Each C library is called in one place",
    arguments: [
      ("sf_", ["Sources/SoundFiles/", "Sources/CSndfile/"]),
      ("dpotr", ["Sources/Evaluation/", "Sources/CLAPACK/"]),
      ("fftw_", ["Sources/SpectralTransforms/", "Sources/CFFTW/"]),
      ("fftwf_", ["Sources/SpectralTransforms/", "Sources/CFFTW/"]),
      ("dnnl_", ["Sources/COneDNN/"]),
      ("curl_", ["Sources/ModelLibrary/", "Sources/CCurl/"]),
      ("EVP_", ["Sources/ModelLibrary/", "Sources/CCrypto/"]),
    ])
  func libraryDoors(_ prefix: String, _ places: [String]) throws {
    let call = try Regex("(^|[^A-Za-z0-9_])\(prefix)[a-z]")
    for file in SourceFile.all(under: "Sources") {
      if places.contains(where: file.path.hasPrefix) { continue }
      for (index, line) in file.lines.enumerated() {
        #expect(!line.contains(call), "\(file.path):\(index + 1): \(line)")
      }
    }
  }

  @Test("Whoever switches the compiler's data-race checks off says why that is safe")
  func safety() {
    for file in SourceFile.all(under: "Sources", "Tests") {
      for (index, line) in file.lines.enumerated() where Self.isUnchecked(line) {
        // On the line, in the comment above, or above a group of such lines.
        let above = file.lines[max(0, index - 6)...index]
        #expect(above.contains { $0.contains("SAFETY:") }, "\(file.path):\(index + 1): \(line)")
      }
    }
  }

  private static func isUnchecked(_ line: Substring) -> Bool {
    let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
    return code.contains(": @unchecked " + "Sendable") || code.contains("nonisolated" + "(unsafe)")
  }
}
