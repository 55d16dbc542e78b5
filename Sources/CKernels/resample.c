// SPDX-License-Identifier: Apache-2.0
#include "resample.h"

#include <string.h>

// Eight lanes whatever the processor has: the lanes fix the order of the sum.
typedef float lanes __attribute__((vector_size(4 * TESSERA_RESAMPLE_LANES)));

void tessera_resample(const float *input, const float *taps, const int32_t *starts,
                      size_t tap_count, size_t phase_count, size_t advance, size_t first_phase,
                      size_t count, float *output, size_t output_stride) {
  size_t phase = first_phase;
  for (size_t n = 0; n < count; n++) {
    const float *x = input + starts[phase];
    const float *w = taps + phase * tap_count;
    lanes sum = {0};
    for (size_t k = 0; k < tap_count; k += TESSERA_RESAMPLE_LANES) {
      lanes a, b;
      memcpy(&a, x + k, sizeof a);
      memcpy(&b, w + k, sizeof b);
      sum += a * b;
    }
    output[n * output_stride] =
        ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
    if (++phase == phase_count) {
      phase = 0;
      input += advance;
    }
  }
}
