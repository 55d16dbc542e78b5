// SPDX-License-Identifier: Apache-2.0
//
// What convolutional networks over grids (rows × columns × channels, channels-last) do around their
// matrix products. Columns of a row lie one behind the other.
#ifndef TESSERA_GRID_H
#define TESSERA_GRID_H
#include <stddef.h>

/// y[r][c] = z < 0 ? slope · z : z with z = x[r][c] · scale[c] + shift[c]. Nothing overlaps.
void tessera_scale_shift_leaky(size_t rows, size_t channels, const float *x, size_t xStride,
                               const float *scale, const float *shift, float slope, float *y,
                               size_t yStride);

/// Winograd's F(2, 3) along rows around F(4, 3) along columns: eight outputs of a 3×3 kernel from 24
/// products instead of 72. From four rows, `rowStride` apart, of 4 · groups + 2 columns to the points
/// v[p][g][c] at p · pointStride + g · channels + c, p = 6 · (row's point) + (column's point).
void tessera_square_points(const float *x, size_t rowStride, size_t groups, size_t channels,
                           float *v, size_t pointStride);

/// What becomes of the outputs of a convolution, channel by channel: they get a bias, pass a leaky
/// ReLU, and are added to something.
typedef struct {
  const float *bias;  ///< one for each channel, or NULL
  float slope;        ///< 1: no activation
  const float *base;  ///< laid out as the output, may be the output; or NULL
  size_t baseStride;  ///< from one row of it to the next
} tessera_square_end;

/// From the 24 products of groups, laid out as the points, to `rows` (1 or 2) rows of `columns` columns.
void tessera_square_outputs(const float *m, size_t groups, size_t channels, size_t pointStride,
                            const tessera_square_end *end, size_t rows, size_t columns, float *y,
                            size_t rowStride);

/// The same end for outputs that are there already, `columns` of them.
void tessera_square_finish(const float *x, size_t channels, const tessera_square_end *end,
                           size_t columns, float *y);
#endif
