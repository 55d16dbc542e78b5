// SPDX-License-Identifier: Apache-2.0
import Foundation
import ModelLibrary
import Synchronization
import TestSupport

/// A library in a folder of its own, and models whose files a test's server has.
final class ModelWorkshop: Sendable {
  let folder: URL

  init() throws { folder = try Fixtures.temporaryFolder() }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Bytes that compress badly and are the same every time.
  static func content(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
  }

  /// SHA-256 by a program, not by the code under test.
  static func digest(_ bytes: [UInt8]) throws -> String {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("bytes")
    try Data(bytes).write(to: file)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["sha256sum", file.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    process.waitUntilExit()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    return String(String(decoding: output, as: UTF8.self).prefix(64))
  }

  func library(
    in folder: URL? = nil, mirror: String? = nil, _ change: (inout Patience) -> Void = { _ in }
  ) -> ModelLibrary {
    var patience = Patience()
    patience.retrySeconds = 0
    change(&patience)
    return ModelLibrary(
      folder: (folder ?? self.folder.appendingPathComponent("models")).path, mirror: mirror,
      environment: [:], patience: patience)
  }

  func model(
    _ url: String, size: PublishedFile.Size? = nil, digest: String? = nil
  ) -> PublishedModel {
    PublishedModel(
      "tiny", .convTasNet, "a test's",
      files: [PublishedFile("tiny.th", url: url, size: size, digest: digest)], licence: "none")
  }

  /// What is in the library's folder, hidden files too.
  var files: [String] {
    let path = folder.appendingPathComponent("models").path
    return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  func bytes(_ name: String = "tiny.th") -> [UInt8]? {
    try? [UInt8](Data(contentsOf: folder.appendingPathComponent("models/\(name)")))
  }
}

/// Counts what happens on several threads.
final class Counter: Sendable {
  private let value = Mutex(0)

  var count: Int { value.withLock { $0 } }

  /// The new count.
  func next() -> Int {
    value.withLock { value in
      value += 1
      return value
    }
  }

  func reset() { value.withLock { $0 = 0 } }
}

/// The error that work ends with, if it is the library's.
func libraryError(_ work: () throws -> Void) -> ModelLibraryError? {
  do {
    try work()
    return nil
  } catch {
    return error as? ModelLibraryError
  }
}
