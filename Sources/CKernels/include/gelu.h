// SPDX-License-Identifier: Apache-2.0
#ifndef TESSERA_GELU_H
#define TESSERA_GELU_H
#include <stddef.h>

/// y[i] = x[i] · Φ(x[i]), with the error function. `y` may be `x`.
void tessera_gelu(const float *x, size_t count, float *y);

#endif
