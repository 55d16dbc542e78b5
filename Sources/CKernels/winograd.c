// SPDX-License-Identifier: Apache-2.0
#include "winograd.h"

#include "vector_math.h"

TESSERA_MULTIVERSION
void tessera_winograd_points(const float *restrict x, size_t groups, size_t channels,
                             float *restrict v, size_t groupStride, size_t pointStride) {
  for (size_t g = 0; g < groups; g++, x += 4 * channels, v += groupStride) {
    for (size_t c = 0; c < channels; c++) {
      float a = x[c], b = x[channels + c], d = x[2 * channels + c], e = x[3 * channels + c];
      float f = x[4 * channels + c], h = x[5 * channels + c];
      float near = f - 4 * d, odd = e - 4 * b, far = f - d, wide = 2 * (e - b);
      v[c] = 4 * a - 5 * d + f;
      v[pointStride + c] = near + odd;
      v[2 * pointStride + c] = near - odd;
      v[3 * pointStride + c] = far + wide;
      v[4 * pointStride + c] = far - wide;
      v[5 * pointStride + c] = 4 * b - 5 * e + h;
    }
  }
}

/// One frame of every group: base[c] + Σ factor[p] · m[p][c], then PReLU.
static inline __attribute__((always_inline)) void combine(
    const float *restrict m, size_t channels, size_t stride, const float *restrict bias,
    float slope, size_t frame, float *restrict y) {
  for (size_t c = 0; c < channels; c++) {
    float one = m[stride + c], two = m[2 * stride + c];
    float three = m[3 * stride + c], four = m[4 * stride + c];
    float value = bias ? bias[c] : 0;
    switch (frame) {
      case 0: value += m[c] + (one + two) + (three + four); break;
      case 1: value += (one - two) + 2 * (three - four); break;
      case 2: value += (one + two) + 4 * (three + four); break;
      default: value += (one - two) + 8 * (three - four) + m[5 * stride + c];
    }
    y[c] = value < 0 ? value * slope : value;
  }
}

TESSERA_MULTIVERSION
void tessera_winograd_frames(const float *restrict m, size_t groups, size_t channels,
                             size_t pointStride, const float *restrict bias, float slope,
                             size_t first, size_t count, float *restrict y, size_t yStride) {
  for (size_t g = 0; g < groups; g++, m += channels)
    for (size_t i = 0; i < 4; i++) {
      size_t frame = 4 * g + i;
      if (frame < first || frame >= first + count) continue;
      float *target = y + (frame - first) * yStride;
      switch (i) {
        case 0: combine(m, channels, pointStride, bias, slope, 0, target); break;
        case 1: combine(m, channels, pointStride, bias, slope, 1, target); break;
        case 2: combine(m, channels, pointStride, bias, slope, 2, target); break;
        default: combine(m, channels, pointStride, bias, slope, 3, target);
      }
    }
}
