// SPDX-License-Identifier: Apache-2.0
#include "activation.h"

#include "vector_math.h"

TESSERA_MULTIVERSION
void tessera_gelu(float *x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = vector_gelu(x[i]);
}

TESSERA_MULTIVERSION
void tessera_add_gated(const float *restrict x, size_t rows, size_t channels,
                       const float *restrict scale, const float *restrict shift,
                       const float *restrict factors, float *restrict y) {
  for (size_t r = 0; r < rows; r++, x += 2 * channels, y += channels)
    for (size_t c = 0; c < channels; c++)
      y[c] += factors[c] * vector_gate(
          x[c] * scale[c] + shift[c], x[channels + c] * scale[channels + c] + shift[channels + c]);
}
