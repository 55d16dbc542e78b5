// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser
internal import ModelLibrary

/// `models fetch`: brings models onto this machine.
package struct FetchModels: ProgramCommand {
  package static let configuration = CommandConfiguration(
    commandName: "fetch", abstract: "Fetch models, to use them without the network later.")

  @Argument(help: "Names that 'models list' shows.") var names: [String]
  @OptionGroup(title: "Models kept here") var models: ModelLibraryOptions
  @OptionGroup package var common: CommonOptions

  package init() {}

  package func run() throws {
    let library = models.library
    try forEachModel(names) { model in
      try models.fetch(model)
      let paths = model.isBundled ? [] : model.files.map { "\(library.folder)/\($0.name)" }
      if common.json {
        try StandardOutput.write(json: [
          "name": .string(model.name), "files": .array(paths.map { .string($0) }),
        ])
      } else {
        for path in paths { try StandardOutput.write(line: path) }
      }
    }
  }
}

/// `models remove`: makes room.
package struct RemoveModels: ProgramCommand {
  package static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Remove fetched models, and the rests of interrupted downloads.")

  @Argument(help: "Names that 'models list' shows.") var names: [String]
  @OptionGroup(title: "Models kept here") var models: ModelLibraryOptions
  @OptionGroup package var common: CommonOptions

  package init() {}

  package func run() throws {
    let library = models.library
    try forEachModel(names) { model in
      if model.isBundled {
        throw Failure(.usage, "\(model.name) comes with the programs; it stays")
      }
      let removed = try library.remove(model)
      if removed.isEmpty {
        throw Failure(.missingInput, "\(model.name): nothing of it is in \(library.folder)")
      }
      for path in removed {
        if common.json {
          try StandardOutput.write(json: ["name": .string(model.name), "file": .string(path)])
        } else {
          try StandardOutput.write(line: path)
        }
      }
    }
  }
}

/// Works on each model, whatever happens to the others.
private func forEachModel(_ names: [String], _ work: (PublishedModel) throws -> Void) throws {
  var batch = Batch()
  for name in names {
    do {
      try work(Catalogue.known(name))
      batch.succeed()
    } catch {
      try batch.fail(Failure(describing: error))
    }
  }
  try batch.finish()
}
