// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// The resampling that STOI's scores depend on: a Kaiser-windowed sinc of 60 dB rejection whose
/// roll-off is a tenth of its cut-off, zeros beyond the ends.
struct TenKilohertzResampler {
  private let up: Int
  private let down: Int
  /// Every `up`-th tap of the filter, backwards, from each of the first `up` taps on.
  private let phases: [[Double]]
  /// Where the filter's middle is, at the common multiple of both rates.
  private let halfLength: Int

  init(sampleRate: Int) {
    var (a, b) = (10000, sampleRate)
    while b != 0 { (a, b) = (b, a % b) }
    up = 10000 / a
    down = sampleRate / a
    guard up != down else {
      phases = [[1]]
      halfLength = 0
      return
    }
    let cutoff = 0.5 / Double(max(up, down))
    let rejectionDecibels = 60.0
    halfLength = Int(((rejectionDecibels - 8) / (28.714 * cutoff / 10)).rounded(.up))
    let beta = 0.1102 * (rejectionDecibels - 8.7)
    let half = Double(halfLength)
    let taps = (-halfLength...halfLength).map { tap in
      let angle = 2 * Double.pi * cutoff * Double(tap)
      let sinc = tap == 0 ? 1 : sin(angle) / angle
      let place = Double(tap) / half
      return sinc * besselI0(beta * max(0, 1 - place * place).squareRoot()) / besselI0(beta)
    }
    let gain = Double(up) / taps.reduce(0, +)
    phases = (0..<up).map { [up] first in
      stride(from: first, to: taps.count, by: up).map { taps[$0] * gain }.reversed()
    }
  }

  func callAsFunction(_ signal: [Double]) -> [Double] {
    let count = (signal.count * up + down - 1) / down
    return (0..<count).map { index in
      // y[i] = Σ x[k] h[i · down + halfLength - k · up]
      let place = index * down + halfLength
      let taps = phases[place % up]
      let start = place / up + 1 - taps.count
      var sum = 0.0
      for sample in max(0, start)..<min(signal.count, start + taps.count) {
        sum += signal[sample] * taps[sample - start]
      }
      return sum
    }
  }
}

/// The modified Bessel function of the first kind and order zero, from its power series.
private func besselI0(_ x: Double) -> Double {
  var term = 1.0
  var sum = 1.0
  var index = 1.0
  while term > sum * .ulpOfOne {
    term *= (x / 2 / index) * (x / 2 / index)
    sum += term
    index += 1
  }
  return sum
}
