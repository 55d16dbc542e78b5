// SPDX-License-Identifier: Apache-2.0
#ifndef TESSERA_LOCAL_ATTENTION_H
#define TESSERA_LOCAL_ATTENTION_H
#include <stddef.h>

/// Turns rows of products of queries and keys into attention weights that fall with the distance.
///
/// Row r, of `keys` products, is that of the query at time `first` + r:
///   x[r][t] = softmax over t of (scale · x[r][t] − slopes[r] · |t − first − r|), and −100 for a query's
///   own time.
void tessera_local_attention(size_t rows, size_t keys, size_t first, float scale,
                             const float *slopes, float *x, size_t xStride);

#endif
