// SPDX-License-Identifier: Apache-2.0
//
// What attention does to its scores between two matrix products.
#ifndef TESSERA_ATTENTION_H
#define TESSERA_ATTENTION_H
#include <stddef.h>

/// scores[r][c] = e^(scores[r][c] − max(scores[r])), and scales[r] = 1 / Σ of that row: a softmax whose
/// division is left to whoever has fewer elements to divide.
void tessera_softmax(size_t rows, size_t columns, float *scores, size_t stride, float *scales);

/// y[r][c] = y[r][c] · scales[r].
void tessera_scale_rows(size_t rows, size_t columns, const float *scales, float *y, size_t stride);
#endif
