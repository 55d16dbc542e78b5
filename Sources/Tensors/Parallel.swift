// SPDX-License-Identifier: Apache-2.0
internal import Dispatch

/// How many threads one run may use, and the one parallel loop of the toolkit.
///
/// The loop hands out indices; whoever calls it cuts the work so that the result of an index does
/// not depend on the thread that computes it.
public struct Parallel: Sendable, Hashable {
  /// The number of threads, at least 1.
  public let threads: Int

  /// A width of `threads`, or 1 where that is less than 1.
  public init(threads: Int) { self.threads = max(1, threads) }

  /// Calls `body` once for every index below `count`, and returns when all calls have returned.
  ///
  /// `lane` is below `threads` and different for calls that run at the same time: the place of a
  /// thread's own scratch memory.
  public func forEach(_ count: Int, _ body: (_ index: Int, _ lane: Int) -> Void) {
    let lanes = min(threads, count)
    guard lanes > 1 else {
      for index in 0..<max(count, 0) { body(index, 0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      // SAFETY: concurrentPerform returns only after every call; `body` does not outlive this scope.
      nonisolated(unsafe) let body = body
      DispatchQueue.concurrentPerform(iterations: lanes) { lane in
        // Contiguous shares keep neighbouring rows in one core's cache.
        for index in (count * lane / lanes)..<(count * (lane + 1) / lanes) { body(index, lane) }
      }
    }
  }

  /// What `make` makes of every index below `count`, in order.
  package func map<Element: Sendable>(_ count: Int, _ make: (_ index: Int) -> Element) -> [Element]
  {
    [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      // SAFETY: every index has its own place, and all are filled when forEach returns.
      nonisolated(unsafe) let base = buffer.baseAddress
      forEach(count) { index, _ in base.map { ($0 + index).initialize(to: make(index)) } }
      initialized = count
    }
  }
}
