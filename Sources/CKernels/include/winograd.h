// SPDX-License-Identifier: Apache-2.0
//
// Winograd's F(4, 3) along frames: four outputs of a kernel of three taps from six products instead of
// twelve (Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks", 2015). Products are
// matrices' business; here is what comes before and after.
#ifndef TESSERA_WINOGRAD_H
#define TESSERA_WINOGRAD_H
#include <stddef.h>

/// From each group of six frames, four frames apart, to six points: v[p][g][c] lies at
/// p · pointStride + g · groupStride + c. Frames of x, `channels` numbers each, lie one behind the other.
void tessera_winograd_points(const float *x, size_t groups, size_t channels, float *v,
                             size_t groupStride, size_t pointStride);

/// From the six products of a group, m[p][g][c] at p · pointStride + g · channels + c, to its four
/// frames, plus a bias (which may be NULL), then PReLU with `slope`: frame f of the groups is row
/// f − first of y, where `first` ≤ f < `first` + `count`.
void tessera_winograd_frames(const float *m, size_t groups, size_t channels, size_t pointStride,
                             const float *bias, float slope, size_t first, size_t count, float *y,
                             size_t yStride);
#endif
