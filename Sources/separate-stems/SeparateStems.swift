// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Checkpoints
package import CommandSupport
internal import ModelLibrary
public import Separation
public import UniversalSeparation

/// The program: takes recordings apart.
struct SeparateStems: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "separate-stems",
    abstract: "Take recordings apart into stems.",
    discussion: """
      EXAMPLES
        A song into drums, bass, other and vocals, with the bundled model:
          separate-stems song.mp3
        Speech apart from noise, with the other bundled model:
          separate-stems interview.wav -m speech-noise-16k
        A folder of recordings with a checkpoint of your own, into 32-bit float files:
          separate-stems recordings -m conv_tasnet.pth --sample-format float32
        Only the vocals, as FLAC, going on where an earlier run was stopped:
          separate-stems recordings --stems vocals --format flac --skip-existing
        A live pipe, headerless samples out:
          arecord -f S16_LE -r 16000 |
            separate-stems - -m speech-noise-16k -o - --stems speech --raw-samples
        The birds of a field recording, then everything that is heard in it:
          separate-stems field.wav -m uss --class Bird
          separate-stems field.wav -m uss --levels 1 2
        What sounds like an example:
          separate-stems field.wav -m uss --query example.wav
        What is heard in a recording, and when:
          separate-stems tag street.wav
      """,
    version: Program.version,
    subcommands: [Separate.self, Tag.self, Models.self],
    defaultSubcommand: Separate.self)
}

extension UniversalSeparationError: FailureConvertible {
  package var exitStatus: ExitStatus {
    switch self {
    case .noTagger, .wrongKind, .noSuchClass, .noSuchLevel: .usage
    case .wrongSize, .notFinite, .silentExamples, .unreadable: .badData
    }
  }
}

extension AudioSetError: FailureConvertible {
  package var exitStatus: ExitStatus { .usage }
}

extension TaggingError: FailureConvertible {
  package var exitStatus: ExitStatus { .badData }
}

extension SeparationError: FailureConvertible {
  package var exitStatus: ExitStatus { .badData }
}

/// The network that `--model` stands for, fetched first where it isn't here.
func loadModel(
  _ model: String?, configuration: String? = nil, tagger: String? = nil, listens: Bool = true,
  from library: ModelLibraryOptions
) throws -> (file: ModelFile, separator: any Separator) {
  if let model, let published = Catalogue.model(named: model), published.family.task.isOther {
    throw Failure(
      .usage,
      "\(model) is for \(published.family.task.rawValue), not separation; "
        + (published.family.task == .tagging
          ? "'separate-stems tag' takes it" : "'models list' shows what there is"))
  }
  let file = try library.file(of: model ?? ModelLibrary.defaultModel)
  do {
    return (
      file,
      try loadSeparator(
        file, configuration: configuration, tagger: tagger, listens: listens)
    )
  } catch {
    // Some errors know the parameter, but not the file.
    let message = error.description
    let paths =
      [file.path, configuration ?? file.path, tagger ?? file.path]
      + (file.bag?.members.map(\.path) ?? [])
    let isComplete = paths.contains { message.hasPrefix($0) }
    throw Failure(error.exitStatus, isComplete ? message : "\(file.path): \(message)")
  }
}

extension ModelTask {
  /// Whether its networks don't separate.
  var isOther: Bool { self != .separation && self != .querySeparation }
}
