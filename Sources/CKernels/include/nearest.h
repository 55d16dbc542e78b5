// SPDX-License-Identifier: Apache-2.0
#ifndef TESSERA_NEAREST_H
#define TESSERA_NEAREST_H
#include <stddef.h>
#include <stdint.h>

/// The two rows of a table that lie nearest to a vector, so far.
typedef struct {
  float distance, second_distance;  ///< squared
  int32_t row, second_row;
} tessera_nearest;

/// Looks at `count` more rows of the table, the first of which is `first`, for `rows` vectors.
///
/// `products` holds each vector's inner products with them, `squares` their squared lengths and
/// `vectorSquares` the vectors'. A squared distance is (|v|² - 2 v·e) + |e|², rounded in this order; of
/// equal ones the first counts. `nearest` begins with infinite distances.
void tessera_update_nearest(size_t rows, size_t count, int32_t first, const float *products,
                            size_t stride, const float *squares, const float *vectorSquares,
                            tessera_nearest *nearest);

#endif
