// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Tensors

// What spectrograms are where a network gives masks.

extension Tensor {
  /// Writes compressed magnitudes of two channels' spectra, `[frames, bins, 2]` each, of their mean and of
  /// half their difference into some frames of a grid `[F, T, 4]`.
  func setCompressed(_ spectra: [Tensor], frames: Range<Int>, _ exponent: Float) {
    defer { extendLifetime((self, spectra)) }
    let bins = 2 * (shape[0] + 1)
    func compressed(_ re: Float, _ im: Float) -> Float {
      pow(re * re + im * im + 1e-20, exponent / 2)
    }
    for frequency in 0..<shape[0] {
      var left = spectra[0].pointer + 2 * frequency
      var right = spectra[1].pointer + 2 * frequency
      var target = pointer + (frequency * shape[1] + frames.lowerBound) * 4
      for _ in frames {
        target[0] = compressed(left[0], left[1])
        target[1] = compressed(right[0], right[1])
        target[2] = compressed((left[0] + right[0]) / 2, (left[1] + right[1]) / 2)
        target[3] = compressed((left[0] - right[0]) / 2, (left[1] - right[1]) / 2)
        left += bins
        right += bins
        target += 4
      }
    }
  }

  /// Makes a row of logits `[T, S · A]` shares that add up to 1 over the sources.
  func softmax(row: Int, sources: Int) {
    defer { extendLifetime(self) }
    let channels = shape[2] / sources
    for frame in 0..<shape[1] {
      let values = pointer + (row * shape[1] + frame) * shape[2]
      for channel in 0..<channels {
        let places = stride(from: channel, to: shape[2], by: channels)
        let largest = places.reduce(-Float.infinity) { max($0, values[$1]) }
        var sum: Float = 0
        for place in places {
          values[place] = exp(values[place] - largest)
          sum += values[place]
        }
        for place in places { values[place] /= sum }
      }
    }
  }
}

/// Multiplies spectra of `count` bins by masks (the real parts), in the masks' place.
func mask(
  _ spectra: UnsafeMutablePointer<Float>, by masks: UnsafeMutablePointer<Float>, count: Int
) {
  for bin in 0..<count {
    let value = masks[2 * bin]
    (masks[2 * bin], masks[2 * bin + 1]) = (value * spectra[2 * bin], value * spectra[2 * bin + 1])
  }
}
