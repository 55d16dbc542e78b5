// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport

/// The program: scores separated stems.
struct EvaluateStems: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate-stems",
    abstract: "Score separated stems against the recordings they should be.",
    discussion: """
      EXAMPLES
        Score one stem:
          evaluate-stems pair vocals.wav separated/vocals.wav
        Score it against the mixture it came from, for the improvement too:
          evaluate-stems pair vocals.wav separated/vocals.wav --mixture song.wav
        A data set, as museval does, but faster:
          evaluate-stems folder musdb18hq separated/htdemucs -o scores --subset test
        A model, without writing its stems:
          evaluate-stems model musdb18hq --model htdemucs.th -o scores
        A list of recordings, one part of sixteen on this machine:
          evaluate-stems list pairs.jsonl -o part-3.jsonl --shard 3/16
        For a script:
          evaluate-stems pair vocals.wav separated/vocals.wav --json
      """,
    version: Program.version,
    subcommands: [Pair.self, Folder.self, ScoreModel.self, ScoreList.self, Summarize.self])
}
