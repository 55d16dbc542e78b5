// SPDX-License-Identifier: Apache-2.0
//
// Activations of rows that no norm comes before.
#ifndef TESSERA_ACTIVATION_H
#define TESSERA_ACTIVATION_H
#include <stddef.h>

/// x[i] = x[i] · Φ(x[i]), with the error function.
void tessera_gelu(float *x, size_t count);

/// y[r][c] += factors[c] · a · sigmoid(b), where a = x[r][c] · scale[c] + shift[c] and b is the same of
/// column channels + c: x is [rows, 2 · channels], y is [rows, channels], and they don't overlap.
void tessera_add_gated(const float *x, size_t rows, size_t channels, const float *scale,
                       const float *shift, const float *factors, float *y);

#endif
