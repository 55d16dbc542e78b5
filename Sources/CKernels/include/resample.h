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

/// A windowed sinc that converts old : new in lowest terms: the tap of output phase i at input frame
/// k is sinc(t) cos^2(pi t / 2Z), t = (k / old - i / new) min(old, new) rolloff, and 0 where |t| >= Z.
typedef struct {
  size_t old_rate, new_rate;  ///< in lowest terms; new_rate is also the number of phases
  size_t zero_crossings;      ///< Z
  double rolloff;             ///< the cut-off as a share of the lower rate's half
  int unit_sum;               ///< scale every phase to sum 1, else all by cut-off over input rate
} tessera_resample_kernel;

/// Taps a phase, a multiple of TESSERA_RESAMPLE_LANES: zeros come first where it needs fewer.
size_t tessera_resample_tap_count(const tessera_resample_kernel *kernel);

/// Works out `taps`, [new_rate, tap count], and `starts`, [new_rate], as tessera_resample takes them,
/// counted from `lead` frames before the signal's first one; returns `lead`.
size_t tessera_resample_design(const tessera_resample_kernel *kernel, float *taps, int32_t *starts);
#endif
