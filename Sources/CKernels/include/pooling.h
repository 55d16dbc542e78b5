// SPDX-License-Identifier: Apache-2.0
#ifndef TESSERA_POOLING_H
#define TESSERA_POOLING_H
#include <stddef.h>

/// Means of cells of `height` rows and `width` frames: y[f][c] is that of x[i · rowStride + j · channels + c]
/// over i < height and f · width ≤ j < (f + 1) · width. `y` doesn't overlap `x`.
void tessera_average_cells(size_t count, size_t channels, size_t height, size_t width, const float *x,
                           size_t rowStride, float *y, size_t yStride);

#endif
