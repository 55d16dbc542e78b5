// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "resample.h"

static const double pi = 3.14159265358979323846;

static double cutoff(const tessera_resample_kernel *kernel) {
  size_t lower = kernel->old_rate < kernel->new_rate ? kernel->old_rate : kernel->new_rate;
  return (double)lower * kernel->rolloff;
}

/// Half the filter's length in input frames.
static double reach(const tessera_resample_kernel *kernel) {
  return (double)kernel->zero_crossings * (double)kernel->old_rate / cutoff(kernel);
}

/// The frame behind the last that a phase needs: taps at |t| >= Z are zero.
static ptrdiff_t end(const tessera_resample_kernel *kernel, size_t phase) {
  double center = (double)phase * (double)kernel->old_rate / (double)kernel->new_rate;
  return (ptrdiff_t)ceil(center + reach(kernel));
}

static double tap(const tessera_resample_kernel *kernel, size_t phase, ptrdiff_t frame) {
  double crossings = (double)kernel->zero_crossings;
  double t = ((double)frame / (double)kernel->old_rate - (double)phase / (double)kernel->new_rate) *
             cutoff(kernel);
  if (fabs(t) >= crossings) return 0;
  double window = cos(pi / 2 * (t / crossings));
  return (t == 0 ? 1 : sin(pi * t) / (pi * t)) * (window * window);
}

size_t tessera_resample_tap_count(const tessera_resample_kernel *kernel) {
  size_t longest = (size_t)ceil(2 * reach(kernel)) + 1;
  return (longest + TESSERA_RESAMPLE_LANES - 1) / TESSERA_RESAMPLE_LANES * TESSERA_RESAMPLE_LANES;
}

size_t tessera_resample_design(const tessera_resample_kernel *kernel, float *taps, int32_t *starts) {
  size_t count = tessera_resample_tap_count(kernel);
  ptrdiff_t lead = (ptrdiff_t)count - end(kernel, 0);
  for (size_t phase = 0; phase < kernel->new_rate; phase++) {
    ptrdiff_t first = end(kernel, phase) - (ptrdiff_t)count;
    double level = cutoff(kernel) / (double)kernel->old_rate;
    if (kernel->unit_sum) {
      double sum = 0;
      for (size_t k = 0; k < count; k++) sum += tap(kernel, phase, first + (ptrdiff_t)k);
      level = 1 / sum;
    }
    for (size_t k = 0; k < count; k++)
      taps[phase * count + k] = (float)(tap(kernel, phase, first + (ptrdiff_t)k) * level);
    starts[phase] = (int32_t)(first + lead);
  }
  return (size_t)lead;
}
