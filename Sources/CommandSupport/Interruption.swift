// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Synchronization

/// The wish that the program should end: Ctrl-C, or a request from the system.
///
/// The first signal sets a flag, which long work looks at between its steps; it then drops what it
/// was writing and ends. A second signal ends the process on the spot, and so does the system's
/// alarm clock when the work never looks, because it waits for a pipe that brings nothing. Ending
/// on the spot can leave an unfinished `.part` file, never one under its final name.
package enum Interruption {
  private static let received = Atomic<Int32>(0)
  private static let patienceSeconds: UInt32 = 10

  /// Whether the program was asked to end; costs one atomic load.
  package static var isRequested: Bool { received.load(ordering: .relaxed) != 0 }

  /// Throws ``failure`` once the program was asked to end.
  package static func check() throws(Failure) {
    if isRequested { throw failure }
  }

  /// What an interrupted program fails with.
  package static var failure: Failure {
    received.load(ordering: .relaxed) == SIGTERM
      ? Failure(.terminated, "terminated; what was unfinished is removed")
      : Failure(.interrupted, "interrupted; what was unfinished is removed")
  }

  /// Takes over the signals that end a program, and those that hide a failed write.
  static func install() {
    // Made before any handler can run: a handler must not be the first to ask for it.
    received.store(0, ordering: .relaxed)
    for number in [SIGINT, SIGTERM] where !isIgnored(number) { handle(number) }
    handle(SIGALRM)
    // Whoever starts the program from a thread that blocks signals hands the block down.
    var ours = sigset_t()
    sigemptyset(&ours)
    for number in [SIGINT, SIGTERM, SIGALRM] { sigaddset(&ours, number) }
    sigprocmask(SIG_UNBLOCK, &ours, nil)
    // A closed pipe and a file grown too large come back as errors of the write instead.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }

  /// Whether `number` was ignored when the program was started, as `nohup` and shells do for
  /// background work; it stays so.
  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    sigaction(number, nil, &action)
    #if os(Linux)
      let handler = action.__sigaction_handler.sa_handler
    #else
      let handler = action.__sigaction_u.__sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  private static func handle(_ number: Int32) {
    // Only calls that are safe in a handler: atomics, alarm, _exit.
    let handler: @convention(c) (Int32) -> Void = { number in
      let first = Interruption.received.load(ordering: .relaxed)
      if number != SIGALRM && first == 0 {
        Interruption.received.store(number, ordering: .relaxed)
        alarm(Interruption.patienceSeconds)
      } else {
        _exit(128 + (number == SIGALRM ? first : number))
      }
    }
    var action = sigaction()
    #if os(Linux)
      action.__sigaction_handler.sa_handler = handler
    #else
      action.__sigaction_u.__sa_handler = handler
    #endif
    action.sa_flags = Int32(SA_RESTART)
    sigaction(number, &action, nil)
  }
}
