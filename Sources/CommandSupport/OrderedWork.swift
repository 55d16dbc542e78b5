// SPDX-License-Identifier: Apache-2.0
internal import Dispatch
internal import Synchronization

/// Work on many items side by side, whose results come out in the items' order.
package enum OrderedWork {
  private struct Input {
    var count = 0
    var isAtEnd = false
    var failure: Failure?
  }

  private struct Output<Result: Sendable> {
    var waiting: [Int: Result] = [:]
    var next = 0
  }

  /// Takes items from `next` until that returns nil, passes each through `work`, and hands the
  /// results to `deliver`.
  ///
  /// - Parameters:
  ///   - jobs: How many items are worked on at a time.
  ///   - next: The next item. Never called by two threads at once, and not again once it is at its
  ///     end; it may wait for a pipe meanwhile.
  ///   - work: What is done with an item, on any thread. What it throws ends the whole.
  ///   - deliver: Receives the results one at a time, each as soon as those before it are through.
  /// - Throws: What one of the three throws, or ``Interruption/failure``; items under way are finished
  ///   first, but not delivered.
  package static func run<Item: Sendable, Result: Sendable>(
    jobs: Int, next: () throws(Failure) -> Item?, work: @Sendable (Item) throws(Failure) -> Result,
    deliver: (Result) throws(Failure) -> Void
  ) throws(Failure) {
    let input = Mutex(Input())
    let output = Mutex(Output<Result>())
    // Escape hatches only for the type system: both run under one of the locks.
    withoutActuallyEscaping(next) { next in
      withoutActuallyEscaping(deliver) { deliver in
        // SAFETY: `next` is called under the lock `input` and `deliver` under `output`, and
        // concurrentPerform returns only after every call: neither outlives this scope.
        nonisolated(unsafe) let (next, deliver) = (next, deliver)

        @Sendable func end(_ failure: Failure) {
          input.withLock {
            $0.failure = $0.failure ?? failure
            $0.isAtEnd = true
          }
        }

        @Sendable func take() -> (index: Int, item: Item)? {
          input.withLock { input in
            guard !input.isAtEnd else { return nil }
            do throws(Failure) {
              try Interruption.check()
              if let item = try next() {
                defer { input.count += 1 }
                return (input.count, item)
              }
            } catch {
              input.failure = error
            }
            input.isAtEnd = true
            return nil
          }
        }

        @Sendable func give(_ index: Int, _ result: Result) {
          output.withLock { output in
            output.waiting[index] = result
            do throws(Failure) {
              while let result = output.waiting.removeValue(forKey: output.next) {
                guard input.withLock({ $0.failure == nil }) else { return }
                output.next += 1
                try deliver(result)
              }
            } catch {
              end(error)
            }
          }
        }

        DispatchQueue.concurrentPerform(iterations: max(1, jobs)) { _ in
          while let (index, item) = take() {
            do throws(Failure) {
              give(index, try work(item))
            } catch {
              end(error)
            }
          }
        }
      }
    }
    if let failure = input.withLock({ $0.failure }) { throw failure }
  }
}
