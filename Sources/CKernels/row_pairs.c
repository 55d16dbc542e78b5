// SPDX-License-Identifier: Apache-2.0
#include "row_pairs.h"

#include "vector_math.h"

TESSERA_MULTIVERSION
void tessera_subtract(const float *restrict a, const float *restrict b, size_t count,
                      float *restrict y) {
  for (size_t i = 0; i < count; i++) y[i] = a[i] - b[i];
}

TESSERA_MULTIVERSION
void tessera_sum_of(const float *restrict a, const float *restrict b, size_t count,
                    float *restrict y) {
  for (size_t i = 0; i < count; i++) y[i] = a[i] + b[i];
}

TESSERA_MULTIVERSION
void tessera_recombine(float *restrict a, float *restrict b, const float *restrict first,
                       const float *restrict second, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float sum = a[i] + b[i], difference = a[i] - b[i];
    a[i] = sum + first[i];
    b[i] = difference + second[i];
  }
}
