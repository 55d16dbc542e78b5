// SPDX-License-Identifier: Apache-2.0
//
// What convolutions that compute two rows at a time do around their products.
#ifndef TESSERA_ROW_PAIRS_H
#define TESSERA_ROW_PAIRS_H
#include <stddef.h>

/// y[i] = a[i] - b[i]. Nothing overlaps, here and below.
void tessera_subtract(const float *a, const float *b, size_t count, float *y);

/// y[i] = a[i] + b[i].
void tessera_sum_of(const float *a, const float *b, size_t count, float *y);

/// a[i], b[i] = a[i] + b[i] + first[i], a[i] - b[i] + second[i].
void tessera_recombine(float *a, float *b, const float *first, const float *second, size_t count);

#endif
