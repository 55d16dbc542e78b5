// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// A program that was run to its end.
struct ProgramRun {
  let status: Int32
  let standardOutput: Data
  let standardErrorText: String

  var standardOutputText: String { String(decoding: standardOutput, as: UTF8.self) }

  /// Runs the program `name` of this package.
  init(
    _ name: String, _ arguments: [String], input: Data = Data(), in folder: URL? = nil,
    environment: [String: String] = [:]
  ) throws {
    try self.init(
      executable: Self.program(name), arguments: arguments, input: input, in: folder,
      environment: environment)
  }

  /// Runs any executable, with `environment` on top of this process's.
  init(
    executable: URL, arguments: [String], input: Data = Data(), in folder: URL? = nil,
    environment: [String: String] = [:]
  ) throws {
    // Files instead of pipes: whatever the program writes and when, nothing can stall.
    let files = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: files) }
    let names = ["input", "output", "error"].map { files.appendingPathComponent($0) }
    for name in names { try (name == names[0] ? input : Data()).write(to: name) }
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = folder ?? files
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = try FileHandle(forReadingFrom: names[0])
    process.standardOutput = try FileHandle(forWritingTo: names[1])
    process.standardError = try FileHandle(forWritingTo: names[2])
    try process.run()
    process.waitUntilExit()
    status = process.terminationStatus
    standardOutput = try Data(contentsOf: names[1])
    standardErrorText = String(decoding: try Data(contentsOf: names[2]), as: UTF8.self)
  }

  /// Where the program `name` was built: beside the running tests.
  static func program(_ name: String) -> URL {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    while folder.path != "/" {
      folder.deleteLastPathComponent()
      let program = folder.appendingPathComponent(name)
      if FileManager.default.isExecutableFile(atPath: program.path) { return program }
    }
    return Fixtures.packageRoot.appendingPathComponent(".build/debug/\(name)")
  }
}
