// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser
package import ModelLibrary

/// Where a program's models are kept, and whether it may fetch them.
package struct ModelLibraryOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where models are kept.",
      discussion: """
        Without it: $TESSERA_MODELS, $XDG_CACHE_HOME/tessera/models or ~/.cache/tessera/models. \
        Checkpoints 'signature-checksum.th' and bags 'name.yaml' in the folder are models too.
        """,
      valueName: "dir"))
  package var modelDir: String?

  @Option(
    help: ArgumentHelp(
      "Fetch models from this folder of a server instead of their publishers ($TESSERA_MIRROR).",
      valueName: "url"))
  package var mirror: String?

  @Flag(help: "Never touch the network.")
  package var offline = false

  package init() {}

  package func validate() throws {
    if modelDir?.isEmpty == true { throw ValidationError("--model-dir: expected a folder") }
    guard let mirror = library.mirror else { return }
    if !["http://", "https://"].contains(where: mirror.lowercased().hasPrefix) {
      throw ValidationError(
        "mirror '\(mirror)': expected a URL that begins with http:// or https://")
    }
  }

  /// The models on this machine.
  package var library: ModelLibrary { ModelLibrary(folder: modelDir, mirror: mirror) }

  /// The files of a model that a name or a path stands for, fetched first where they aren't here.
  package func file(of model: String) throws -> ModelFile {
    while true {
      do {
        return try library.resolve(model)
      } catch {
        guard case .notFetched(let published) = error, !offline else { throw error }
        try fetch(published)
      }
    }
  }

  /// Fetches what is missing of a model, says from where and under which licence, and shows progress.
  package func fetch(_ model: PublishedModel) throws {
    if library.isHere(model) { return }
    if offline { throw ModelLibraryError.notFetched(model) }
    let console = Console.standard
    let size = model.bytes.map { "about \(ByteCount($0)) " } ?? ""
    let server = library.url(of: model.files[0]).split(separator: "/").dropFirst().first ?? ""
    console.info(
      "fetching \(model.name), \(size)from \(server), into \(library.folder); "
        + "licence: \(model.licence)")
    var track = model.name
    try library.fetch(model) { event in
      if Interruption.isRequested {
        throw Failure(
          Interruption.failure.status,
          "ended; what has come of \(model.name) is kept, the next try goes on there")
      }
      switch event {
      case .began(let file, let number, let count):
        track = count == 1 ? model.name : "\(model.name) \(number)/\(count)"
        console.beginProgress(track: track, totalBytes: file.size?.bytes)
      case .waiting(let file):
        console.info("another process is fetching \(file.name); waiting for it")
      case .progress(let bytes, let total):
        console.updateProgress(doneBytes: bytes, of: total)
      case .retrying(let reason): console.info("\(track): \(reason); trying again")
      }
    }
    console.endProgress()
  }
}
