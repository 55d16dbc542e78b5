// SPDX-License-Identifier: Apache-2.0
#include "lstm.h"

#include "vector_math.h"

TESSERA_MULTIVERSION
void tessera_lstm_step(size_t rows, size_t units, const float *restrict gates, size_t gateStride,
                       const float *restrict recurrent, float *restrict cell,
                       float *restrict output, size_t outputStride) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t u = 0; u < units; u++) {
      float input = vector_sigmoid(gates[u] + recurrent[u]);
      float forget = vector_sigmoid(gates[units + u] + recurrent[units + u]);
      float candidate = vector_tanh(gates[2 * units + u] + recurrent[2 * units + u]);
      float out = vector_sigmoid(gates[3 * units + u] + recurrent[3 * units + u]);
      float state = forget * cell[u] + input * candidate;
      cell[u] = state;
      output[u] = out * vector_tanh(state);
    }
    gates += gateStride;
    recurrent += 4 * units;
    cell += units;
    output += outputStride;
  }
}
