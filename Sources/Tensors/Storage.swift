// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

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
    if let arena {
      arena.take(back: pointer, capacity: capacity)
    } else {
      pointer.free(capacity: capacity)
    }
  }

  /// Elements from which on memory comes from the system page by page and goes back there.
  ///
  /// The heap keeps what is given back: a large checkpoint, read tensor by tensor, would leave holes of
  /// two thirds of its size behind.
  fileprivate static let largeCapacity = 1 << 18

  static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Float> {
    let byteCount = max(capacity, 1) * MemoryLayout<Float>.stride
    let memory: UnsafeMutableRawPointer
    if capacity >= largeCapacity {
      let pages = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      guard let pages, pages != MAP_FAILED else { fatalError("out of memory: \(byteCount) bytes") }
      memory = pages
    } else {
      memory = .allocate(byteCount: byteCount, alignment: 64)
    }
    return memory.bindMemory(to: Float.self, capacity: max(capacity, 1))
  }
}

extension UnsafeMutablePointer<Float> {
  /// Gives memory from `Storage.allocate` of so many elements back.
  func free(capacity: Int) {
    if capacity >= Storage.largeCapacity {
      munmap(self, capacity * MemoryLayout<Float>.stride)
    } else {
      UnsafeMutableRawPointer(self).deallocate()
    }
  }
}
