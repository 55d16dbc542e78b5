// SPDX-License-Identifier: Apache-2.0
//
// Softmax attention over keys that come block by block: each row keeps the largest score so far and
// the sum of e^(score - largest), and what is summed with those weights is rescaled when a larger one
// comes.
#ifndef TESSERA_ONLINE_SOFTMAX_H
#define TESSERA_ONLINE_SOFTMAX_H
#include <stddef.h>

/// Turns a block's scores, [rows, keys], into e^(score - largest), brings `largest` and `sums` up to
/// date, and gives the factor for what was summed before. `largest` begins at -INFINITY and `sums` at 0.
void tessera_softmax_block(size_t rows, size_t keys, float *scores, size_t stride, float *largest,
                           float *sums, float *factors);

/// total[r][c] = total[r][c] · factors[r] + x[r][c], both [rows, channels].
void tessera_rescale_add(size_t rows, size_t channels, const float *factors, const float *x,
                         float *total);

/// total[r][c] /= sums[r].
void tessera_divide_rows(size_t rows, size_t channels, const float *sums, float *total);

#endif
