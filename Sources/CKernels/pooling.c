// SPDX-License-Identifier: Apache-2.0
#include "pooling.h"

#include "vector_math.h"

TESSERA_MULTIVERSION
void tessera_average_cells(size_t count, size_t channels, size_t height, size_t width,
                           const float *restrict x, size_t rowStride, float *restrict y,
                           size_t yStride) {
  const float share = 1.0f / (float)(height * width);
  if (height == 2 && width == 2) {
    for (size_t f = 0; f < count; f++, x += 2 * channels, y += yStride) {
      const float *below = x + rowStride;
      for (size_t c = 0; c < channels; c++)
        y[c] = ((x[c] + x[channels + c]) + (below[c] + below[channels + c])) * share;
    }
    return;
  }
  for (size_t f = 0; f < count; f++, x += width * channels, y += yStride) {
    for (size_t c = 0; c < channels; c++) y[c] = 0;
    for (size_t i = 0; i < height; i++)
      for (size_t j = 0; j < width; j++)
        for (size_t c = 0; c < channels; c++) y[c] += x[i * rowStride + j * channels + c];
    for (size_t c = 0; c < channels; c++) y[c] *= share;
  }
}
