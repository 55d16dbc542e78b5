// SPDX-License-Identifier: Apache-2.0
#include "online_softmax.h"

#include <math.h>

#include "vector_math.h"

// Sums and maxima are collected in lanes, so that the loops become vector code.
enum { lanes = 16 };

TESSERA_MULTIVERSION
void tessera_softmax_block(size_t rows, size_t keys, float *scores, size_t stride,
                           float *restrict largest, float *restrict sums,
                           float *restrict factors) {
  size_t whole = keys / lanes * lanes;
  for (size_t r = 0; r < rows; r++, scores += stride) {
    float most[lanes];
    for (size_t l = 0; l < lanes; l++) most[l] = largest[r];
    for (size_t k = 0; k < whole; k += lanes)
      for (size_t l = 0; l < lanes; l++) most[l] = scores[k + l] > most[l] ? scores[k + l] : most[l];
    float peak = largest[r];
    for (size_t l = 0; l < lanes; l++) peak = most[l] > peak ? most[l] : peak;
    for (size_t k = whole; k < keys; k++) peak = scores[k] > peak ? scores[k] : peak;
    float sum[lanes] = {0};
    for (size_t k = 0; k < whole; k += lanes)
      for (size_t l = 0; l < lanes; l++) {
        float weight = vector_exp(scores[k + l] - peak);
        scores[k + l] = weight;
        sum[l] += weight;
      }
    float total = 0;
    for (size_t l = 0; l < lanes; l++) total += sum[l];
    for (size_t k = whole; k < keys; k++) {
      scores[k] = vector_exp(scores[k] - peak);
      total += scores[k];
    }
    float factor = largest[r] == -INFINITY ? 0 : vector_exp(largest[r] - peak);
    sums[r] = sums[r] * factor + total;
    largest[r] = peak;
    factors[r] = factor;
  }
}

TESSERA_MULTIVERSION
void tessera_rescale_add(size_t rows, size_t channels, const float *factors,
                         const float *restrict x, float *restrict total) {
  for (size_t r = 0; r < rows; r++, x += channels, total += channels) {
    float factor = factors[r];
    for (size_t c = 0; c < channels; c++) total[c] = total[c] * factor + x[c];
  }
}

TESSERA_MULTIVERSION
void tessera_divide_rows(size_t rows, size_t channels, const float *sums, float *restrict total) {
  for (size_t r = 0; r < rows; r++, total += channels) {
    float sum = sums[r];
    for (size_t c = 0; c < channels; c++) total[c] /= sum;
  }
}
