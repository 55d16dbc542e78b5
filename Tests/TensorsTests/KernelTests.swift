// SPDX-License-Identifier: Apache-2.0
import CKernels
import TestSupport
import Testing

/// Uniform numbers in −1 ..< 1, the same for the same seed.
struct Uniform: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  mutating func floats(_ count: Int) -> [Float] {
    (0..<count).map { _ in Float.random(in: -1..<1, using: &self) }
  }
}

@Suite("Matrix kernel") struct MatrixKernelTests {
  struct Size: CustomTestStringConvertible, Sendable {
    let rows, depth, columns: Int
    var testDescription: String { "\(rows)×\(depth)×\(columns)" }
  }

  static let sizes = [
    Size(rows: 1, depth: 1, columns: 1), Size(rows: 5, depth: 7, columns: 3),
    Size(rows: 12, depth: 256, columns: 32), Size(rows: 13, depth: 257, columns: 33),
    Size(rows: 193, depth: 20, columns: 40), Size(rows: 200, depth: 515, columns: 100),
    Size(rows: 0, depth: 4, columns: 4),
    // Large enough for a processor's matrix unit, where there is one.
    Size(rows: 1, depth: 64, columns: 48), Size(rows: 33, depth: 255, columns: 61),
    Size(rows: 200, depth: 291, columns: 97), Size(rows: 17, depth: 600, columns: 144),
  ]

  private func product(
    _ size: Size, x: [Float], stride: Int, weights: [Float], bias: [Float]?, slope: Float?,
    rows: Range<Int>? = nil, rowsAreFew: Bool = false, taps: tessera_matmul_taps? = nil
  ) -> [Float] {
    var packed = [Float](
      repeating: .nan, count: tessera_matmul_packed_count(size.depth, size.columns) + 16)
    let rows = rows ?? 0..<size.rows
    var y = [Float](repeating: .nan, count: rows.count * size.columns)
    packed.withUnsafeMutableBufferPointer { packed in
      // The kernel reads whole vectors of weights.
      guard let base = packed.baseAddress else { return }
      let skew = (64 - Int(bitPattern: base) % 64) % 64 / 4
      tessera_matmul_pack(size.depth, size.columns, weights, size.depth, 1, base + skew)
      x.withUnsafeBufferPointer { x in
        (bias ?? []).withUnsafeBufferPointer { biasBuffer in
          var layer = tessera_matmul_layer(
            depth: size.depth, columns: size.columns, packed: base + skew,
            bias: bias == nil ? nil : biasBuffer.baseAddress,
            slope: slope ?? 1, rowsAreFew: rowsAreFew ? 1 : 0)
          guard let start = x.baseAddress else { return }
          var taps = taps ?? tessera_matmul_taps(count: 1, first: 0, used: 1, stride: 0)
          tessera_matmul_tapped(
            &layer, &taps, rows.count, start + rows.lowerBound * stride, stride, &y, size.columns)
        }
      }
    }
    return y
  }

  @Test("products equal sums in double precision", arguments: sizes, [false, true])
  func products(size: Size, rowsAreFew: Bool) {
    var random = Uniform(seed: UInt64(size.depth))
    // Overlapping rows, as the windows of a strided convolution are.
    let stride = max(1, size.depth / 2)
    let x = random.floats(size.rows * stride + size.depth)
    let weights = random.floats(size.columns * size.depth)
    let bias = random.floats(size.columns)
    for (useBias, slope) in [(true, Float?.none), (false, 0), (true, 0.25)] {
      let y = product(
        size, x: x, stride: stride, weights: weights, bias: useBias ? bias : nil, slope: slope,
        rowsAreFew: rowsAreFew)
      var expected: [Float] = []
      for row in 0..<size.rows {
        for column in 0..<size.columns {
          var sum = useBias ? Double(bias[column]) : 0
          for d in 0..<size.depth {
            sum += Double(x[row * stride + d]) * Double(weights[column * size.depth + d])
          }
          if let slope, sum < 0 { sum *= Double(slope) }
          expected.append(Float(sum))
        }
      }
      let comparison = Comparison(y, expected)
      // Float32 rounding of a chain of up to 515 multiply-adds.
      #expect(comparison.relativeToPeak <= 2e-6, "\(comparison)")
    }
  }

  @Test("a row has the same bits alone and among others", arguments: sizes)
  func rowsAreIndependent(size: Size) {
    var random = Uniform(seed: 3)
    let x = random.floats(size.rows * size.depth)
    let weights = random.floats(size.columns * size.depth)
    let all = product(
      size, x: x, stride: size.depth, weights: weights, bias: nil, slope: 0.1)
    for row in stride(from: 0, to: size.rows, by: 7) {
      let alone = product(
        size, x: x, stride: size.depth, weights: weights, bias: nil, slope: 0.1,
        rows: row..<(row + 1))
      #expect(alone == Array(all[(row * size.columns)..<((row + 1) * size.columns)]))
    }
  }

  @Test(
    "runs outside the signal are zeros, to the bit", arguments: [20, 32, 77], [0..<2, 1..<3, 2..<3])
  func absentRuns(length: Int, used: Range<Int>) {
    var random = Uniform(seed: UInt64(length))
    let size = Size(rows: 21, depth: 3 * length, columns: 64)
    let weights = random.floats(size.columns * size.depth)
    let present = random.floats(size.rows * used.count * length)
    // The same rows with their zeros written out.
    var whole: [Float] = []
    for row in 0..<size.rows {
      for run in 0..<3 {
        let start = (row * used.count + run - used.lowerBound) * length
        whole += used ~= run ? present[start..<start + length] : .init(repeating: 0, count: length)
      }
    }
    let expected = product(
      size, x: whole, stride: size.depth, weights: weights, bias: nil, slope: nil)
    let y = product(
      size, x: present, stride: used.count * length, weights: weights, bias: nil, slope: nil,
      taps: tessera_matmul_taps(
        count: 3, first: used.lowerBound, used: used.count, stride: length))
    #expect(y == expected)
  }

