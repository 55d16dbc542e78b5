// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// The models on this machine, and the way to those that aren't.
public struct ModelLibrary: Sendable {
  /// The model that is used when none is named.
  public static let defaultModel = "music-4stems"

  /// The codec that is used when none is named.
  public static let defaultCodec = "speech-codec-24k"

  /// The endings of checkpoint files.
  public static let checkpointExtensions = [
    "th", "pt", "pth", "ckpt", "bin", "safetensors", "tar",
  ]

  /// Where fetched models are kept.
  public let folder: String
  /// A server that has the files by their names, asked instead of the publishers.
  public let mirror: String?
  private let patience: Patience

  /// A library.
  ///
  /// - Parameters:
  ///   - folder: Where fetched models are kept; without one, `$TESSERA_MODELS`,
  ///     `$XDG_CACHE_HOME/tessera/models` or `~/.cache/tessera/models`.
  ///   - mirror: The URL of a folder with the models' files under the names they have here, such as
  ///     another's such folder; without one, `$TESSERA_MIRROR`, else the publishers are asked.
  public init(folder: String? = nil, mirror: String? = nil) {
    self.init(
      folder: folder, mirror: mirror, environment: ProcessInfo.processInfo.environment,
      patience: Patience())
  }

  /// A library of a process with these variables, which waits so long for servers.
  package init(
    folder: String?, mirror: String?, environment: [String: String], patience: Patience
  ) {
    func variable(_ name: String) -> String? {
      environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    // The XDG specification has relative paths ignored.
    let cache =
      variable("XDG_CACHE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? (variable("HOME") ?? NSHomeDirectory()) + "/.cache"
    self.folder = folder ?? variable("TESSERA_MODELS") ?? cache + "/tessera/models"
    self.mirror = mirror ?? variable("TESSERA_MIRROR")
    self.patience = patience
  }

  /// Where a model is that a name or a path stands for.
  ///
  /// In this order: a catalogue name that comes with the programs; a file, if there is one or the
  /// text looks like a path; a bag `NAME.yaml` in the library's folder; a catalogue name; a
  /// checkpoint of that signature in the folder.
  ///
  /// - Throws: `ModelLibraryError`; `.notFetched` where `fetch(_:_:)` would help.
  public func resolve(_ model: String) throws(ModelLibraryError) -> ModelFile {
    let published = Catalogue.model(named: model)
    if let published, published.isBundled {
      return ModelFile(name: published.name, path: try bundledPath(published))
    }
    if published == nil && looksLikePath(model) { return try file(model) }
    let repository = LocalRepository(folder: folder)
    if let path = repository.bag(model) { return try bag(path) }
    if let published { return try fetched(published) }
    if let path = try repository.checkpoint(model) { return ModelFile(name: model, path: path) }
    throw .unknown(model: model, nearest: Catalogue.names(like: model))
  }

  /// Whether all of a model's files are on this machine.
  public func isHere(_ model: PublishedModel) -> Bool {
    model.isBundled || model.files.allSatisfy { Self.isThere(path(of: $0)) }
  }

  /// Fetches what is missing of a model's files.
  ///
  /// Files go on where an earlier download was cut, get their names when they are complete and
  /// verified, and are fetched once where several processes want them.
  ///
  /// - Parameter observe: hears what happens, at least once a second; what it throws ends the
  ///   download, and what has come is kept.
  /// - Throws: `ModelLibraryError`.
  public func fetch(_ model: PublishedModel, _ observe: (FetchEvent) throws -> Void) throws {
    if model.isBundled { return }
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw ModelLibraryError.cannotWrite(path: folder, reason: error.localizedDescription)
    }
    for (index, file) in model.files.enumerated() where !Self.isThere(path(of: file)) {
      try observe(.began(file, number: index + 1, of: model.files.count))
      let download = Download(
        file: file, address: address(of: file), url: url(of: file), target: path(of: file),
        patience: patience)
      try download(observe)
    }
  }

  /// Removes a model's files, and what interrupted downloads left of them.
  ///
  /// - Returns: the files that were there.
  public func remove(_ model: PublishedModel) throws(ModelLibraryError) -> [String] {
    var removed: [String] = []
    for path in model.files.map(path(of:)) where !model.isBundled {
      for path in [path, path + ".part", path + ".part.etag"] where Self.isThere(path) {
        do { try FileManager.default.removeItem(atPath: path) } catch {
          throw .cannotWrite(path: path, reason: error.localizedDescription)
        }
        removed.append(path)
      }
    }
    return removed
  }

  /// Where a file is fetched from, fit to be shown: without a mirror's user name and password.
  public func url(of file: PublishedFile) -> String {
    let address = address(of: file)
    guard let scheme = address.firstRange(of: "://") else { return address }
    let rest = address[scheme.upperBound...]
    guard let at = rest.prefix(while: { $0 != "/" }).lastIndex(of: "@") else { return address }
    return String(address[..<scheme.upperBound] + rest[rest.index(after: at)...])
  }

  private func address(of file: PublishedFile) -> String {
    guard let mirror else { return file.url }
    return (mirror.hasSuffix("/") ? String(mirror.dropLast()) : mirror) + "/" + file.name
  }

  private func path(of file: PublishedFile) -> String { "\(folder)/\(file.name)" }

  private func fetched(_ model: PublishedModel) throws(ModelLibraryError) -> ModelFile {
    guard isHere(model) else { throw .notFetched(model) }
    let members = model.files.map { ModelFile(name: $0.name, path: path(of: $0)) }
    if members.count == 1 && model.segmentSeconds == nil {
      return ModelFile(name: model.name, path: members[0].path)
    }
    return ModelFile(
      name: model.name, path: folder,
      bag: ModelBag(
        members: members, weights: model.weights, segmentSeconds: model.segmentSeconds))
  }

  private func file(_ path: String) throws(ModelLibraryError) -> ModelFile {
    if BagFile.extensions.contains(where: { path.lowercased().hasSuffix(".\($0)") }) {
      return try bag(path)
    }
    return ModelFile(name: Self.checkpointName(path), path: path)
  }

  /// A bag, whose networks lie beside it, or in the library's folder under their published names.
  private func bag(_ path: String) throws(ModelLibraryError) -> ModelFile {
    let bag = try BagFile(path: path)
    let beside = path.contains("/") ? (path as NSString).deletingLastPathComponent : "."
    let repository = LocalRepository(folder: beside.isEmpty ? "/" : beside)
    var members: [ModelFile] = []
    for signature in bag.signatures {
      if let path = try repository.checkpoint(signature) {
        members.append(ModelFile(name: signature, path: path))
      } else if let published = Catalogue.model(named: signature), published.files.count == 1 {
        members.append(try fetched(published))
      } else {
        throw .missingMember(bag: path, signature: signature, folder: beside)
      }
    }
    return ModelFile(
      name: Self.checkpointName(path), path: path,
      bag: ModelBag(
        members: members, weights: bag.weights, segmentSeconds: bag.segmentSeconds))
  }

  private func looksLikePath(_ model: String) -> Bool {
    model.contains("/") || Self.checkpointName(model).count < model.count || Self.isThere(model)
  }

  /// A model file's path without its folder and its ending.
  private static func checkpointName(_ path: String) -> String {
    var name = path.split(separator: "/").last.map(String.init) ?? path
    // final.pth.tar has two.
    let endings = checkpointExtensions + BagFile.extensions
    while let dot = name.lastIndex(of: "."), dot > name.startIndex,
      endings.contains(name[name.index(after: dot)...].lowercased())
    {
      name = String(name[..<dot])
    }
    return name
  }

  private static func isThere(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path)
  }

  /// Bundled models lie where an installation puts shared files, or where a build puts resources.
  ///
  /// Not `Bundle.module`, which ends the process where a program was copied away from its build.
  private func bundledPath(_ model: PublishedModel) throws(ModelLibraryError) -> String {
    let program = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
    let fileName = model.files[0].name
    for folder in ["../share/tessera/models", "Tessera_ModelLibrary.resources/Resources"] {
      let file = program?.appendingPathComponent(folder).appendingPathComponent(fileName)
      if let path = file?.standardizedFileURL.path, Self.isThere(path) { return path }
    }
    throw .notInstalled(model: model.name, fileName: fileName)
  }
}
