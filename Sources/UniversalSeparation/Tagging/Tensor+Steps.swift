// SPDX-License-Identifier: Apache-2.0
internal import Tensors

// What Cnn14 does to a few steps of time, none of which takes long.
extension Tensor {
  /// The mean over the rows of a grid, `[F, T, C]` to `[T, C]`.
  func meanOfRows(_ arena: Arena) -> Tensor {
    let (rows, count) = (shape[0], shape[1] * shape[2])
    let y = arena.tensor(shape[1], shape[2])
    defer { extendLifetime((self, y)) }
    for index in 0..<count {
      var sum: Float = 0
      for row in 0..<rows { sum += pointer[row * count + index] }
      y.pointer[index] = sum / Float(rows)
    }
    return y
  }

  /// Each column's largest element plus its mean, `[T, C]` to `[1, C]`.
  func maximumPlusMean(_ arena: Arena) -> Tensor {
    let (rows, columns) = (shape[0], shape[1])
    let y = arena.tensor(1, columns)
    defer { extendLifetime((self, y)) }
    for column in 0..<columns {
      var largest = pointer[column]
      var sum: Float = 0
      for row in 0..<rows {
        let element = pointer[row * columns + column]
        largest = max(largest, element)
        sum += element
      }
      y.pointer[column] = largest + sum / Float(rows)
    }
    return y
  }

  /// The largest of each row and its neighbours, plus their mean; beyond the ends the mean takes zeros and
  /// the largest takes nothing.
  func maximaPlusMeansOfThree(_ arena: Arena) -> Tensor {
    let (rows, columns) = (shape[0], shape[1])
    let y = arena.tensor(rows, columns)
    defer { extendLifetime((self, y)) }
    for row in 0..<rows {
      let heard = max(0, row - 1)..<min(rows, row + 2)
      for column in 0..<columns {
        var largest = pointer[heard.lowerBound * columns + column]
        var sum: Float = 0
        for other in heard {
          let element = pointer[other * columns + column]
          largest = max(largest, element)
          sum += element
        }
        y.pointer[row * columns + column] = largest + sum / 3
      }
    }
    return y
  }

  /// Each column's largest element, of `[T, C]`.
  var largestOfColumns: [Float] {
    let elements = elements
    return columnIndices.map { column in
      rowIndices.reduce(-Float.infinity) { max($0, elements[$1 * shape[1] + column]) }
    }
  }

  /// Each column's mean, of `[T, C]`.
  var meanOfColumns: [Float] {
    let elements = elements
    return columnIndices.map { column in
      rowIndices.reduce(0) { $0 + elements[$1 * shape[1] + column] } / Float(shape[0])
    }
  }

  private var rowIndices: Range<Int> { 0..<shape[0] }
  private var columnIndices: Range<Int> { 0..<shape[1] }
}
