// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser
internal import Foundation

/// The way from the command line to the exit code, the same for every program.
package enum ProgramRunner {
  /// Parses the command line, runs the command it names, and ends the process.
  ///
  /// What a command throws becomes one line on standard error and the exit code that belongs to it.
  package static func run(_ root: any ParsableCommand.Type) -> Never {
    Interruption.install()
    exit(status(of: root, arguments: CommandLineBytes.arguments))
  }

  private static func status(of root: any ParsableCommand.Type, arguments: [String]) -> Int32 {
    do {
      var command = try root.parseAsRoot(arguments)
      if let command = command as? any ProgramCommand { configureConsole(command.common) }
      try command.run()
      Console.standard.endProgress()
      return ExitStatus.success.rawValue
    } catch let error where isHelp(error, of: root) {
      return printHelp(root.fullMessage(for: error))
    } catch let code as ExitCode {
      Console.standard.endProgress()
      return code.rawValue
    } catch {
      let failure = failure(for: error, of: root)
      Console.standard.endProgress()
      Console.standard.error(failure)
      return failure.status.rawValue
    }
  }

  private static func configureConsole(_ options: CommonOptions) {
    Console.standard.configure(
      verbosity: options.quiet ? .quiet : options.verbose ? .verbose : .normal,
      progress: options.progress)
  }

  /// Whether `error` is the parser's way to ask for help, the version or a completion script.
  private static func isHelp(_ error: any Error, of root: any ParsableCommand.Type) -> Bool {
    !(error is ExitCode) && root.exitCode(for: error) == .success
  }

  private static func printHelp(_ text: String) -> Int32 {
    do throws(Failure) {
      try StandardOutput.write(line: text)
      return ExitStatus.success.rawValue
    } catch {
      Console.standard.error(error)
      return error.status.rawValue
    }
  }

  private static func failure(for error: any Error, of root: any ParsableCommand.Type) -> Failure {
    guard root.exitCode(for: error) == .validationFailure else { return Failure(describing: error) }
    let message = root.message(for: error)
    return Failure(.usage, "\(message) (see '\(Program.name) --help')")
  }
}
