// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Memory for activations that is taken once and used again.
///
/// A tensor made by an arena gives its memory back when the last reference to it goes away; the next
/// tensor of a like size gets the same memory, so a run in steady state allocates nothing. Buffers
/// are handed out smallest-that-fits, and never one more than four times as large as asked for.
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
    let block = state.withLock { state -> Block in
      var best: Int?
      for (index, block) in state.free.enumerated()
      where block.capacity >= count && block.capacity <= max(4 * count, 1024) {
        if let current = best, state.free[current].capacity <= block.capacity { continue }
        best = index
      }
      if let best { return state.free.remove(at: best) }
      state.bytes += count * MemoryLayout<Float>.stride
      return Block(pointer: Storage.allocate(count), capacity: count)
    }
    return Tensor(
      shape: shape, storage: Storage(lent: block.pointer, capacity: block.capacity, by: self))
  }

  func take(back pointer: UnsafeMutablePointer<Float>, capacity: Int) {
    let block = Block(pointer: pointer, capacity: capacity)
    state.withLock { $0.free.append(block) }
  }
}
