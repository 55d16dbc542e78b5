// SPDX-License-Identifier: Apache-2.0
#include "normalization.h"

#include <math.h>

#include "variants.h"

#define VARIANT_FILE "normalization.inc"
#include "variants.inc"

void tessera_sums(size_t rows, size_t channels, const float *x, size_t xStride, double *sums) {
  DISPATCH(sums, rows, channels, x, xStride, sums);
}

void tessera_normalize_rows(size_t rows, size_t channels, const float *x, size_t xStride,
                            const float *gamma, const float *beta, float epsilon, float *y,
                            size_t yStride) {
  DISPATCH(normalize_rows, rows, channels, x, xStride, gamma, beta, epsilon, y, yStride);
}

void tessera_add_scaled(size_t rows, size_t channels, const float *base, size_t baseStride,
                         const float *x, size_t xStride, float scale, const float *shift, float *y,
                         size_t yStride) {
  DISPATCH(add_scaled, rows, channels, base, baseStride, x, xStride, scale, shift, y, yStride);
}

void tessera_leaky(size_t rows, size_t channels, const float *x, size_t xStride, float slope,
                   float *y, size_t yStride) {
  DISPATCH(leaky, rows, channels, x, xStride, slope, y, yStride);
}
