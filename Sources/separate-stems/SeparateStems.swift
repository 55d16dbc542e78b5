// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Checkpoints
package import CommandSupport
internal import ModelLibrary
public import Separation

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
      """,
    version: Program.version,
    subcommands: [Separate.self, Models.self],
    defaultSubcommand: Separate.self)
}

extension SeparationError: FailureConvertible {
  package var exitStatus: ExitStatus { .badData }
}

/// The network that `--model` stands for, fetched first where it isn't here.
func loadModel(
  _ model: String?, configuration: String? = nil, from library: ModelLibraryOptions
) throws -> (file: ModelFile, separator: any Separator) {
  let file = try library.file(of: model ?? ModelLibrary.defaultModel)
  do {
    return (file, try loadSeparator(file, configuration: configuration))
  } catch {
    // Some errors know the parameter, but not the file.
    let message = error.description
    let paths = [file.path, configuration ?? file.path] + (file.bag?.members.map(\.path) ?? [])
    let isComplete = paths.contains { message.hasPrefix($0) }
    throw Failure(error.exitStatus, isComplete ? message : "\(file.path): \(message)")
  }
}
