// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// Where test data lies.
public enum Fixtures {
  /// The package's root folder.
  public static let packageRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The parity fixtures beside the checkout, there only while developing.
  public static let sharedFolder = packageRoot.appendingPathComponent("../shared/fixtures")

  /// Whether the parity fixtures are there; tests that need them say `.enabled(if: …)`.
  public static let areAvailable = FileManager.default.fileExists(atPath: sharedFolder.path)

  /// A file of the parity fixture `name`.
  public static func shared(_ name: String, _ file: String) -> URL {
    sharedFolder.appendingPathComponent(name).appendingPathComponent(file)
  }

  /// The `fixture.json` of the parity fixture `name`.
  public static func description(_ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: shared(name, "fixture.json"))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  /// A new empty folder that the caller removes.
  public static func temporaryFolder() throws -> URL {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("tessera-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url
  }
}
