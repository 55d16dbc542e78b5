// SPDX-License-Identifier: Apache-2.0

/// A dense array of float32, row-major, the last axis fastest.
///
/// Activations are channels-last: `[T, C]` for signals, `[F, T, C]` for spectrograms. A `Tensor` is a
/// handle: copying it shares the elements. Layers write only tensors that they made themselves.
public struct Tensor: Sendable {
  /// The length of each axis.
  public let shape: [Int]
  package let storage: Storage

  package init(shape: [Int], storage: Storage) {
    precondition(shape.reduce(1, *) <= storage.capacity, "storage too small for \(shape)")
    self.shape = shape
    self.storage = storage
  }

  /// A tensor that holds `elements`, of which there must be as many as `shape` says.
  public init(shape: [Int], elements: [Float]) {
    precondition(shape.reduce(1, *) == elements.count, "\(elements.count) elements for \(shape)")
    self.init(shape: shape, storage: Storage(capacity: elements.count))
    elements.withUnsafeBufferPointer { source in
      if let base = source.baseAddress {
        storage.pointer.update(from: base, count: elements.count)
      }
    }
  }

  /// A tensor with undefined contents, outside any arena.
  package init(uninitialized shape: [Int]) {
    self.init(shape: shape, storage: Storage(capacity: shape.reduce(1, *)))
  }

  /// How many elements there are.
  public var count: Int { shape.reduce(1, *) }

  /// The elements, copied out, in row-major order.
  public var elements: [Float] {
    defer { extendLifetime(self) }
    return Array(UnsafeBufferPointer(start: storage.pointer, count: count))
  }

  /// The same elements under another shape of the same count.
  public func reshaped(_ shape: Int...) -> Tensor {
    precondition(shape.reduce(1, *) == count, "cannot view \(self.shape) as \(shape)")
    return Tensor(shape: shape, storage: storage)
  }

  /// The first element.
  ///
  /// Valid while a handle to the memory lives, and a handle lives to its last use, which reading this may
  /// be: the arena would then lend the memory to another while the pointer is still at work. Whoever
  /// reads it keeps the handle, a parameter too, beyond the pointer's last use:
  /// `defer { extendLifetime(x) }`.
  package var pointer: UnsafeMutablePointer<Float> { storage.pointer }
}
