// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// A folder of models as Demucs reads them: checkpoints `signature-checksum.th` or `signature.th`, and
/// bags `name.yaml`.
struct LocalRepository {
  let folder: String

  /// The signature in a checkpoint's name, and the digest's first digits where the name has them.
  static func signature(ofFile name: String) -> (signature: String, checksum: String?)? {
    guard name.hasSuffix(".th"), !name.hasPrefix(".") else { return nil }
    let stem = name.dropLast(3)
    guard let dash = stem.lastIndex(of: "-") else { return (String(stem), nil) }
    return (String(stem[..<dash]), String(stem[stem.index(after: dash)...]))
  }

  /// The bag called `name`.
  func bag(_ name: String) -> String? {
    guard !name.contains("/") else { return nil }
    return BagFile.extensions.map { "\(folder)/\(name).\($0)" }
      .first { FileManager.default.fileExists(atPath: $0) }
  }

  /// The checkpoint of this signature, whose checksum is right; `nil` where there is none.
  func checkpoint(_ signature: String) throws(ModelLibraryError) -> String? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let found = names.filter { Self.signature(ofFile: $0)?.signature == signature }.sorted()
    guard let name = found.first else { return nil }
    guard found.count == 1 else {
      throw .duplicateSignature(signature: signature, files: found.map { "\(folder)/\($0)" })
    }
    let path = "\(folder)/\(name)"
    if let checksum = Self.signature(ofFile: name)?.checksum {
      let digest = FileDigest.sha256(path: path) ?? "unreadable"
      guard digest.hasPrefix(checksum.lowercased()) else {
        throw .damaged(path: path, expected: checksum, found: digest)
      }
    }
    return path
  }
}
