// SPDX-License-Identifier: Apache-2.0
#ifndef TESSERA_GLU_H
#define TESSERA_GLU_H
#include <stddef.h>

/// y[r][c] = x[r][c] · sigmoid(x[r][channels + c]): x is [rows, 2 · channels], y is [rows, channels].
/// y doesn't overlap x.
void tessera_glu(const float *x, size_t rows, size_t channels, float *y);

#endif
