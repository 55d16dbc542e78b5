// SPDX-License-Identifier: Apache-2.0
#include "gelu.h"

#include "vector_math.h"

TESSERA_MULTIVERSION
void tessera_gelu(const float *x, size_t count, float *y) {
  for (size_t i = 0; i < count; i++) y[i] = vector_gelu(x[i]);
}
