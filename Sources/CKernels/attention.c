// SPDX-License-Identifier: Apache-2.0
#include "attention.h"

#include "variants.h"
#include "vector_math.h"

#define VARIANT_FILE "attention.inc"
#include "variants.inc"

void tessera_softmax(size_t rows, size_t columns, float *scores, size_t stride, float *scales) {
  DISPATCH(softmax, rows, columns, scores, stride, scales);
}

void tessera_scale_rows(size_t rows, size_t columns, const float *scales, float *y, size_t stride) {
  DISPATCH(scale_rows, rows, columns, scales, y, stride);
}
