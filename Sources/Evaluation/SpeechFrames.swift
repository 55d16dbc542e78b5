// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// The frames that measures of speech quality share: 30 ms every 7.5 ms, the last one left out, under a
/// Hann window without its zero ends.
struct SpeechFrames {
  /// Samples of a frame.
  let length: Int
  /// Samples from one frame to the next.
  let hop: Int
  /// How many frames there are.
  let count: Int
  /// The window, `[length]`.
  let window: [Double]
  private let samples: Int

  static let definition =
    "frames of 30 ms every 7.5 ms, the last frame left out, "
    + "w[i] = 0.5 (1 - cos(2 pi (i + 1) / (frame + 1)))"

  /// The frames of a sound of `samples` samples.
  init(sampleRate: Int, samples: Int) {
    let rate = Double(sampleRate)
    length = Int((0.03 * rate).rounded(.toNearestOrEven))
    hop = Int(0.25 * 0.03 * rate)
    count = hop > 0 && samples >= length + hop ? (samples - (length - hop)) / hop - 1 : 0
    window = (0..<length).map { [length] index in
      0.5 * (1 - cos(2 * Double.pi * Double(index + 1) / Double(length + 1)))
    }
    self.samples = samples
  }

  /// Why there is no frame; nil where there is one.
  var gap: Score.Gap? {
    count > 0 ? nil : .tooShort(frames: samples, needed: length + hop)
  }

  /// The frame `index` of `signal`, to which `offset` is added, under the window.
  func windowed(_ signal: [Double], _ index: Int, offset: Double) -> [Double] {
    let start = index * hop
    return window.indices.map { window[$0] * (signal[start + $0] + offset) }
  }
}

extension Score {
  /// The mean of the lowest 95 % of `distortions`, which leaves out frames that went altogether wrong.
  init(trimmedMeanOf distortions: [Double]) {
    let count = Int((0.95 * Double(distortions.count)).rounded(.toNearestOrEven))
    self.init(distortions.sorted().prefix(count).reduce(0, +) / Double(count))
  }
}
