// SPDX-License-Identifier: Apache-2.0
#ifndef TESSERA_RESAMPLE_H
#define TESSERA_RESAMPLE_H
#include <stddef.h>
#include <stdint.h>

/// What tap_count must be a multiple of.
#define TESSERA_RESAMPLE_LANES 8

/// A polyphase filter over one channel.
///
/// Output n has phase p = (first_phase + n) mod phase_count and starts at input frame
/// starts[p] + advance * ((first_phase + n) / phase_count):
///   output[n * output_stride] = sum over k of taps[p * tap_count + k] * input[start + k]
/// The sum's order is fixed, so a result does not depend on how a signal is cut into calls.
/// Cost: tap_count multiply-adds an output. The arrays must not overlap.
void tessera_resample(const float *input, const float *taps, const int32_t *starts,
                      size_t tap_count, size_t phase_count, size_t advance, size_t first_phase,
                      size_t count, float *output, size_t output_stride);
#endif
