// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import ModelLibrary
internal import Separation

/// `separate-stems models`: what there is to choose from, here and elsewhere.
struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, describe, fetch or remove models.",
    discussion: """
      EXAMPLES
        What there is:
          separate-stems models list
        What a model or a checkpoint file is:
          separate-stems models info tasnet
          separate-stems models info final.pth.tar
        Two models onto a machine that has no network later:
          separate-stems models fetch tasnet conv_tasnet_base_libri2mix --model-dir /media/models
      """,
    subcommands: [List.self, Info.self, FetchModels.self, RemoveModels.self],
    defaultSubcommand: List.self)

  /// `models list`.
  struct List: ProgramCommand {
    static let configuration = CommandConfiguration(abstract: "List the models that have names.")

    @OptionGroup(title: "Models kept here") var models: ModelLibraryOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
      let tasks: Set<ModelTask> = [.separation, .querySeparation, .tagging]
      try ModelRecord.writeAll(for: tasks, in: models.library, asJSON: common.json)
    }
  }

  /// `models info`.
  struct Info: ProgramCommand {
    static let configuration = CommandConfiguration(
      abstract: "Describe a model: a name, a checkpoint file, or a bag's .yaml file.")

    @Argument(help: "A name that 'models list' shows, or a file.") var model: String
    @OptionGroup(title: "Models kept here") var models: ModelLibraryOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
      let library = models.library
      var record: ModelRecord?
      if let published = Catalogue.model(named: model) {
        record = ModelRecord(published, in: library)
        // What isn't here, or is another program's, is described from the catalogue.
        if published.family.task == .codec || !library.isHere(published) {
          return try ModelRecord.write(record, asJSON: common.json)
        }
      }
      if let tagger = try LoadedTagger(try models.file(of: model)) {
        return try ModelRecord.write(
          record, lines: tagger.lines(record == nil), members: tagger.json, asJSON: common.json)
      }
      let loaded = try LoadedModel(model, from: models)
      try ModelRecord.write(
        record, lines: loaded.lines(record == nil), members: loaded.json, asJSON: common.json)
    }
  }
}

/// What a model's own files say of it.
private struct LoadedModel {
  private let file: ModelFile
  private let separator: any Separator
  private let parameters: Int?

  init(_ model: String, from library: ModelLibraryOptions) throws {
    (file, separator) = try loadModel(model, listens: false, from: library)
    parameters = try parameterCount(of: file)
  }

  func lines(_ isUnknown: Bool) -> [(label: String, value: String)] {
    var lines: [(label: String, value: String)] = isUnknown ? [("name", file.name)] : []
    for path in file.bag?.members.map(\.path) ?? [file.path] { lines.append(("file", path)) }
    if isUnknown {
      if let family = separator.family { lines.append(("family", family.rawValue)) }
      let sources = separator.sources.joined(separator: ", ")
      lines.append(("sources", sources.isEmpty ? "what a query describes" : sources))
    }
    lines.append(("audio", "\(separator.sampleRate) Hz, \(separator.channels) channel(s)"))
    if let parameters { lines.append(("size", "\(parameters) parameters")) }
    lines.append(("passage", passage))
    return lines
  }

  var json: [JSONValue.Member] {
    var members: [JSONValue.Member] = [
      .init("name", .string(file.name)), .init("path", .string(file.path)),
      .init("members", .array((file.bag?.members ?? []).map { .string($0.path) })),
      .init("sources", .array(separator.sources.map { .string($0) })),
      .init("sampleRate", .integer(separator.sampleRate)),
      .init("channels", .integer(separator.channels)),
      .init("parameters", parameters.map { .integer($0) } ?? .null),
      .init("streamingLatencySeconds", latency.map { .number($0) } ?? .null),
      .init("segmentSeconds", segment.map { .number($0) } ?? .null),
    ]
    if let family = separator.family { members.append(.init("family", .string(family.rawValue))) }
    return members
  }

  private func seconds(_ samples: Int) -> Double {
    Double(samples) / Double(separator.sampleRate)
  }

  private var latency: Double? {
    guard case .stream(let samples, _) = separator.passage else { return nil }
    return seconds(samples)
  }

  private var segment: Double? {
    if let prescribed = file.bag?.segmentSeconds { return prescribed }
    switch separator.passage {
    case .segments(let samples, _), .windows(let samples): return seconds(samples)
    case .overlap(let samples, _): return samples.map { seconds($0) }
    case .stream, .context: return nil
    }
  }

  private var passage: String {
    switch separator.passage {
    case .stream(let samples, _):
      return "streams, \(Int((1000 * seconds(samples)).rounded(.up))) ms late"
    case .context: return "segments with context, exact at any length"
    case .overlap: return "whole files, long ones in overlapping segments"
    case .segments, .windows:
      return "overlapping segments of \((10 * (segment ?? 0)).rounded() / 10) s"
    }
  }
}
