// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import SpectralTransforms
internal import Tensors

/// From frames to samples (Vocos, section 3.3): logarithms of magnitudes and phases, one spectrum a frame,
/// and the inverse short-time Fourier transform of length `hopLength` a frame.
struct FourierHead: Sendable {
  let output: PackedMatrix  // C → 2 · bins
  let transform: ShortTimeFourierTransform<Float>

  /// The spectra of frames `[T, C]`, `[T, bins, 2]`.
  func spectra(_ x: Rows, _ run: Run) -> [Float] {
    let width = output.columns
    let count = x.count * width
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      // SAFETY: tiles write their own rows, and all have ended when forEach has.
      nonisolated(unsafe) let base = buffer.baseAddress
      let tiles = FrameTiles(x.count)
      run.parallel.forEach(tiles.count) { index, _ in
        guard let base else { return }
        let tile = tiles[index]
        let logits = run.arena.tensor(tile.count, width)
        output(x.rows(tile), into: logits.rows(0..<tile.count))
        logits.rows(0..<tile.count).polar(
          limit: Self.largestMagnitude, into: base + tile.lowerBound * width)
      }
      initialized = count
    }
  }

  /// Where the reference cuts magnitudes.
  private static let largestMagnitude: Float = 100
}
