// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// A model that can be asked for by name.
public struct CatalogueEntry: Sendable, Hashable {
  /// The name.
  public let name: String
  /// What it takes apart, in a few words.
  public let summary: String
  /// The licence of its weights.
  public let licence: String
  /// The checkpoint's file name.
  let fileName: String
}

/// Names of models, and the checkpoint files they stand for.
public enum ModelLibrary {
  /// The model that is used when none is named.
  public static let defaultModel = "speech-noise-16k"

  /// All models that can be asked for by name.
  public static let entries = [
    CatalogueEntry(
      name: "speech-noise-16k",
      summary: "speech apart from noise, 16 kHz mono, causal Conv-TasNet, bundled",
      licence: "Apache-2.0", fileName: "speech-noise-16k.safetensors")
  ]

  /// The endings of checkpoint files.
  public static let checkpointExtensions = [
    "th", "pt", "pth", "ckpt", "bin", "safetensors", "tar",
  ]

  /// The checkpoint that a name or a path stands for.
  ///
  /// - Parameter model: a catalogue name; or a path, if there is a file or the text looks like one.
  /// - Throws: `ModelLibraryError` when it is neither.
  public static func resolve(_ model: String) throws(ModelLibraryError) -> ModelFile {
    if let entry = entries.first(where: { $0.name == model }) {
      return ModelFile(name: entry.name, path: try bundledPath(entry))
    }
    let name = checkpointName(model)
    if model.contains("/") || name.count < model.count
      || FileManager.default.fileExists(atPath: model)
    {
      return ModelFile(name: name, path: model)
    }
    throw .unknown(model: model, known: entries.map(\.name))
  }

  /// A checkpoint's path without its folder and its ending.
  private static func checkpointName(_ path: String) -> String {
    var name = path.split(separator: "/").last.map(String.init) ?? path
    // final.pth.tar has two.
    while let dot = name.lastIndex(of: "."), dot > name.startIndex,
      checkpointExtensions.contains(name[name.index(after: dot)...].lowercased())
    {
      name = String(name[..<dot])
    }
    return name
  }

  /// Bundled models lie where an installation puts shared files, or where a build puts resources.
  ///
  /// Not `Bundle.module`, which ends the process where a program was copied away from its build.
  private static func bundledPath(_ entry: CatalogueEntry) throws(ModelLibraryError) -> String {
    let program = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
    for folder in ["../share/tessera/models", "Tessera_ModelLibrary.resources/Resources"] {
      let file = program?.appendingPathComponent(folder).appendingPathComponent(entry.fileName)
      if let path = file?.standardizedFileURL.path, FileManager.default.fileExists(atPath: path) {
        return path
      }
    }
    throw .notInstalled(model: entry.name, fileName: entry.fileName)
  }
}

/// A checkpoint file, and what its model is called in outputs.
public struct ModelFile: Sendable, Hashable {
  /// The catalogue name, or the file's name without its ending.
  public let name: String
  /// Where the file is.
  public let path: String
}

/// Why a model can't be had.
public enum ModelLibraryError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Neither a catalogue name nor a file.
  case unknown(model: String, known: [String])
  /// A bundled model whose file is missing.
  case notInstalled(model: String, fileName: String)

  /// One line: what is wrong and what to do.
  public var description: String {
    switch self {
    case .unknown(let model, let known):
      "unknown model '\(model)': expected \(known.joined(separator: ", ")), or a checkpoint file"
    case .notInstalled(let model, let fileName):
      "the bundled model '\(model)' is missing: install \(fileName) beside the program again"
    }
  }
}
