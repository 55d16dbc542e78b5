// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Tensors

// In single precision from the phase on, as the networks were trained: at the thousandth frame a phase
// has lost four digits, and tokens are told apart by what is left.
extension Tensor {
  /// One position a frame, `[T, D]`: cosines of falling frequencies, then their sines.
  static func framePositions(frames: Int, channels: Int, period: Float, weight: Float) -> Tensor {
    let half = channels / 2
    var elements: [Float] = []
    elements.reserveCapacity(frames * channels)
    let periods = (0..<half).map { powf(period, Float($0) / Float(half - 1)) }
    for frame in 0..<frames {
      let phases = periods.map { Float(frame) / $0 }
      elements += phases.map { weight * cosf($0) } + phases.map { weight * sinf($0) }
    }
    return Tensor(shape: [frames, channels], elements: elements)
  }

  /// One position for each frequency of a frame, `[T · F, D]`: the first half of the channels tells the
  /// frame, the other the frequency, sines and cosines of one frequency side by side.
  static func bandPositions(
    bands: Int, frames: Int, channels: Int, period: Float, weight: Float
  ) -> Tensor {
    let half = channels / 2
    let decay = Float(-log(Double(period)) / Double(half))
    let frequencies = stride(from: 0, to: half, by: 2).map { expf(Float($0) * decay) }
    func codes(_ count: Int) -> [[Float]] {
      (0..<count).map { place in
        frequencies.flatMap { frequency in
          let phase = Float(place) * frequency
          return [weight * sinf(phase), weight * cosf(phase)]
        }
      }
    }
    let (ofFrames, ofBands) = (codes(frames), codes(bands))
    var elements: [Float] = []
    elements.reserveCapacity(bands * frames * channels)
    for frame in ofFrames { for band in ofBands { elements += frame + band } }
    return Tensor(shape: [frames * bands, channels], elements: elements)
  }
}
