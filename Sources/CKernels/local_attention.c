// SPDX-License-Identifier: Apache-2.0
#include "local_attention.h"

#include <math.h>

#include "vector_math.h"

// A maximum and a sum kept in lanes become vector code without leave to reorder.
enum { lanes = 16 };

TESSERA_MULTIVERSION
void tessera_local_attention(size_t rows, size_t keys, size_t first, float scale,
                             const float *restrict slopes, float *restrict x, size_t xStride) {
  size_t whole = keys / lanes * lanes;
  for (size_t r = 0; r < rows; r++, x += xStride) {
    const float own = (float)(first + r), slope = slopes[r];
    for (size_t t = 0; t < keys; t++) {
      float distance = (float)(int)t - own;
      distance = distance < 0 ? -distance : distance;
      x[t] = scale * x[t] - slope * distance;
    }
    x[first + r] = -100;

    float top[lanes];
    for (size_t i = 0; i < lanes; i++) top[i] = -INFINITY;
    for (size_t t = 0; t < whole; t += lanes)
      for (size_t i = 0; i < lanes; i++) top[i] = x[t + i] > top[i] ? x[t + i] : top[i];
    for (size_t t = whole; t < keys; t++) top[0] = x[t] > top[0] ? x[t] : top[0];
    float greatest = top[0];
    for (size_t i = 1; i < lanes; i++) greatest = top[i] > greatest ? top[i] : greatest;

    float sums[lanes] = {0};
    for (size_t t = 0; t < whole; t += lanes)
      for (size_t i = 0; i < lanes; i++) sums[i] += x[t + i] = vector_exp(x[t + i] - greatest);
    for (size_t t = whole; t < keys; t++) sums[0] += x[t] = vector_exp(x[t] - greatest);
    float sum = 0;
    for (size_t i = 0; i < lanes; i++) sum += sums[i];

    float share = 1 / sum;
    for (size_t t = 0; t < keys; t++) x[t] *= share;
  }
}
