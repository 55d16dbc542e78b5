// SPDX-License-Identifier: Apache-2.0
internal import SpectralTransforms
internal import Tensors

/// How the references' channels correlate with each other and with the estimates' at the lags that
/// filters of a given length can bridge: all that least squares asks of signals of any length.
struct LaggedCorrelations {
  let filterLength: Int
  /// The references' channels.
  let channels: Int
  /// `Σ s_p[t + τ] s_q[t]` for p ≤ q, at `τ + filterLength - 1`, one row of `2 · filterLength - 1`
  /// a pair.
  private let among: [[Double]]
  /// `Σ s_p[t - a] e[t]` at `a`, one row of `filterLength` a reference's channel p, within an
  /// estimate's channel.
  private let withEstimates: [[Double]]

  /// The correlations of the frames `span`, as if all around them were zero, summed in the frequency
  /// domain over blocks that fit `transform`.
  ///
  /// - Throws: what the readers throw.
  init(
    references: ChannelReader, estimates: ChannelReader, in span: Range<Int>, filterLength: Int,
    transform: RealFourierTransform<Double>, parallel: Parallel
  ) throws {
    let channels = references.count
    let reach = filterLength - 1
    let (length, width) = (transform.length, 2 * transform.bins)
    let block = length - 2 * reach
    precondition(block > 0, "blocks of \(length) for filters of \(filterLength)")
    let pairs =
      (0..<channels).flatMap { p in (p..<channels).map { (p, $0) } }
      + (0..<estimates.count).flatMap { e in (0..<channels).map { ($0, channels + e) } }
    var sums = [[Double]](
      repeating: [Double](repeating: 0, count: width), count: pairs.count)

    // Several blocks at a time: a pair's sums then stay in the cache while they are added.
    for start in stride(from: span.lowerBound, to: span.upperBound, by: 4 * block) {
      let end = min(start + 4 * block, span.upperBound)
      let blocks = stride(from: start, to: end, by: block).map { $0..<min($0 + block, end) }
      let around = ((start - reach)..<(end + reach)).clamped(to: span)
      let targets = try references.window(around)
      let guesses = try estimates.window(start..<end)
      // Wide rows of the references, then plain ones of the references and the estimates.
      let spectra = parallel.map(2 * channels + estimates.count) { row in
        transform.forward(
          blocks.flatMap { range in
            if row < channels {
              let wide = (range.lowerBound - reach)..<(range.upperBound + reach)
              return targets.row(row, wide, within: span, length: length)
            }
            return row < 2 * channels
              ? targets.row(row - channels, range, within: span, length: length)
              : guesses.row(row - 2 * channels, range, within: span, length: length)
          })
      }
      parallel.update(&sums) { pair, sum in
        let (left, right) = pairs[pair]
        for block in blocks.indices {
          addConjugateProduct(
            spectra[left], row: block, spectra[channels + right], row: block, to: &sum,
            width: width)
        }
      }
    }
    let pairsAmong = channels * (channels + 1) / 2
    let rows = parallel.map(pairs.count) { pair in
      let row = transform.inverse(sums[pair])
      return pair < pairsAmong ? Array(row[...(2 * reach)]) : row[..<filterLength].reversed()
    }
    self.filterLength = filterLength
    self.channels = channels
    among = Array(rows[..<pairsAmong])
    withEstimates = Array(rows[pairsAmong...])
  }

  /// The Gram matrix of delayed references, of `selection`'s channels: rows and columns are (channel,
  /// delay).
  ///
  /// Calls `column` with each column's elements from the diagonal down.
  func forEachColumn(
    of selection: Range<Int>, _ column: (_ index: Int, _ elements: [Double]) -> Void
  ) {
    let order = selection.count * filterLength
    var index = 0
    for q in selection {
      for delay in 0..<filterLength {
        var elements: [Double] = []
        elements.reserveCapacity(order - index)
        for p in q..<selection.upperBound {
          // With p ≥ q: Σ s_p[t - a] s_q[t - delay] is the pair's (q, p) at the lag a - delay.
          let row = among[q * channels - q * (q - 1) / 2 + (p - q)]
          let first = p == q ? delay : 0
          let zero = filterLength - 1 - delay
          elements += row[zero + first..<zero + filterLength]
        }
        column(index, elements)
        index += 1
      }
    }
  }

  /// The right-hand sides of `estimateChannels` for the references' channels `selection`, column by
  /// column.
  func rightHandSides(of selection: Range<Int>, estimateChannels: Range<Int>) -> [Double] {
    estimateChannels.flatMap { e in
      withEstimates[
        (e * channels + selection.lowerBound)..<(e * channels + selection.upperBound)
      ].joined()
    }
  }
}

/// `sum += left · conj(right)`, bin by bin, (real, imaginary) innermost, of one row of `width` scalars
/// each.
func addConjugateProduct(
  _ left: [Double], row leftRow: Int, _ right: [Double], row rightRow: Int,
  to sum: inout [Double], width: Int
) {
  left.withUnsafeBufferPointer { left in
    right.withUnsafeBufferPointer { right in
      sum.withUnsafeMutableBufferPointer { sum in
        guard let left = left.baseAddress, let right = right.baseAddress,
          let sum = sum.baseAddress
        else { return }
        addConjugateProduct(
          left + leftRow * width, right + rightRow * width, bins: width / 2, to: sum)
      }
    }
  }
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

extension Parallel {
  /// The values of `body` for every index below `count`, in order.
  func map<Value>(_ count: Int, _ body: (_ index: Int) -> Value) -> [Value] {
    var values = [Value?](repeating: nil, count: count)
    update(&values) { index, value in value = body(index) }
    return values.compactMap(\.self)
  }

  /// Calls `body` once with every element of `values`.
  func update<Value>(_ values: inout [Value], _ body: (_ index: Int, _ value: inout Value) -> Void)
  {
    values.withUnsafeMutableBufferPointer { values in
      // SAFETY: each call touches its own element, and none outlives this scope.
      nonisolated(unsafe) let values = values
      forEach(values.count) { index, _ in body(index, &values[index]) }
    }
  }
}
