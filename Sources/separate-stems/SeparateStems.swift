// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
package import CommandSupport
internal import Checkpoints
public import ModelLibrary

/// The program: takes recordings apart.
struct SeparateStems: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "separate-stems",
    abstract: "Take recordings apart into stems.",
    discussion: """
      EXAMPLES
        Speech apart from noise, with the bundled model:
          separate-stems interview.wav
        A folder of recordings with a checkpoint of your own, into 32-bit float files:
          separate-stems recordings -m conv_tasnet.pth --sample-format float32
        Only the speech, as FLAC, going on where an earlier run was stopped:
          separate-stems recordings --stems speech --format flac --skip-existing
        A live pipe, headerless samples out:
          arecord -f S16_LE -r 16000 | separate-stems - -o - --stems speech --raw-samples
      """,
    version: Program.version,
    subcommands: [Separate.self, Models.self],
    defaultSubcommand: Separate.self)
}

extension ModelLibraryError: FailureConvertible {
  package var exitStatus: ExitStatus { .unavailable }
}

/// The checkpoint that `--model` stands for.
func resolveModel(_ model: String?) throws -> ModelFile {
  try ModelLibrary.resolve(model ?? ModelLibrary.defaultModel)
}
