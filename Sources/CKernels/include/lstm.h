// SPDX-License-Identifier: Apache-2.0
#ifndef TESSERA_LSTM_H
#define TESSERA_LSTM_H
#include <stddef.h>

/// One step of some units of a long short-term memory, for `rows` sequences side by side.
///
/// A row of `gates` holds what the input contributes to the four gates, [4, units] in the order
/// input, forget, candidate, output; `recurrent`, [rows, 4 * units], what the last step's output
/// contributes, zeros at the first step.
///   cell = sigmoid(forget) * cell + sigmoid(input) * tanh(candidate)
///   output = sigmoid(output gate) * tanh(cell)
/// `cell` is [rows, units], zeros before the first step. Nothing may overlap.
void tessera_lstm_step(size_t rows, size_t units, const float *gates, size_t gateStride,
                       const float *recurrent, float *cell, float *output, size_t outputStride);
#endif
