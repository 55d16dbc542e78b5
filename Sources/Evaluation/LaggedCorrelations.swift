// SPDX-License-Identifier: Apache-2.0
internal import SpectralTransforms

/// How the references' channels correlate with each other and with the estimates' at the lags that
/// filters of a given length can bridge: all that least squares asks of signals of any length.
struct LaggedCorrelations {
  let filterLength: Int
  /// The references' channels.
  let channels: Int
  /// `Σ s_p[t + τ] s_q[t]` for p ≤ q, at `τ + filterLength - 1`, one row of `2 · filterLength - 1`
  /// a pair.
  private let among: [Double]
  /// `Σ s_p[t - a] e[t]` at `a`, one row of `filterLength` a reference's channel p, within an
  /// estimate's channel.
  private let withEstimates: [Double]

  /// The correlations of whole signals, summed in the frequency domain over blocks that fit
  /// `transform`.
  init(
    references: ChannelBank, estimates: ChannelBank, filterLength: Int,
    transform: RealFourierTransform<Double>
  ) {
    let channels = references.count
    let reach = filterLength - 1
    let (length, width) = (transform.length, 2 * transform.bins)
    let block = length - 2 * reach
    precondition(block > 0, "blocks of \(length) for filters of \(filterLength)")
    let pairs = channels * (channels + 1) / 2
    var sums = [Double](repeating: 0, count: (pairs + channels * estimates.count) * width)
    let whole = 0..<references.frames
    for start in stride(from: 0, to: references.frames, by: block) {
      let range = start..<min(start + block, references.frames)
      let wide = (range.lowerBound - reach)..<(range.upperBound + reach)
      let around = transform.forward(references.rows(wide, within: whole, length: length))
      let inside =
        transform.forward(references.rows(range, within: whole, length: length))
        + transform.forward(estimates.rows(range, within: whole, length: length))
      sums.withUnsafeMutableBufferPointer { sums in
        around.withUnsafeBufferPointer { around in
          inside.withUnsafeBufferPointer { inside in
            var row = 0
            func accumulate(_ left: Int, _ right: Int) {
              addConjugateProduct(
                around, row: left, inside, row: right, to: sums, row: row, width: width)
              row += 1
            }
            for p in 0..<channels { for q in p..<channels { accumulate(p, q) } }
            for e in 0..<estimates.count {
              for p in 0..<channels { accumulate(p, channels + e) }
            }
          }
        }
      }
    }
    self.filterLength = filterLength
    self.channels = channels
    let correlations = transform.inverse(sums)
    among = (0..<pairs).flatMap { correlations[$0 * length..<$0 * length + 2 * reach + 1] }
    withEstimates = (pairs..<pairs + channels * estimates.count).flatMap {
      correlations[$0 * length..<$0 * length + filterLength].reversed()
    }
  }

  /// Writes the lower triangle of the Gram matrix of delayed references, column by column: rows and
  /// columns are (channel, delay), of `selection`'s channels.
  func fillGram(of selection: Range<Int>, into matrix: UnsafeMutableBufferPointer<Double>) {
    let order = selection.count * filterLength
    let rowLength = 2 * filterLength - 1
    var column = 0
    for q in selection {
      for delay in 0..<filterLength {
        for p in q..<selection.upperBound {
          // With p ≥ q: Σ s_p[t - a] s_q[t - delay] is the pair's (q, p) at the lag a - delay.
          let pair = q * channels - q * (q - 1) / 2 + (p - q)
          let source = pair * rowLength + filterLength - 1 - delay
          let target = column * order + (p - selection.lowerBound) * filterLength
          for a in 0..<filterLength { matrix[target + a] = among[source + a] }
        }
        column += 1
      }
    }
  }

  /// The right-hand sides of `estimateChannels` for the references' channels `selection`, column by
  /// column.
  func rightHandSides(of selection: Range<Int>, estimateChannels: Range<Int>) -> [Double] {
    estimateChannels.flatMap { e in
      let start = (e * channels + selection.lowerBound) * filterLength
      return withEstimates[start..<start + selection.count * filterLength]
    }
  }
}

/// `sum += left · conj(right)`, bin by bin, (real, imaginary) innermost, of one row each of arrays of
/// rows of `width` scalars.
func addConjugateProduct(
  _ left: UnsafeBufferPointer<Double>, row leftRow: Int,
  _ right: UnsafeBufferPointer<Double>, row rightRow: Int,
  to sum: UnsafeMutableBufferPointer<Double>, row sumRow: Int, width: Int
) {
  guard let left = left.baseAddress, let right = right.baseAddress, let sum = sum.baseAddress else {
    return
  }
  addConjugateProduct(
    left + leftRow * width, right + rightRow * width, bins: width / 2, to: sum + sumRow * width)
}

private func addConjugateProduct(
  _ left: UnsafePointer<Double>, _ right: UnsafePointer<Double>, bins: Int,
  to sum: UnsafeMutablePointer<Double>
) {
  for bin in 0..<bins {
    let (a, b) = (left[2 * bin], left[2 * bin + 1])
    let (c, d) = (right[2 * bin], right[2 * bin + 1])
    sum[2 * bin] += a * c + b * d
    sum[2 * bin + 1] += b * c - a * d
  }
}
