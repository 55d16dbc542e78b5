// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import ModelLibrary
internal import TokenFiles
internal import WavTokenizer

/// `audio-tokens models`: what there is to choose from, here and elsewhere.
struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, describe, fetch or remove models.",
    discussion: """
      EXAMPLES
        What there is:
          audio-tokens models list
        What a model or a checkpoint file is:
          audio-tokens models info wavtokenizer-large-unify-600
          audio-tokens models info model.ckpt
      """,
    subcommands: [List.self, Info.self, FetchModels.self, RemoveModels.self],
    defaultSubcommand: List.self)

  /// `models list`.
  struct List: ProgramCommand {
    static let configuration = CommandConfiguration(abstract: "List the models that have names.")

    @OptionGroup(title: "Models kept here") var models: ModelLibraryOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
      try ModelRecord.writeAll(for: [.codec], in: models.library, asJSON: common.json)
    }
  }

  /// `models info`.
  struct Info: ProgramCommand {
    static let configuration = CommandConfiguration(
      abstract: "Describe a model: a name, or a checkpoint file.")

    @Argument(help: "A name that 'models list' shows, or a file.") var model: String
    @OptionGroup(title: "Models kept here") var models: ModelLibraryOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
      let library = models.library
      var record: ModelRecord?
      if let published = Catalogue.model(named: model) {
        record = ModelRecord(published, in: library)
        // What isn't here, or is another program's, is described from the catalogue.
        if published.family.task != .codec || !library.isHere(published) {
          return try ModelRecord.write(record, asJSON: common.json)
        }
      }
      let codec = try Codec(model, configuration: nil, from: models, parts: .encoder)
      try ModelRecord.write(
        record, lines: lines(codec, isUnknown: record == nil), members: members(codec),
        asJSON: common.json)
    }

    private func lines(_ codec: Codec, isUnknown: Bool) -> [(label: String, value: String)] {
      let identity = codec.identity
      let latency = 1000 * latencySeconds(codec)
      return (isUnknown ? [("name", codec.identity.model)] : []) + [
        ("file", codec.file.path),
        (
          "tokens",
          "\(decimal(identity.tokensPerSecond, places: 2)) a second, "
            + "\(identity.hopLength) samples each"
        ),
        ("codes", "\(identity.codebookSize), fingerprint \(identity.fingerprint ?? "")"),
        ("audio", "\(identity.sampleRate) Hz, 1 channel"),
        (
          "encode", "streams, the first token after \(decimal(latency, places: 1)) ms of sound"
        ),
      ]
    }

    private func members(_ codec: Codec) -> [JSONValue.Member] {
      let identity = codec.identity
      return [
        .init("name", .string(codec.identity.model)), .init("path", .string(codec.file.path)),
        .init("family", .string(ModelFamily.wavTokenizer.rawValue)),
        .init("sampleRate", .integer(identity.sampleRate)),
        .init("hopLength", .integer(identity.hopLength)),
        .init("codebookSize", .integer(identity.codebookSize)),
        .init("tokensPerSecond", .number(identity.tokensPerSecond)),
        .init("fingerprint", .string(identity.fingerprint ?? "")),
        .init("latencySeconds", .number(latencySeconds(codec))),
      ]
    }

    private func latencySeconds(_ codec: Codec) -> Double {
      Double(codec.network.configuration.latencySamples) / Double(codec.identity.sampleRate)
    }
  }
}
