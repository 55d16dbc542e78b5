// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Memory for activations that is taken once and used again.
///
/// A tensor made by an arena gives its memory back when the last reference to it goes away; the next
/// tensor of a like size gets the same memory, so a run in steady state allocates nothing. Buffers
/// are handed out smallest-that-fits, and never one more than four times as large as asked for. Large
/// buffers that fit nothing go back to the system before another large one is taken from it.
public final class Arena: Sendable {
  private struct Block {
    // SAFETY: only whoever took the block out of the arena, under its lock, touches the memory.
    nonisolated(unsafe) let pointer: UnsafeMutablePointer<Float>
    let capacity: Int
  }

  private struct State {
    var free: [Block] = []
    var bytes = 0
  }

  private let state = Mutex(State())

  /// An empty arena.
  public init() {}

  deinit {
    state.withLock { state in
      for block in state.free { block.pointer.free(capacity: block.capacity) }
    }
  }

  /// All memory this arena has taken from the system, in bytes, whether in use or not.
  public var allocatedBytes: Int { state.withLock { $0.bytes } }

  /// A tensor with undefined contents.
  public func tensor(_ shape: Int...) -> Tensor { tensor(shape: shape) }

  /// A tensor with undefined contents.
  public func tensor(shape: [Int]) -> Tensor {
    let count = shape.reduce(1, *)
    let isLarge = count >= Self.largeCount
    let (block, idle) = state.withLock { state -> (Block?, [Block]) in
      var best: Int?
      for (index, block) in state.free.enumerated()
      where block.capacity >= count && block.capacity <= max(4 * count, 1024) {
        if let current = best, state.free[current].capacity <= block.capacity { continue }
        best = index
      }
      if let best { return (state.free.remove(at: best), []) }
      let idle = isLarge ? state.free.filter { $0.capacity >= Self.largeCount } : []
      if !idle.isEmpty { state.free.removeAll { $0.capacity >= Self.largeCount } }
      let change = count - idle.reduce(0) { $0 + $1.capacity }
      state.bytes += change * MemoryLayout<Float>.stride
      return (nil, idle)
    }
    for block in idle { block.pointer.free(capacity: block.capacity) }
    let storage =
      block.map { Storage(lent: $0.pointer, capacity: $0.capacity, by: self) }
      ?? Storage(lent: Storage.allocate(count), capacity: count, by: self)
    return Tensor(shape: shape, storage: storage)
  }

  /// Gives buffers that are not in use back to the system, those of at least so many floats.
  package func giveBack(atLeast count: Int = largeCount) {
    let idle = state.withLock { state in
      let idle = state.free.filter { $0.capacity >= count }
      state.free.removeAll { $0.capacity >= count }
      state.bytes -= idle.reduce(0) { $0 + $1.capacity } * MemoryLayout<Float>.stride
      return idle
    }
    for block in idle { block.pointer.free(capacity: block.capacity) }
  }

  /// Floats from which on a buffer is large: 32 MB, which the system hands out as pages of its own.
  package static let largeCount = 1 << 23

  func take(back pointer: UnsafeMutablePointer<Float>, capacity: Int) {
    let block = Block(pointer: pointer, capacity: capacity)
    state.withLock { $0.free.append(block) }
  }
}
