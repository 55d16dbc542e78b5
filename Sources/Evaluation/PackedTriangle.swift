// SPDX-License-Identifier: Apache-2.0

/// The lower triangle of a symmetric matrix in LAPACK's rectangular full packed format (Gustavson et
/// al., LAPACK Working Note 199; `TRANSR = N`, `UPLO = L`): half the memory of the square, at the
/// speed of its routines.
///
/// The left half of the columns lies as it is, the triangle to its right is turned into the empty
/// corner above the diagonal.
struct PackedTriangle {
  let order: Int
  private(set) var elements: [Double]

  private let leftColumns: Int
  private let leadingDimension: Int
  /// How far the left part is shifted down, and the turned triangle to the right.
  private let down: Int
  private let right: Int

  init(order: Int) {
    self.order = order
    down = order.isMultiple(of: 2) ? 1 : 0
    right = 1 - down
    leadingDimension = order + down
    leftColumns = (order + 1) / 2
    elements = [Double](repeating: 0, count: order * (order + 1) / 2)
  }

  /// Where the element of a row and a column that is not right of it lies.
  private func place(row: Int, column: Int) -> Int {
    column < leftColumns
      ? row + down + column * leadingDimension
      : column - leftColumns + (row - leftColumns + right) * leadingDimension
  }

  /// Sets a column from the diagonal down.
  mutating func setColumn(_ column: Int, _ values: [Double]) {
    let first = place(row: column, column: column)
    let step = column < leftColumns ? 1 : leadingDimension
    elements.withUnsafeMutableBufferPointer { elements in
      for (index, value) in values.enumerated() { elements[first + index * step] = value }
    }
  }

  /// The elements on the diagonal.
  var diagonal: [Double] { (0..<order).map { elements[place(row: $0, column: $0)] } }

  /// Sets the elements on the diagonal.
  mutating func setDiagonal(_ values: [Double]) {
    for (index, value) in values.enumerated() {
      elements[place(row: index, column: index)] = value
    }
  }

  /// Passes the elements to a routine that changes them in place.
  mutating func withElements<Result>(_ body: (inout [Double]) -> Result) -> Result {
    body(&elements)
  }
}
