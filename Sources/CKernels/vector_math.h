// SPDX-License-Identifier: Apache-2.0
#ifndef TESSERA_VECTOR_MATH_H
#define TESSERA_VECTOR_MATH_H

// Functions of one float without branches or tables, so that a loop over them becomes vector code.
// Coefficients: weighted least-maximum fits, made for this file; the errors below are measured over
// all floats of the range against double precision.

#include <stdint.h>
#include <string.h>

/// Compiled once for AVX-512, once for AVX2 and once for any processor; the right one is picked when
/// the program is loaded.
#if defined(__x86_64__) && defined(__linux__)
#define TESSERA_MULTIVERSION \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define TESSERA_MULTIVERSION
#endif

#define TESSERA_VECTOR_FUNCTION static inline __attribute__((always_inline))

/// e^x as power · (1 + tail): power is a power of 2, |tail| at most 0.42. Relative error of the sum
/// below 1.2e-7, and of the tail where it is small. x is held within -87.3 and 88; NaN stays.
TESSERA_VECTOR_FUNCTION float vector_exp_parts(float x, float *power) {
  x = x < -87.3f ? -87.3f : x;
  x = x > 88.0f ? 88.0f : x;
  // Adding 1.5 · 2^23 rounds to the whole number n that ends up in the lowest bits.
  const float shift = 12582912.0f;
  float shifted = x * 1.44269504f + shift;
  float n = shifted - shift;
  // ln 2 in two parts: n times the first is exact.
  float r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float q = 0.0013814467f;
  q = q * r + 0.0083687808f;
  q = q * r + 0.041668393f;
  q = q * r + 0.1666651964f;
  q = q * r + 0.49999994f;
  uint32_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits << 23) + 0x3f800000u;
  memcpy(power, &bits, sizeof *power);
  return q * (r * r) + r;
}

/// e^x, relative error below 1.2e-7. Below -87.3 it stays at 1.2e-38, above 88 at 1.6e38; NaN stays.
TESSERA_VECTOR_FUNCTION float vector_exp(float x) {
  float power;
  float tail = vector_exp_parts(x, &power);
  return (tail + 1) * power;
}

/// e^x - 1 for x up to 88, without the cancellation near 0.
TESSERA_VECTOR_FUNCTION float vector_exp_minus_one(float x) {
  float power;
  float tail = vector_exp_parts(x, &power);
  return power * tail + (power - 1);
}

/// x · Φ(x), absolute error below 1.5e-7 · max(|x|, 1), through
/// Φ(-z) = e^(g(z) - z² / 2) / 2 for z = |x|, whose g is smooth, so that nothing is divided.
TESSERA_VECTOR_FUNCTION float vector_gelu(float x) {
  float z = x < 0 ? -x : x;
  float near = z > 5.6f ? 5.6f : z;
  float g = 1.2179859e-7f;
  g = g * near - 2.9490448e-6f;
  g = g * near + 2.8383842e-5f;
  g = g * near - 1.1764337e-4f;
  g = g * near - 1.4093843e-4f;
  g = g * near + 4.9678241e-3f;
  g = g * near - 3.6440458e-2f;
  g = g * near + 1.8171865e-1f;
  g = g * near - 7.9788744e-1f;
  g = g * near + 4.5074128e-8f;
  float tail = 0.5f * vector_exp(g - 0.5f * z * z);
  return x * (x < 0 ? tail : 1 - tail);
}

/// 1 / (1 + e^-x), relative error below 2.5e-7.
TESSERA_VECTOR_FUNCTION float vector_sigmoid(float x) { return 1 / (1 + vector_exp(-x)); }

/// tanh x, relative error below 2e-7: a polynomial where 1 - 2 / (1 + e^2x) would cancel.
TESSERA_VECTOR_FUNCTION float vector_tanh(float x) {
  float z = x * x;
  float near = -5.9058676e-3f;
  near = near * z + 2.0805383e-2f;
  near = near * z - 5.3786684e-2f;
  near = near * z + 1.3331959e-1f;
  near = near * z - 3.3333299e-1f;
  near = near * z * x + x;
  float far = 1 - 2 / (1 + vector_exp(2 * (x < 0 ? -x : x)));
  far = x < 0 ? -far : far;
  return z < 0.36f ? near : far;
}

/// a · sigmoid(b).
TESSERA_VECTOR_FUNCTION float vector_gate(float a, float b) { return a / (1 + vector_exp(-b)); }

#endif
