// SPDX-License-Identifier: Apache-2.0
//
// tessera_matmul on the matrix unit of recent Intel processors (AMX), in float32's precision.
#ifndef TESSERA_MATMUL_TILES_H
#define TESSERA_MATMUL_TILES_H
#include "matmul.h"

/// Whether a layer goes by tiles here. It depends on the layer alone, not on the rows: a row has the
/// same bits among any others.
int tessera_matmul_uses_tiles(const tessera_matmul_layer *layer);

/// As tessera_matmul_tapped.
void tessera_matmul_tiles(const tessera_matmul_layer *layer, const tessera_matmul_taps *taps,
                          size_t rows, const float *x, size_t xStride, float *y, size_t yStride);
#endif
