// SPDX-License-Identifier: Apache-2.0
//
// What the codec does to each element by itself.
#ifndef TESSERA_POINTWISE_H
#define TESSERA_POINTWISE_H
#include <stddef.h>

/// y[r][c] = x[r][c] > 0 ? x[r][c] : e^x[r][c] - 1. `y` may be `x`.
void tessera_elu(size_t rows, size_t channels, const float *x, size_t xStride, float *y,
                 size_t yStride);

/// y[r][c] = z · sigmoid(z) with z = x[r][c] · scale[c] + shift[c]; rows lie `channels` apart. `y` may
/// be `x`.
void tessera_scale_shift_silu(size_t rows, size_t channels, const float *x, const float *scale,
                              const float *shift, float *y);

/// Complex numbers from logarithms of magnitudes and from phases in radians: a row of `x` holds `bins`
/// of the ones, then `bins` of the others; a row of `y`, 2 · bins after the one before, real and
/// imaginary parts by turns. Magnitudes are cut at `limit`.
void tessera_polar(size_t rows, size_t bins, const float *x, size_t xStride, float limit, float *y);

#endif
