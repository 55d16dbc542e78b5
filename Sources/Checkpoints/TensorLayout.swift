// SPDX-License-Identifier: Apache-2.0

/// Where the elements of a tensor lie in its storage, counted in elements, never outside it.
struct TensorLayout: Sendable {
  let shape: [Int]
  let strides: [Int]
  /// The place of the first element.
  let offset: Int
  /// How many elements the tensor has.
  let count: Int
  /// How many elements of the storage lie between the first and the last element, both included.
  let span: Int

  /// More axes than any framework makes; a limit on what a hostile file can ask for.
  static let maximumRank = 64

  /// Nil where the tensor would reach outside a storage of `capacity` elements, or where it repeats
  /// elements of a small storage so often that it can only be meant to exhaust the memory.
  init?(shape: [Int], strides: [Int], offset: Int, capacity: Int) {
    guard shape.count == strides.count, shape.count <= Self.maximumRank, offset >= 0,
      offset <= capacity, shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 })
    else { return nil }
    let isEmpty = shape.contains(0)
    var count = 1
    var last = 0
    for (length, stride) in zip(shape, strides) {
      // Axes of an empty tensor are multiplied too: code that holds it will do the same.
      let (product, productOverflows) = count.multipliedReportingOverflow(by: max(length, 1))
      guard !productOverflows else { return nil }
      count = product
      guard !isEmpty else { continue }
      let (reach, reachOverflows) = (length - 1).multipliedReportingOverflow(by: stride)
      let (sum, sumOverflows) = last.addingReportingOverflow(reach)
      guard !reachOverflows, !sumOverflows else { return nil }
      last = sum
    }
    if !isEmpty {
      guard last < capacity - offset, count <= 1 << 16 || count / 16 <= capacity else { return nil }
    }
    self.shape = shape
    self.strides = strides
    self.offset = offset
    self.count = isEmpty ? 0 : count
    span = isEmpty ? 0 : last + 1
  }

  /// A row-major tensor without gaps that begins at `offset`; nil where it would need more than
  /// `capacity`, or where the shape cannot be multiplied.
  init?(rowMajor shape: [Int], offset: Int, capacity: Int) {
    guard let strides = Self.rowMajorStrides(shape) else { return nil }
    self.init(shape: shape, strides: strides, offset: offset, capacity: capacity)
  }

  /// Whether the elements follow each other in row-major order.
  var isRowMajor: Bool {
    guard span == count, let dense = Self.rowMajorStrides(shape) else { return false }
    return zip(shape, zip(strides, dense)).allSatisfy { $0 <= 1 || $1.0 == $1.1 }
  }

  private static func rowMajorStrides(_ shape: [Int]) -> [Int]? {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      let (stride, overflows) = strides[axis + 1].multipliedReportingOverflow(
        by: max(shape[axis + 1], 1))
      guard !overflows else { return nil }
      strides[axis] = stride
    }
    return strides
  }

  /// Calls `body` with the place in the storage, counted from the first element, of every element
  /// in row-major order.
  func forEachPlace(_ body: (_ element: Int, _ place: Int) -> Void) {
    guard count > 0 else { return }
    var index = [Int](repeating: 0, count: shape.count)
    var place = 0
    for element in 0..<count {
      body(element, place)
      for axis in shape.indices.reversed() {
        index[axis] += 1
        place += strides[axis]
        if index[axis] < shape[axis] { break }
        place -= strides[axis] * shape[axis]
        index[axis] = 0
      }
    }
  }
}
