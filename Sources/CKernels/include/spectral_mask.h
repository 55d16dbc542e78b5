// SPDX-License-Identifier: Apache-2.0
//
// Spectra as networks hear them, and masks of magnitude and phase. Complex numbers are pairs.
#ifndef TESSERA_SPECTRAL_MASK_H
#define TESSERA_SPECTRAL_MASK_H
#include <stddef.h>

/// y[k] = sqrt(max(|x[k]|², floor)) · scale[k] + shift[k] for `bins` complex numbers.
void tessera_magnitudes(const float *x, size_t bins, float floor, const float *scale,
                        const float *shift, float *y);

/// y[k] = x[k] · sigmoid(m₀) · u / max(|u|, 1e-10) with u = tanh m₁ + j tanh m₂, and m = logits[k][3].
/// `y` may be `x`.
void tessera_mask_spectrum(const float *x, size_t bins, const float *logits, float *y);
#endif
