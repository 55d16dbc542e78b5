// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Tensors
import Testing

@Suite("Arena") struct ArenaTests {
  @Test("memory given back is handed out again")
  func reuse() {
    let arena = Arena()
    for _ in 0..<100 {
      let tensor = arena.tensor(100, 50)
      #expect(tensor.shape == [100, 50])
    }
    #expect(arena.allocatedBytes == 100 * 50 * 4)
  }

  @Test("two tensors in use never share memory")
  func noSharing() {
    let arena = Arena()
    let a = arena.tensor(1000)
    let b = arena.tensor(1000)
    for index in 0..<1000 {
      a.pointer[index] = 1
      b.pointer[index] = 2
    }
    #expect(a.elements.allSatisfy { $0 == 1 })
    #expect(b.elements.allSatisfy { $0 == 2 })
  }

  @Test("a small tensor does not take a large one's memory")
  func fit() {
    let arena = Arena()
    do { _ = arena.tensor(100_000) }
    _ = arena.tensor(10_000)
    #expect(arena.allocatedBytes == 110_000 * 4)
  }

  @Test("large memory that fits nothing goes back before more is taken")
  func largeAndIdle() {
    let arena = Arena()
    let large = 1 << 23
    let kept = arena.tensor(large)
    do { _ = (arena.tensor(large), arena.tensor(large + 1)) }
    do { _ = arena.tensor(100_000) }
    let larger = arena.tensor(large + 2)
    #expect(arena.allocatedBytes == (kept.count + larger.count + 100_000) * 4)
  }
}

@Suite("Parallel") struct ParallelTests {
  @Test("every index is visited once", arguments: [1, 2, 3, 8], [0, 1, 2, 7, 100])
  func coverage(threads: Int, count: Int) {
    let visits = Mutex([Int](repeating: 0, count: count))
    Parallel(threads: threads).forEach(count) { index, lane in
      #expect(lane < threads)
      visits.withLock { $0[index] += 1 }
    }
    #expect(visits.withLock { $0.allSatisfy { $0 == 1 } })
  }
}
