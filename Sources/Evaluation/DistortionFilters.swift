// SPDX-License-Identifier: Apache-2.0
internal import CLAPACK

/// The filters that make the best of the references: those that bring a sum of filtered references
/// as close to each estimate's channels as they can get.
struct DistortionFilters {
  /// From all references: `[estimate's channel, reference's channel, tap]`.
  let joint: [Double]
  /// From each source's own reference: `[estimate's channel, own reference's channel, tap]`.
  let own: [Double]
  /// What had to be added to the diagonal, relative to it, one number a source; mostly 0.
  let ridges: [Double]

  init(_ correlations: LaggedCorrelations, channelsPerSource: Int) {
    let everything = 0..<correlations.channels
    let jointSolution = Self.solve(correlations, everything, estimateChannels: everything)
    var own: [Double] = []
    var ridges: [Double] = []
    for first in stride(from: 0, to: correlations.channels, by: channelsPerSource) {
      let channels = first..<first + channelsPerSource
      let solution = Self.solve(correlations, channels, estimateChannels: channels)
      own += solution.filters
      ridges.append(max(solution.ridge, jointSolution.ridge))
    }
    joint = jointSolution.filters
    self.own = own
    self.ridges = ridges
  }

  /// A pivot this much smaller than the diagonal element it came from is rounding.
  private static let smallestPivot = 1e-14

  private static func solve(
    _ correlations: LaggedCorrelations, _ selection: Range<Int>, estimateChannels: Range<Int>
  ) -> (filters: [Double], ridge: Double) {
    _ = singleThread
    var matrix = PackedTriangle(order: selection.count * correlations.filterLength)
    var ridge = 0.0
    while !factor(correlations, selection, ridge: ridge, into: &matrix) {
      ridge = ridge == 0 ? 1e-12 : 100 * ridge
    }
    var solution = correlations.rightHandSides(of: selection, estimateChannels: estimateChannels)
    var (size, columns, info) = (Int32(matrix.order), Int32(estimateChannels.count), Int32(0))
    matrix.withElements { elements in
      dpftrs_("N", "L", &size, &columns, elements, &solution, &size, &info, 1, 1)
    }
    precondition(info == 0, "dpftrs refused its argument \(-info)")
    return (solution, ridge)
  }

  /// Whether the matrix with `ridge` on its diagonal has a Cholesky factor, which is then in `matrix`.
  private static func factor(
    _ correlations: LaggedCorrelations, _ selection: Range<Int>, ridge: Double,
    into matrix: inout PackedTriangle
  ) -> Bool {
    correlations.forEachColumn(of: selection) { matrix.setColumn($0, $1) }
    // The absolute term is museval's; it gives channels of zeros filters of zeros.
    let diagonal = matrix.diagonal.map { $0 + ridge * $0 + 0x1p-52 }
    matrix.setDiagonal(diagonal)
    var (size, info) = (Int32(matrix.order), Int32(0))
    matrix.withElements { elements in
      dpftrf_("N", "L", &size, &elements, &info, 1, 1)
    }
    return info == 0
      && zip(matrix.diagonal, diagonal).allSatisfy { pivot, element in
        pivot * pivot > smallestPivot * element
      }
  }

  /// OpenBLAS orders its additions by its threads: with one, scores have the same bits everywhere
  /// that has its kernels, and recordings can be scored side by side.
  private static let singleThread: Void = openblas_set_num_threads(1)
}
