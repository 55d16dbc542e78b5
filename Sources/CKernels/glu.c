// SPDX-License-Identifier: Apache-2.0
#include "glu.h"

#include "vector_math.h"

TESSERA_MULTIVERSION
void tessera_glu(const float *restrict x, size_t rows, size_t channels, float *restrict y) {
  for (size_t r = 0; r < rows; r++) {
    const float *restrict value = x + r * 2 * channels;
    const float *restrict gate = value + channels;
    float *restrict out = y + r * channels;
    for (size_t c = 0; c < channels; c++) out[c] = vector_gate(value[c], gate[c]);
  }
}
