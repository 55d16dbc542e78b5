// SPDX-License-Identifier: Apache-2.0
internal import CKernels

/// Spectra, pairs of numbers, as networks hear them, and masks of magnitude and phase.
package enum SpectralMask {
  /// Magnitudes of `bins` complex numbers, at least 1e-5 each, through a factor and a summand for each.
  package static func magnitudes(
    _ x: UnsafePointer<Float>, bins: Int, scale: [Float], shift: [Float],
    into y: UnsafeMutablePointer<Float>
  ) {
    precondition(scale.count >= bins && shift.count >= bins)
    tessera_magnitudes(x, bins, 1e-10, scale, shift, y)
  }

  /// Multiplies `bins` complex numbers by masks, whose magnitude is the sigmoid of the first of three
  /// logits, and whose phase is that of the hyperbolic tangents of the others.
  package static func apply(
    _ logits: UnsafePointer<Float>, to x: UnsafePointer<Float>, bins: Int,
    into y: UnsafeMutablePointer<Float>
  ) {
    tessera_mask_spectrum(x, bins, logits, y)
  }
}
