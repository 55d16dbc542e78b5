// SPDX-License-Identifier: Apache-2.0
internal import Tensors

/// A spectrogram as HTS-AT sees it: stretched to the image's length, cut into pieces of time that lie below
/// each other, cut into patches.
struct SpectrogramImage {
  private let c: HTSATConfiguration

  init(_ configuration: HTSATConfiguration) { c = configuration }

  /// The patches of some frames of a spectrogram `[T, bands]`, taken several times one after the other:
  /// `[side², patch²]`, an element a pixel, row by row.
  func callAsFunction(
    _ mel: Tensor, frames: Range<Int>, repeats: Int, _ run: Run
  ) -> Tensor {
    let columns = stretched(mel, frames: frames, repeats: repeats, run)
    defer { extendLifetime(columns) }
    let y = run.arena.tensor(c.side * c.side, c.patch * c.patch)
    let pixel = { (row: Int, column: Int) -> Float in
      let (chunk, band) = row.quotientAndRemainder(dividingBy: c.bands)
      return columns.pointer[(chunk * c.imageSide + column) * c.bands + band]
    }
    for token in 0..<y.shape[0] {
      let (row, column) = token.quotientAndRemainder(dividingBy: c.side)
      for i in 0..<c.patch {
        for j in 0..<c.patch {
          y.pointer[token * c.patch * c.patch + i * c.patch + j] = pixel(
            row * c.patch + i, column * c.patch + j)
        }
      }
    }
    if let trace = run.trace {
      let image = run.arena.tensor(c.imageSide, c.imageSide)
      for row in 0..<c.imageSide {
        for column in 0..<c.imageSide {
          image.pointer[row * c.imageSide + column] = pixel(row, column)
        }
      }
      trace("image", image)
    }
    extendLifetime(y)
    return y
  }

  /// As many frames as the image holds, by cubic interpolation between those that are there (as
  /// `torch.nn.functional.interpolate` with `bicubic` and `align_corners`): first and last stay.
  private func stretched(
    _ mel: Tensor, frames: Range<Int>, repeats: Int, _ run: Run
  ) -> Tensor {
    defer { extendLifetime(mel) }
    let y = run.arena.tensor(c.frames, c.bands)
    let count = frames.count * repeats
    // Single precision, as the reference works out where a frame lies.
    let scale = Float(count - 1) / Float(c.frames - 1)
    for frame in 0..<c.frames {
      let place = count == c.frames ? Float(frame) : scale * Float(frame)
      let before = min(Int(place), count - 1)
      let weights = Self.weights(min(max(place - Float(before), 0), 1))
      let target = y.pointer + frame * c.bands
      target.update(repeating: 0, count: c.bands)
      for tap in 0..<4 {
        let source = min(max(before + tap - 1, 0), count - 1) % frames.count
        let row = mel.pointer + (frames.lowerBound + source) * c.bands
        for band in 0..<c.bands { target[band] += weights[tap] * row[band] }
      }
    }
    extendLifetime(y)
    return y
  }

  /// What the four frames around a place contribute (Keys, "Cubic Convolution Interpolation", 1981, with
  /// a = −3/4), the place being `t` behind the second.
  private static func weights(_ t: Float) -> [Float] {
    let a: Float = -0.75
    func near(_ x: Float) -> Float { ((a + 2) * x - (a + 3)) * x * x + 1 }
    func far(_ x: Float) -> Float { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
    return [far(t + 1), near(t), near(1 - t), far(2 - t)]
  }
}
