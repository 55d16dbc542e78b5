// SPDX-License-Identifier: Apache-2.0

/// Floats on 64-byte boundaries, taken from the system or lent by an `Arena`.
///
/// SAFETY: `@unchecked Sendable`. Storage is written by one owner before it is shared (weights), or
/// by parallel loops that write disjoint ranges and are joined before anybody reads (activations).
package final class Storage: @unchecked Sendable {
  package let pointer: UnsafeMutablePointer<Float>
  package let capacity: Int
  private let arena: Arena?

  package init(capacity: Int) {
    self.capacity = capacity
    pointer = Storage.allocate(capacity)
    arena = nil
  }

  init(lent pointer: UnsafeMutablePointer<Float>, capacity: Int, by arena: Arena) {
    self.pointer = pointer
    self.capacity = capacity
    self.arena = arena
  }

  deinit {
    if let arena { arena.take(back: pointer, capacity: capacity) } else { pointer.free() }
  }

  static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer.allocate(
      byteCount: max(capacity, 1) * MemoryLayout<Float>.stride, alignment: 64
    ).bindMemory(to: Float.self, capacity: max(capacity, 1))
  }
}

extension UnsafeMutablePointer<Float> {
  /// Gives memory from `Storage.allocate` back.
  func free() { UnsafeMutableRawPointer(self).deallocate() }
}
