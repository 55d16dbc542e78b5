// SPDX-License-Identifier: Apache-2.0
//
// What norms need besides folded weights: sums for the global one, whole rows for the
// channel-wise one, and the affine that brings a norm known late onto a residual stream.
#ifndef TESSERA_NORMALIZATION_H
#define TESSERA_NORMALIZATION_H
#include <stddef.h>

/// Adds the sum and the sum of squares of `rows` rows to sums[0] and sums[1], in double.
void tessera_sums(size_t rows, size_t channels, const float *x, size_t xStride, double *sums);

/// y[r][c] = (x[r][c] − mean(x[r])) / sqrt(variance(x[r]) + epsilon) · gamma[c] + beta[c], with the
/// biased variance in two passes. `y` may be `x`.
void tessera_normalize_rows(size_t rows, size_t channels, const float *x, size_t xStride,
                            const float *gamma, const float *beta, float epsilon, float *y,
                            size_t yStride);

/// y[r][c] = (base ? base[r][c] : 0) + scale · x[r][c] + shift[c]. `y` may be `base`.
void tessera_add_scaled(size_t rows, size_t channels, const float *base, size_t baseStride,
                         const float *x, size_t xStride, float scale, const float *shift, float *y,
                         size_t yStride);

/// y[r][c] = x[r][c] < 0 ? slope · x[r][c] : x[r][c]. `y` may be `x`.
void tessera_leaky(size_t rows, size_t channels, const float *x, size_t xStride, float slope,
                   float *y, size_t yStride);
#endif
