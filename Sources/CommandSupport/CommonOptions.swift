// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser

/// The options that every program takes.
package struct CommonOptions: ParsableArguments {
  @Option(help: "How many threads to use (default: all the process may use).")
  package var threads: Int?

  @Flag(name: .shortAndLong, help: "Say nothing but errors.")
  package var quiet = false

  @Flag(name: .shortAndLong, help: "Say more.")
  package var verbose = false

  @Flag(help: "Print the result as JSON, one object a line.")
  package var json = false

  @Option(
    help: ArgumentHelp(
      "How to show progress on standard error.",
      discussion: """
        auto: a bar on a terminal, otherwise a line every 5 % once the work has lasted a few \
        seconds. json: one object a line, 'done' and 'total' in seconds of sound, 'seconds' of \
        time spent; messages become objects too.
        """,
      valueName: "mode"))
  package var progress: ProgressMode = .auto

  package init() {}

  package func validate() throws {
    if quiet && verbose { throw ValidationError("--quiet and --verbose exclude each other") }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads \(threads): expected a number from 1 to 1024")
    }
  }

  /// The number of threads to use: as asked for, else all that the process may use.
  package var threadCount: Int { threads ?? ProcessorCount.available }
}

/// A command of one of the programs, which ``ProgramRunner`` runs.
package protocol ProgramCommand: ParsableCommand {
  /// The options every program takes; `@OptionGroup var common: CommonOptions`.
  var common: CommonOptions { get }
}
