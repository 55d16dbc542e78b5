// SPDX-License-Identifier: Apache-2.0
#include "pointwise.h"

#include "vector_math.h"

// An element is read before it is written, and never after: a loop in place is as good as another.
#if defined(__clang__)
#define EACH_BY_ITSELF _Pragma("clang loop vectorize(assume_safety)")
#else
#define EACH_BY_ITSELF
#endif

TESSERA_MULTIVERSION
void tessera_elu(size_t rows, size_t channels, const float *x, size_t xStride, float *y,
                 size_t yStride) {
  for (size_t r = 0; r < rows; r++, x += xStride, y += yStride)
    EACH_BY_ITSELF
    for (size_t c = 0; c < channels; c++) {
      float value = x[c];
      float below = vector_exp_minus_one(value);
      y[c] = value > 0 ? value : below;
    }
}

TESSERA_MULTIVERSION
void tessera_scale_shift_silu(size_t rows, size_t channels, const float *x,
                              const float *restrict scale, const float *restrict shift, float *y) {
  for (size_t r = 0; r < rows; r++, x += channels, y += channels)
    EACH_BY_ITSELF
    for (size_t c = 0; c < channels; c++) {
      float value = x[c] * scale[c] + shift[c];
      y[c] = vector_gate(value, value);
    }
}

/// cos x and sin x, absolute error below 1.2e-7 while |x| is below 1e8.
TESSERA_VECTOR_FUNCTION void vector_cos_sin(float x, float *cosine, float *sine) {
  // Adding 1.5 · 2^52 rounds to the whole number of quarter turns, whose lowest bits come to lie at the
  // lowest bits.
  const double shift = 6755399441055744.0;
  double shifted = x * 0.63661977236758134 + shift;
  double rest = x - (shifted - shift) * 1.5707963267948966;
  uint64_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  uint32_t quarter = (uint32_t)bits;
  float r = (float)rest;
  // Beyond all sense there is no angle left, but no infinity shall come of it.
  r = r < -0.7854f ? -0.7854f : r;
  r = r > 0.7854f ? 0.7854f : r;
  float z = r * r;
  float s = -1.95153058e-04f;
  s = s * z + 8.33216123e-03f;
  s = s * z + -1.66666552e-01f;
  s = s * z * r + r;
  float c = 2.44384464e-05f;
  c = c * z + -1.38873677e-03f;
  c = c * z + 4.16666456e-02f;
  c = c * z * z + (1 - 0.5f * z);
  float first = quarter & 1 ? s : c, second = quarter & 1 ? c : s;
  *cosine = (quarter + 1) & 2 ? -first : first;
  *sine = quarter & 2 ? -second : second;
}

TESSERA_MULTIVERSION
void tessera_polar(size_t rows, size_t bins, const float *restrict x, size_t xStride, float limit,
                   float *restrict y) {
  for (size_t r = 0; r < rows; r++, x += xStride, y += 2 * bins)
    for (size_t k = 0; k < bins; k++) {
      float magnitude = vector_exp(x[k]);
      magnitude = magnitude > limit ? limit : magnitude;
      float cosine, sine;
      vector_cos_sin(x[bins + k], &cosine, &sine);
      y[2 * k] = magnitude * cosine;
      y[2 * k + 1] = magnitude * sine;
    }
}
