// SPDX-License-Identifier: Apache-2.0
#ifndef TESSERA_GROUP_NORM_H
#define TESSERA_GROUP_NORM_H
#include <stddef.h>

/// Sums and sums of squares, in double, of x, [rows, channels], whose channels fall into `groups`
/// equal parts: sums[2 · g] and sums[2 · g + 1] for group g.
void tessera_group_sums(
    const float *x, size_t rows, size_t channels, size_t groups, double *sums);

/// y[r][c] = x[r][c] · scale[c] + shift[c]. Here and below x is [rows, channels] and y may be x.
void tessera_scale_shift(
    const float *x, size_t rows, size_t channels, const float *scale, const float *shift, float *y);

/// The same, then GELU (with the error function).
void tessera_scale_shift_gelu(
    const float *x, size_t rows, size_t channels, const float *scale, const float *shift, float *y);

/// The same, then the first half of the channels times the sigmoid of the second: y is
/// [rows, channels / 2] and doesn't overlap x.
void tessera_scale_shift_glu(
    const float *x, size_t rows, size_t channels, const float *scale, const float *shift, float *y);

#endif
