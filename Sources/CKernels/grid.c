// SPDX-License-Identifier: Apache-2.0
#include "grid.h"

#include "vector_math.h"

TESSERA_MULTIVERSION
void tessera_scale_shift_leaky(size_t rows, size_t channels, const float *restrict x,
                               size_t xStride, const float *restrict scale,
                               const float *restrict shift, float slope, float *restrict y,
                               size_t yStride) {
  for (size_t r = 0; r < rows; r++, x += xStride, y += yStride)
#pragma clang loop interleave_count(1)
    for (size_t c = 0; c < channels; c++) {
      float z = x[c] * scale[c] + shift[c];
      y[c] = z < 0 ? z * slope : z;
    }
}

/// The six points of one row point, a + sign · b, of all groups.
static inline __attribute__((always_inline)) void points(const float *restrict a,
                                                         const float *restrict b, float sign,
                                                         size_t groups, size_t channels,
                                                         float *restrict v, size_t pointStride) {
  for (size_t g = 0; g < groups; g++, a += 4 * channels, b += 4 * channels, v += channels)
#pragma clang loop vectorize(assume_safety)
    for (size_t c = 0; c < channels; c++) {
      float t0 = a[c] + sign * b[c];
      float t1 = a[channels + c] + sign * b[channels + c];
      float t2 = a[2 * channels + c] + sign * b[2 * channels + c];
      float t3 = a[3 * channels + c] + sign * b[3 * channels + c];
      float t4 = a[4 * channels + c] + sign * b[4 * channels + c];
      float t5 = a[5 * channels + c] + sign * b[5 * channels + c];
      float near = t4 - 4 * t2, odd = t3 - 4 * t1, far = t4 - t2, wide = 2 * (t3 - t1);
      v[c] = 4 * t0 - 5 * t2 + t4;
      v[pointStride + c] = near + odd;
      v[2 * pointStride + c] = near - odd;
      v[3 * pointStride + c] = far + wide;
      v[4 * pointStride + c] = far - wide;
      v[5 * pointStride + c] = 4 * t1 - 5 * t3 + t5;
    }
}

TESSERA_MULTIVERSION
void tessera_square_points(const float *x, size_t rowStride, size_t groups, size_t channels,
                           float *v, size_t pointStride) {
  const float *x1 = x + rowStride, *x2 = x1 + rowStride, *x3 = x2 + rowStride;
  points(x, x2, -1, groups, channels, v, pointStride);
  points(x1, x2, 1, groups, channels, v + 6 * pointStride, pointStride);
  points(x2, x1, -1, groups, channels, v + 12 * pointStride, pointStride);
  points(x3, x1, -1, groups, channels, v + 18 * pointStride, pointStride);
}

static inline __attribute__((always_inline)) float leaky(float value, float slope) {
  return value < 0 ? value * slope : value;
}

/// One output of every channel; `base` may be `y`, element by element.
static inline __attribute__((always_inline)) void output(const float *m, size_t stride,
                                                         size_t channels,
                                                         const tessera_square_end *end,
                                                         const float *base, size_t row,
                                                         size_t column, float *y) {
  const float *bias = end->bias;
  const float slope = end->slope;
#pragma clang loop vectorize(assume_safety)
  for (size_t c = 0; c < channels; c++) {
    float s[6];
#pragma clang loop unroll(full)
    for (size_t k = 0; k < 6; k++) {
      float one = m[(6 + k) * stride + c], two = m[(12 + k) * stride + c];
      s[k] = row == 0 ? (one + two) + m[k * stride + c] : (one - two) + m[(18 + k) * stride + c];
    }
    float value = bias ? bias[c] : 0;
    switch (column) {
      case 0: value += s[0] + (s[1] + s[2]) + (s[3] + s[4]); break;
      case 1: value += (s[1] - s[2]) + 2 * (s[3] - s[4]); break;
      case 2: value += (s[1] + s[2]) + 4 * (s[3] + s[4]); break;
      default: value += (s[1] - s[2]) + 8 * (s[3] - s[4]) + s[5];
    }
    value = leaky(value, slope);
    y[c] = base ? base[c] + value : value;
  }
}

/// All outputs of a group: what they share is computed once.
static inline __attribute__((always_inline)) void group(const float *m, size_t stride,
                                                        size_t channels,
                                                        const tessera_square_end *end,
                                                        const float *base, size_t row, float *y) {
  const float *bias = end->bias;
  const float slope = end->slope;
  const float *first = row == 0 ? m : m + 18 * stride;
  const float sign = row == 0 ? 1 : -1;
#pragma clang loop vectorize(assume_safety)
  for (size_t c = 0; c < channels; c++) {
    float s[6];
#pragma clang loop unroll(full)
    for (size_t k = 0; k < 6; k++)
      s[k] = (m[(6 + k) * stride + c] + sign * m[(12 + k) * stride + c]) + first[k * stride + c];
    float b = bias ? bias[c] : 0;
    float sum = s[1] + s[2], difference = s[1] - s[2];
    float wideSum = s[3] + s[4], wideDifference = s[3] - s[4];
    float y0 = leaky(b + (s[0] + sum + wideSum), slope);
    float y1 = leaky(b + (difference + 2 * wideDifference), slope);
    float y2 = leaky(b + (sum + 4 * wideSum), slope);
    float y3 = leaky(b + (difference + 8 * wideDifference + s[5]), slope);
    y[c] = base ? base[c] + y0 : y0;
    y[channels + c] = base ? base[channels + c] + y1 : y1;
    y[2 * channels + c] = base ? base[2 * channels + c] + y2 : y2;
    y[3 * channels + c] = base ? base[3 * channels + c] + y3 : y3;
  }
}

TESSERA_MULTIVERSION
void tessera_square_outputs(const float *m, size_t groups, size_t channels, size_t pointStride,
                            const tessera_square_end *end, size_t rows, size_t columns, float *y,
                            size_t rowStride) {
  for (size_t row = 0; row < rows; row++)
    for (size_t g = 0; g < groups; g++) {
      const float *products = m + g * channels;
      float *target = y + row * rowStride + 4 * g * channels;
      const float *base = end->base;
      if (base) base += row * end->baseStride + 4 * g * channels;
      if (4 * g + 4 <= columns) {
        if (base)
          group(products, pointStride, channels, end, base, row, target);
        else
          group(products, pointStride, channels, end, NULL, row, target);
        continue;
      }
      for (size_t i = 0; 4 * g + i < columns; i++)
        output(products, pointStride, channels, end, base ? base + i * channels : NULL, row, i,
               target + i * channels);
    }
}

TESSERA_MULTIVERSION
void tessera_square_finish(const float *x, size_t channels, const tessera_square_end *end,
                           size_t columns, float *y) {
  for (size_t i = 0; i < columns * channels; i++) {
    float value = leaky(x[i] + (end->bias ? end->bias[i % channels] : 0), end->slope);
    y[i] = end->base ? end->base[i] + value : value;
  }
}
