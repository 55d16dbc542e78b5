// SPDX-License-Identifier: Apache-2.0
#include "spectral_mask.h"

#include "vector_math.h"

TESSERA_MULTIVERSION
void tessera_magnitudes(const float *restrict x, size_t bins, float floor,
                        const float *restrict scale, const float *restrict shift,
                        float *restrict y) {
#pragma clang loop vectorize(assume_safety)
  for (size_t k = 0; k < bins; k++) {
    float power = x[2 * k] * x[2 * k] + x[2 * k + 1] * x[2 * k + 1];
    power = power < floor ? floor : power;
    y[k] = __builtin_sqrtf(power < 0 ? 0 : power) * scale[k] + shift[k];
  }
}

TESSERA_MULTIVERSION
void tessera_mask_spectrum(const float *x, size_t bins, const float *restrict logits, float *y) {
#pragma clang loop vectorize(assume_safety)
  for (size_t k = 0; k < bins; k++) {
    float magnitude = vector_sigmoid(logits[3 * k]);
    float re = vector_tanh(logits[3 * k + 1]), im = vector_tanh(logits[3 * k + 2]);
    float length = __builtin_sqrtf(re * re + im * im);
    float factor = magnitude / (length < 1e-10f ? 1e-10f : length);
    re *= factor;
    im *= factor;
    float a = x[2 * k], b = x[2 * k + 1];
    y[2 * k] = a * re - b * im;
    y[2 * k + 1] = b * re + a * im;
  }
}