  @Test(
    "a NaN stays in its row",
    arguments: [Size(rows: 14, depth: 8, columns: 40), Size(rows: 40, depth: 64, columns: 64)])
  func nan(size: Size) {
    var random = Uniform(seed: 4)
    var x = random.floats(size.rows * size.depth)
    x[3 * size.depth] = .nan
    let y = product(
      size, x: x, stride: size.depth, weights: random.floats(size.columns * size.depth), bias: nil,
      slope: 0)
    for (index, value) in y.enumerated() { #expect(value.isNaN == (index / size.columns == 3)) }
  }
}

@Suite("Depth-wise kernel") struct DepthwiseKernelTests {
  @Test(
    "outputs and sums equal a slow twin's",
    arguments: [(3, 1, -1), (3, 4, -8), (5, 2, -4), (1, 1, 0)], [1, 15, 16, 33])
  func twin(shape: (taps: Int, dilation: Int, offset: Int), channels: Int) {
    var random = Uniform(seed: UInt64(channels))
    let rows = 21
    let valid = 2..<19
    let (taps, dilation, offset) = shape
    let x = random.floats(rows * channels)
    let weights = random.floats(taps * channels)
    let shifts = random.floats(taps * channels)
    let bias = random.floats(channels)
    let slope: Float = 0.3
    let range = 1..<20
    var y = [Float](repeating: .nan, count: range.count * channels)
    var sums = [1.0, 2.0]
    weights.withUnsafeBufferPointer { weights in
      shifts.withUnsafeBufferPointer { shifts in
        bias.withUnsafeBufferPointer { bias in
          var layer = tessera_depthwise_layer(
            channels: channels, taps: taps, dilation: dilation, offset: offset,
            weights: weights.baseAddress, bias: bias.baseAddress, shifts: shifts.baseAddress,
            slope: slope)
          tessera_depthwise(
            &layer, x, valid.lowerBound, valid.upperBound, range.lowerBound, range.upperBound, &y,
            &sums)
        }
      }
    }
    var expected: [Float] = []
    var sum = 1.0
    var squares = 2.0
    for row in range {
      for channel in 0..<channels {
        var value = Double(bias[channel])
        for tap in 0..<taps {
          let source = row + offset + tap * dilation
          guard valid.contains(source) else { continue }
          value +=
            Double(weights[tap * channels + channel]) * Double(x[source * channels + channel])
          value += Double(shifts[tap * channels + channel])
        }
        if value < 0 { value *= Double(slope) }
        expected.append(Float(value))
        sum += value
        squares += value * value
      }
    }
    #expect(Comparison(y, expected).maxAbsoluteError <= 2e-6)
    #expect(abs(sums[0] - sum) <= 1e-5 * squares)
    #expect(abs(sums[1] - squares) <= 1e-5 * squares)
  }
}

@Suite("Norm kernels") struct NormKernelTests {
  @Test("rows are normalised as in double precision", arguments: [1, 7, 16, 100])
  func rows(channels: Int) {
    var random = Uniform(seed: 5)
    let x = random.floats(4 * channels).map { 3 + $0 }
    let gamma = random.floats(channels)
    let beta = random.floats(channels)
    var y = x
    tessera_normalize_rows(4, channels, x, channels, gamma, beta, 1e-8, &y, channels)
    for row in 0..<4 {
      let values = x[(row * channels)..<((row + 1) * channels)].map(Double.init)
      let mean = values.reduce(0, +) / Double(channels)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(channels)
      for channel in 0..<channels {
        let expected =
          (values[channel] - mean) / (variance + 1e-8).squareRoot() * Double(gamma[channel])
          + Double(beta[channel])
        #expect(abs(Double(y[row * channels + channel]) - expected) <= 1e-5)
      }
    }
  }

  @Test("sums are exact to float rounding however long the signal")
  func sums() {
    let rows = 20_000
    let channels = 50
    // Float accumulators would be far off after a million large, nearly equal numbers.
    let x = (0..<(rows * channels)).map { 1000 + Float($0 % 7) }
    var sums = [0.0, 0.0]
    tessera_sums(rows, channels, x, channels, &sums)
    let expected = x.reduce(0.0) { $0 + Double($1) }
    let squares = x.reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(abs(sums[0] - expected) <= 1e-7 * expected)
    #expect(abs(sums[1] - squares) <= 1e-6 * squares)
  }

  @Test("scale, shift and base are added up", arguments: [1, 16, 37])
  func scaleShift(channels: Int) {
    var random = Uniform(seed: 6)
    let x = random.floats(3 * channels)
    let base = random.floats(3 * channels)
    let shift = random.floats(channels)
    var plain = [Float](repeating: .nan, count: 3 * channels)
    var added = plain
    tessera_add_scaled(3, channels, nil, 0, x, channels, 0.5, shift, &plain, channels)
    tessera_add_scaled(3, channels, base, channels, x, channels, 0.5, shift, &added, channels)
    for index in x.indices {
      let value = 0.5 * x[index] + shift[index % channels]
      #expect(abs(plain[index] - value) <= 1e-6)
      #expect(abs(added[index] - value - base[index]) <= 1e-6)
    }
  }
}
