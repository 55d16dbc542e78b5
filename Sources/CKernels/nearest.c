// SPDX-License-Identifier: Apache-2.0
#include "nearest.h"

#include <math.h>

#include "vector_math.h"

enum { lanes = 16 };

/// Puts a row where it belongs; of equal distances the lower row comes first.
static inline void insert(tessera_nearest *nearest, float distance, int32_t row) {
  if (distance < nearest->distance || (distance == nearest->distance && row < nearest->row)) {
    nearest->second_distance = nearest->distance;
    nearest->second_row = nearest->row;
    nearest->distance = distance;
    nearest->row = row;
  } else if (distance < nearest->second_distance ||
             (distance == nearest->second_distance && row < nearest->second_row)) {
    nearest->second_distance = distance;
    nearest->second_row = row;
  }
}

TESSERA_MULTIVERSION
void tessera_update_nearest(size_t rows, size_t count, int32_t first, const float *restrict products,
                            size_t stride, const float *restrict squares,
                            const float *restrict vectorSquares, tessera_nearest *nearest) {
  size_t whole = count / lanes * lanes;
  for (size_t r = 0; r < rows; r++, products += stride) {
    float best[lanes], second[lanes];
    int32_t bestRow[lanes], secondRow[lanes];
    for (size_t l = 0; l < lanes; l++) {
      best[l] = second[l] = INFINITY;
      bestRow[l] = secondRow[l] = INT32_MAX;
    }
    float square = vectorSquares[r];
    for (size_t c = 0; c < whole; c += lanes)
      for (size_t l = 0; l < lanes; l++) {
        float distance = (square - 2 * products[c + l]) + squares[c + l];
        int32_t row = first + (int32_t)(c + l);
        int closest = distance < best[l], closer = distance < second[l];
        second[l] = closest ? best[l] : closer ? distance : second[l];
        secondRow[l] = closest ? bestRow[l] : closer ? row : secondRow[l];
        best[l] = closest ? distance : best[l];
        bestRow[l] = closest ? row : bestRow[l];
      }
    for (size_t l = 0; l < lanes && whole > 0; l++) {
      insert(nearest + r, best[l], bestRow[l]);
      insert(nearest + r, second[l], secondRow[l]);
    }
    for (size_t c = whole; c < count; c++)
      insert(nearest + r, (square - 2 * products[c]) + squares[c], first + (int32_t)c);
  }
}
