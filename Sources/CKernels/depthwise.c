// SPDX-License-Identifier: Apache-2.0
#include "depthwise.h"

#include <stdint.h>

#include "variants.h"

// Bits of the set of taps that lie inside the signal.
#define TESSERA_MOST_TAPS 64

#define VARIANT_FILE "depthwise.inc"
#include "variants.inc"

void tessera_depthwise(const tessera_depthwise_layer *layer, const float *x, ptrdiff_t validFrom,
                       ptrdiff_t validTo, ptrdiff_t from, ptrdiff_t to, float *y, double *sums) {
  DISPATCH(depthwise, layer, x, validFrom, validTo, from, to, y, sums);
}
