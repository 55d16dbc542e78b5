// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// What every program of the package owes its callers.
@Suite("Every program", .serialized)
struct CommandSupportProgramTests {
  static let programs = ["separate-stems", "evaluate-stems"]

  @Test("Help has examples, and goes to standard output", arguments: programs)
  func help(_ program: String) throws {
    let run = try ProgramRun(program, ["--help"])
    #expect(run.status == 0 && run.standardErrorText.isEmpty)
    #expect(run.standardOutputText.contains("EXAMPLE"))
    #expect(run.standardOutputText.contains("  \(program) "))
  }

  @Test("The version is a version", arguments: programs)
  func version(_ program: String) throws {
    let run = try ProgramRun(program, ["--version"])
    #expect(run.status == 0)
    #expect(run.standardOutputText.contains(/^[0-9]+\.[0-9]+\.[0-9]+\n$/))
  }

  @Test("Completion scripts come out", arguments: programs, ["bash", "zsh", "fish"])
  func completions(_ program: String, _ shell: String) throws {
    let run = try ProgramRun(program, ["--generate-completion-script", shell])
    #expect(run.status == 0 && run.standardOutputText.contains(program))
    guard shell == "bash" else { return }
    let check = try ProgramRun(
      executable: URL(fileURLWithPath: "/bin/bash"), arguments: ["-n"], input: run.standardOutput)
    #expect(check.status == 0, "\(check.standardErrorText)")
  }

  @Test("A result that cannot be written is not a success", arguments: programs)
  func fullDisk(_ program: String) throws {
    guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
    let run = try shell("exec \"$0\" --help > /dev/full", program)
    #expect(run.status == 74)
    #expect(run.standardErrorText.contains("\(program): error: cannot write to standard output"))
  }

  @Test("A closed pipe is an error of its own, not a silent death", arguments: programs)
  func closedPipe(_ program: String) throws {
    // The reader is gone before the program starts.
    let run = try shell("{ sleep 0.2; \"$0\" --help; echo $? >&2; } | true", program)
    #expect(run.standardErrorText.hasSuffix("\n74\n"), "\(run.standardErrorText)")
  }

  @Test("A name that is not UTF-8 reaches the file system as it is")
  func notText() throws {
    // The line names the file, as well as text can.
    let run = try shell("exec \"$0\" pair \"$(printf '/no/\\374.wav')\" x", "evaluate-stems")
    #expect(run.status == 66)
    #expect(run.standardErrorText.contains("/no/\u{FFFD}.wav: no such file"))
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let found = try shell(
      "f=$(printf 'a\\374.wav'); echo text > \"$f\"; exec \"$0\" pair \"$f\" x", "evaluate-stems",
      in: folder)
    #expect(found.status == 65, "\(found.standardErrorText)")
  }

  @Test(
    "A signal ends the work with its own exit code",
    arguments: [("INT", Int32(130), "interrupted"), ("TERM", 143, "terminated")])
  func signals(_ signal: String, _ status: Int32, _ word: String) throws {
    // Endless sound keeps the program reading until the signal; a shell that is not interactive
    // starts background work with SIGINT ignored, so the program is exec'd in the foreground.
    let header =
      "printf 'RIFF\\377\\377\\377\\377WAVEfmt \\020\\0\\0\\0\\001\\0\\001\\0"
      + "\\200\\076\\0\\0\\0\\175\\0\\0\\002\\0\\020\\0data\\377\\377\\377\\377'"
    let run = try shell(
      """
      mkfifo pipe
      { \(header); while head -c 4000 /dev/zero; do sleep 0.05; done; } > pipe 2> /dev/null &
      (sleep 1; kill -\(signal) $$) &
      exec "$0" pair - x < pipe
      """, "evaluate-stems")
    #expect(run.status == status)
    #expect(run.standardErrorText.contains(word), "\(run.standardErrorText)")
  }

  @Test("A second signal ends what does not answer")
  func secondSignal() throws {
    // A pipe that brings nothing: the program waits in a read and never looks at its flag. KILL,
    // because children of the test inherit blocked signals.
    let run = try shell(
      """
      mkfifo pipe
      sleep 20 > pipe & holder=$!
      (sleep 0.5; kill -INT $$; sleep 0.3; kill -INT $$; kill -KILL $holder) &
      exec "$0" pair - x < pipe
      """, "evaluate-stems")
    #expect(run.status == 130)
  }

  /// Runs a line of shell; `$0` is the program.
  private func shell(_ script: String, _ program: String, in folder: URL? = nil) throws
    -> ProgramRun
  {
    try ProgramRun(
      executable: URL(fileURLWithPath: "/bin/bash"),
      arguments: ["-c", script, ProgramRun.program(program).path], in: folder)
  }
}
