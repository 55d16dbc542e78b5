// SPDX-License-Identifier: Apache-2.0
//
// Depth-wise convolution along time of a channels-last signal, with PReLU and the sums a norm needs
// in the same pass.
#ifndef TESSERA_DEPTHWISE_H
#define TESSERA_DEPTHWISE_H
#include <stddef.h>

typedef struct {
  size_t channels;
  size_t taps;
  ptrdiff_t dilation;
  ptrdiff_t offset;      ///< row of the first tap relative to the output row, ≤ 0
  const float *weights;  ///< [taps, channels]
  const float *bias;     ///< [channels]
  /// [taps, channels] or NULL: what a tap adds where its row exists, besides weight · x. A norm
  /// before the convolution becomes weights and shifts; rows outside the signal are zeros *behind*
  /// that norm, so they add neither.
  const float *shifts;
  float slope;  ///< PReLU behind the convolution; 1 for none
} tessera_depthwise_layer;

/// Computes output rows `from ..< to` into `y` (its first row is row `from`). `x` is row 0 of the
/// signal, whose rows `validFrom ..< validTo` exist. Where `sums` is not NULL, adds the sum and the
/// sum of squares of all outputs to sums[0] and sums[1].
void tessera_depthwise(const tessera_depthwise_layer *layer, const float *x, ptrdiff_t validFrom,
                       ptrdiff_t validTo, ptrdiff_t from, ptrdiff_t to, float *y, double *sums);
#endif
