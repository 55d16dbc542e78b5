// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
package import CommandSupport
package import Evaluation
package import TokenFiles
package import WavTokenizer

/// The program: sound to tokens and back.
struct AudioTokens: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audio-tokens",
    abstract: "Turn sound into tokens that a language model can be trained on, and back.",
    discussion: """
      EXAMPLES
        A recording's tokens as JSON, and the sound they stand for:
          audio-tokens encode speech.wav -o - > speech.json
          audio-tokens decode speech.json
        How well that works, with the bundled codec and with a published one:
          audio-tokens reconstruct speech.wav
          audio-tokens reconstruct speech.wav -m wavtokenizer-large-speech-320-v2
        A corpus, in two parts that can be stopped and resumed, as one Megatron data set:
          audio-tokens encode --manifest list.jsonl -m model.ckpt -o corpus --shard 0/2
          audio-tokens encode --manifest list.jsonl -m model.ckpt -o corpus --shard 1/2
          audio-tokens convert corpus/*.jsonl --format megatron -o corpus
        Only the speech of a recording:
          separate-stems talk.mp3 --stems speech -o - | audio-tokens encode - -o -
      """,
    version: Program.version,
    subcommands: [
      Encode.self, Decode.self, Reconstruct.self, Convert.self, Info.self, Stats.self, Models.self,
    ])
}

extension TokenFileError: FailureConvertible {
  package var exitStatus: ExitStatus {
    switch self {
    case .missing, .unreadable: .missingInput
    case .unknownFormat, .malformed, .wrongChecksum, .outOfRange: .badData
    case .unsupported: .badData
    case .exists: .cannotCreate
    case .cannotWrite, .closedPipe: .inputOutput
    }
  }
}

extension WavTokenizerError: FailureConvertible {
  package var exitStatus: ExitStatus {
    switch self {
    case .notFinite, .tokenOutOfRange, .noTokens, .noSamples: .badData
    case .unknownBandwidth: .usage
    case .temporaryFile: .inputOutput
    }
  }
}

extension MetricError: FailureConvertible {
  package var exitStatus: ExitStatus { .badData }
}
