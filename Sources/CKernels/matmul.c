// SPDX-License-Identifier: Apache-2.0
#include "matmul.h"

#include "matmul_tiles.h"
#include "variants.h"

// Weights lie in panels of 32 columns: [panel][depth][32], zeros beyond the last column.
#define PANEL 32
// A panel of 256 rows is 32 KB and stays in the first cache while the rows of a band pass it; the
// band's rows stay in the second while the panels pass.
#define DEPTH_BAND 256
#define ROW_BAND 192

// The loops over a block must vanish: its sums are registers, not an array.
#define UNROLLED _Pragma("clang loop unroll(full)")
#define VARIANT_FILE "matmul.inc"
#include "variants.inc"

size_t tessera_matmul_packed_count(size_t depth, size_t columns) {
  return (columns + PANEL - 1) / PANEL * PANEL * depth;
}

void tessera_matmul_pack(size_t depth, size_t columns, const float *weights, size_t columnStride,
                         size_t depthStride, float *packed) {
  size_t panels = (columns + PANEL - 1) / PANEL;
  for (size_t panel = 0; panel < panels; panel++)
    for (size_t d = 0; d < depth; d++)
      for (size_t c = 0; c < PANEL; c++) {
        size_t column = panel * PANEL + c;
        *packed++ = column < columns ? weights[column * columnStride + d * depthStride] : 0;
      }
}

void tessera_matmul_pack_convolution(size_t input, size_t taps, size_t columns,
                                     const float *weights, float *packed) {
  for (size_t first = 0; first < columns; first += PANEL)
    for (size_t tap = 0; tap < taps; tap++)
      for (size_t i = 0; i < input; i++)
        for (size_t column = first; column < first + PANEL; column++)
          *packed++ = column < columns ? weights[(column * input + i) * taps + tap] : 0;
}

void tessera_matmul(const tessera_matmul_layer *layer, size_t rows, const float *x, size_t xStride,
                    float *y, size_t yStride) {
  tessera_matmul_taps one = {.count = 1, .first = 0, .used = 1, .stride = 0};
  tessera_matmul_tapped(layer, &one, rows, x, xStride, y, yStride);
}

void tessera_matmul_tapped(const tessera_matmul_layer *layer, const tessera_matmul_taps *taps,
                           size_t rows, const float *x, size_t xStride, float *y, size_t yStride) {
  if (tessera_matmul_uses_tiles(layer))
    tessera_matmul_tiles(layer, taps, rows, x, xStride, y, yStride);
  else
    DISPATCH(matmul, layer, taps, rows, x, xStride, y, yStride);
}
