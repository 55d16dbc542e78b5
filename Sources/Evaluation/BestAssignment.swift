// SPDX-License-Identifier: Apache-2.0

/// Pairs that fit best.
public enum BestAssignment {
  /// The column of each row, every column once, with the greatest sum of `scores`, a square matrix of
  /// finite numbers (Kuhn 1955, Munkres 1957, with potentials: the third power of its order).
  public static func maximizing(_ scores: [[Double]]) -> [Int] {
    let count = scores.count
    precondition(scores.allSatisfy { $0.count == count }, "scores are not square")
    // Rows and columns count from 1; 0 is the row that is being placed.
    var rowPotential = [Double](repeating: 0, count: count + 1)
    var columnPotential = rowPotential
    var rowOfColumn = [Int](repeating: 0, count: count + 1)
    for row in 1..<(count + 1) {
      var previous = [Int](repeating: 0, count: count + 1)
      var slack = [Double](repeating: .infinity, count: count + 1)
      var isUsed = [Bool](repeating: false, count: count + 1)
      var column = 0
      rowOfColumn[0] = row
      repeat {
        isUsed[column] = true
        let current = rowOfColumn[column]
        var (delta, next) = (Double.infinity, 0)
        for other in 1..<(count + 1) where !isUsed[other] {
          let cost =
            -scores[current - 1][other - 1]
            - rowPotential[current] - columnPotential[other]
          if cost < slack[other] { (slack[other], previous[other]) = (cost, column) }
          if slack[other] < delta { (delta, next) = (slack[other], other) }
        }
        for other in 0..<(count + 1) {
          if isUsed[other] {
            rowPotential[rowOfColumn[other]] += delta
            columnPotential[other] -= delta
          } else {
            slack[other] -= delta
          }
        }
        column = next
      } while rowOfColumn[column] != 0
      while column != 0 {
        rowOfColumn[column] = rowOfColumn[previous[column]]
        column = previous[column]
      }
    }
    var columns = [Int](repeating: 0, count: count)
    for column in 1..<(count + 1) { columns[rowOfColumn[column] - 1] = column - 1 }
    return columns
  }
}
