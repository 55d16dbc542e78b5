// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import SpectralTransforms
internal import Testing

@Suite("The real Fourier transform")
struct RealFourierTransformTests {
  static let lengths = [1, 2, 3, 4, 7, 16, 30, 31, 97, 128, 441]

  @Test("is the sum it is defined by, for any length", arguments: lengths)
  func definition(_ length: Int) {
    let row = noise(length)
    let found = RealFourierTransform<Double>(length: length).forward(row)
    for bin in 0...(length / 2) {
      var real = 0.0
      var imaginary = 0.0
      for (index, sample) in row.enumerated() {
        let angle = 2 * Double.pi * Double(index * bin % length) / Double(length)
        real += sample * cos(angle)
        imaginary -= sample * sin(angle)
      }
      #expect(abs(found[2 * bin] - real) < 1e-12)
      #expect(abs(found[2 * bin + 1] - imaginary) < 1e-12)
    }
  }

  @Test("comes back from its inverse, several rows at a time", arguments: lengths)
  func roundTrip(_ length: Int) {
    let rows = noise(3 * length)
    let double = RealFourierTransform<Double>(length: length)
    #expect(largestDifference(double.inverse(double.forward(rows)), rows) < 1e-13)
    let single = RealFourierTransform<Float>(length: length)
    let back = single.inverse(single.forward(rows.floats)).map(Double.init)
    #expect(largestDifference(back, rows) < 1e-6)
  }

  @Test("keeps the energy (Parseval)", arguments: lengths)
  func energy(_ length: Int) {
    let row = noise(length)
    let spectrum = RealFourierTransform<Double>(length: length).forward(row)
    let total = (0...(length / 2)).reduce(0.0) { sum, bin in
      let hasTwin = bin > 0 && 2 * bin < length
      let power =
        spectrum[2 * bin] * spectrum[2 * bin] + spectrum[2 * bin + 1] * spectrum[2 * bin + 1]
      return sum + (hasTwin ? 2 : 1) * power
    }
    let energy = row.reduce(0) { $0 + $1 * $1 }
    #expect(abs(total / Double(length) - energy) < 1e-12 * Double(length))
  }

  @Test("gives a row the same bits alone and among others")
  func rowsAreIndependent() {
    let transform = RealFourierTransform<Float>(length: 96)
    let rows = noise(5 * 96).floats
    let together = transform.forward(rows)
    let apart = (0..<5).flatMap {
      transform.forward(Array(rows[($0 * 96)..<($0 * 96 + 96)]))
    }
    #expect(together == apart)
  }

  @Test("ignores imaginary parts that a real signal cannot have", arguments: [7, 8])
  func impossibleImaginaryParts(_ length: Int) {
    let transform = RealFourierTransform<Double>(length: length)
    var spectrum = transform.forward(noise(length))
    let clean = transform.inverse(spectrum)
    spectrum[1] = 5
    if length % 2 == 0 { spectrum[length + 1] = -3 }
    #expect(transform.inverse(spectrum) == clean)
  }

  @Test("may be planned and run by many threads at once")
  func threads() async {
    // Lengths that no other test plans, so that planning itself happens side by side.
    let lengths = (0..<24).map { 501 + 2 * ($0 % 12) }
    let matches = await withTaskGroup(of: Bool.self) { group in
      for (index, length) in lengths.enumerated() {
        group.addTask {
          let row = noise(length, seed: UInt64(index))
          let transform = RealFourierTransform<Float>(length: length)
          let first = transform.forward(row.floats)
          let again = (0..<20).allSatisfy { _ in transform.forward(row.floats) == first }
          let back = transform.inverse(first).map(Double.init)
          return again && largestDifference(back, row) < 1e-5
        }
      }
      return await group.reduce(true) { $0 && $1 }
    }
    #expect(matches)
  }
}
