// SPDX-License-Identifier: Apache-2.0
#include "group_norm.h"

#include "vector_math.h"

// An output that is the input itself is no reason against vectors: places don't mix.
#define IN_PLACE _Pragma("clang loop vectorize(assume_safety)")

enum {
  /// Channels summed at a time: their sums stay in the first-level cache.
  strip = 512,
  /// Rows read side by side, so that a sum is fetched and put back once for all of them.
  tile = 8,
};

/// Adds `count` rows of `width` channels to the sums of each channel.
static inline __attribute__((always_inline)) void add_rows(const float *restrict x, size_t count,
    size_t stride, size_t width, double *restrict sums, double *restrict squares) {
  for (size_t c = 0; c < width; c++) {
    double sum = sums[c], square = squares[c];
    for (size_t r = 0; r < count; r++) {
      double value = x[r * stride + c];
      sum += value;
      square += value * value;
    }
    sums[c] = sum;
    squares[c] = square;
  }
}

TESSERA_MULTIVERSION
void tessera_group_sums(
    const float *restrict x, size_t rows, size_t channels, size_t groups, double *restrict sums) {
  memset(sums, 0, 2 * groups * sizeof *sums);
  for (size_t first = 0; first < channels; first += strip) {
    size_t width = channels - first < strip ? channels - first : strip;
    double channel_sums[strip] = {0}, channel_squares[strip] = {0};
    size_t r = 0;
    for (; r + tile <= rows; r += tile)
      add_rows(x + r * channels + first, tile, channels, width, channel_sums, channel_squares);
    for (; r < rows; r++)
      add_rows(x + r * channels + first, 1, channels, width, channel_sums, channel_squares);
    for (size_t c = 0; c < width; c++) {
      size_t group = (first + c) / (channels / groups);
      sums[2 * group] += channel_sums[c];
      sums[2 * group + 1] += channel_squares[c];
    }
  }
}

TESSERA_MULTIVERSION
void tessera_scale_shift(const float *x, size_t rows, size_t channels, const float *restrict scale,
    const float *restrict shift, float *y) {
  for (size_t r = 0; r < rows; r++, x += channels, y += channels)
    IN_PLACE
    for (size_t c = 0; c < channels; c++) y[c] = x[c] * scale[c] + shift[c];
}

TESSERA_MULTIVERSION
void tessera_scale_shift_gelu(const float *x, size_t rows, size_t channels,
    const float *restrict scale, const float *restrict shift, float *y) {
  for (size_t r = 0; r < rows; r++, x += channels, y += channels)
    IN_PLACE
    for (size_t c = 0; c < channels; c++) y[c] = vector_gelu(x[c] * scale[c] + shift[c]);
}

TESSERA_MULTIVERSION
void tessera_scale_shift_glu(const float *restrict x, size_t rows, size_t channels,
    const float *restrict scale, const float *restrict shift, float *restrict y) {
  size_t half = channels / 2;
  for (size_t r = 0; r < rows; r++, x += channels, y += half)
    for (size_t c = 0; c < half; c++)
      y[c] = vector_gate(
          x[c] * scale[c] + shift[c], x[half + c] * scale[half + c] + shift[half + c]);
}
