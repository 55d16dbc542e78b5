// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Synchronization

/// Standard error: everything a program says about its work.
///
/// Messages and progress share it, so a message never lands inside the bar. Text is plain: no
/// colours, which honours `NO_COLOR`. With `--progress json`, every line is a JSON object.
package final class Console: Sendable {
  /// The process's one console.
  package static let standard = Console()

  /// How much is said; errors always are.
  package enum Verbosity: Int, Sendable {
    case quiet
    case normal
    case verbose
  }

  /// How long work goes on unannounced when its progress would be lines nobody asked for.
  private static let quietSeconds = 3.0

  private struct State {
    var verbosity = Verbosity.normal
    var progressMode = ProgressMode.none
    var progress: ProgressDisplay?
    var progressStart = ContinuousClock.now
  }

  private let state = Mutex(State())

  private init() {}

  /// Sets how much is said, and how progress is shown.
  package func configure(verbosity: Verbosity, progress mode: ProgressMode) {
    state.withLock {
      $0.verbosity = verbosity
      $0.progressMode = mode
    }
  }

  /// Says what happens; silent with `--quiet`.
  package func info(_ text: String) { say(text, as: .info, from: .normal) }

  /// Says what the user should know before trusting the result; silent with `--quiet`.
  package func warn(_ text: String) { say(text, as: .warning, from: .normal) }

  /// Says what only a curious user wants to know; needs `--verbose`.
  package func verbose(_ text: String) { say(text, as: .verbose, from: .verbose) }

  /// Says why something failed, in one line and whatever the verbosity.
  package func error(_ failure: Failure) {
    say(failure.message, as: .error, from: .quiet, status: failure.status)
  }

  private enum Level: String {
    case info
    case warning
    case verbose
    case error
  }

  private func say(
    _ text: String, as level: Level, from verbosity: Verbosity, status: ExitStatus? = nil
  ) {
    let text = Printable.oneLine(text)
    state.withLock { state in
      guard state.verbosity.rawValue >= verbosity.rawValue else { return }
      if state.progressMode == .json {
        var members = [JSONValue.Member("event", .string(level.rawValue))]
        if let status { members.append(.init("status", .integer(Int(status.rawValue)))) }
        members.append(.init("message", .string(text)))
        return Self.write(JSONValue.object(members).line + "\n")
      }
      let label = level == .error || level == .warning ? "\(level.rawValue): " : ""
      Self.write((state.progress?.erase() ?? "") + "\(Program.name): \(label)\(text)\n")
    }
  }

  /// Begins to show the progress of one long piece of work, in place of the one before.
  ///
  /// - Parameters:
  ///   - track: what is worked on, as the user knows it.
  ///   - totalSeconds: its length in seconds of sound; nil where it is unknown, as for a pipe.
  package func beginProgress(track: String, totalSeconds: Double?) {
    begin(track: track, total: totalSeconds, unit: .soundSeconds)
  }

  /// Begins to show how a file of so many bytes comes, in place of the progress before.
  package func beginProgress(track: String, totalBytes: Int?) {
    begin(track: track, total: totalBytes.map(Double.init), unit: .bytes)
  }

  private func begin(track: String, total: Double?, unit: ProgressDisplay.Unit) {
    state.withLock { state in
      Self.write(state.progress?.erase() ?? "")
      state.progressStart = .now
      state.progress = ProgressDisplay(
        style: Self.style(state.progressMode, state.verbosity), program: Program.name,
        track: track, total: total, unit: unit)
    }
  }

  /// Says how many seconds of sound there are, where that wasn't known at the beginning.
  package func setProgressTotal(seconds: Double) {
    state.withLock { $0.progress?.set(total: seconds) }
  }

  /// Shows that `doneSeconds` of sound are done.
  ///
  /// Cheap; may be called often and from any thread.
  package func updateProgress(doneSeconds: Double) { update(done: doneSeconds) }

  /// Shows that so many bytes have come, of as many as are known by now.
  ///
  /// Cheap; may be called often and from any thread.
  package func updateProgress(doneBytes: Int, of total: Int?) {
    if let total { state.withLock { $0.progress?.set(total: Double(total)) } }
    update(done: Double(doneBytes))
  }

  private func update(done: Double) {
    state.withLock { state in
      let elapsed = (ContinuousClock.now - state.progressStart) / .seconds(1)
      let text = state.progress?.update(
        done: done, elapsed: elapsed, columns: Terminal.columns)
      Self.write(text ?? "")
    }
  }

  /// Ends the progress begun last and removes its bar from the terminal.
  package func endProgress() {
    state.withLock { state in
      Self.write(state.progress?.erase() ?? "")
      state.progress = nil
    }
  }

  private static func style(_ mode: ProgressMode, _ verbosity: Verbosity) -> ProgressDisplay.Style {
    switch mode {
    case .auto:
      if verbosity == .quiet {
        .none
      } else if Terminal.isCapable {
        .bar
      } else {
        .lines(quietSeconds: quietSeconds)
      }
    case .bar: .bar
    case .lines: .lines(quietSeconds: 0)
    case .json: .json
    case .none: .none
    }
  }

  /// A standard error that is closed or full is nobody's concern: the exit status still tells.
  private static func write(_ text: String) {
    guard !text.isEmpty else { return }
    _ = FileDescriptorWriter.writeAll(Array(text.utf8), to: STDERR_FILENO)
  }
}

/// The terminal behind standard error.
private enum Terminal {
  /// Whether there is one that understands cursor control.
  static var isCapable: Bool {
    isatty(STDERR_FILENO) == 1 && getenv("TERM").map { String(cString: $0) } ?? "dumb" != "dumb"
  }

  /// Its width, 80 where it does not tell.
  static var columns: Int {
    var size = winsize()
    let status = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size)
    return status == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }
}
