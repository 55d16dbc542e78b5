// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport

/// `evaluate-stems pair`: one stem against what it should be.
struct Pair: ProgramCommand {
  @Argument(help: "The recording as it should be.") var reference: PathBytes
  @Argument(help: "The recording to score.") var estimate: PathBytes
  @Option(help: "What the estimate was taken from.") var mixture: PathBytes?
  @OptionGroup var common: CommonOptions

  func run() throws { throw Failure(.internalFault, "TODO") }
}
