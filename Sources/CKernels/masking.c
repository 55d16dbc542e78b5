// SPDX-License-Identifier: Apache-2.0
#include "masking.h"

#include <math.h>

#include "vector_math.h"

TESSERA_MULTIVERSION
void tessera_activate_masks(tessera_mask kind, size_t rows, size_t sources, size_t features,
                            float *logits) {
  size_t count = rows * sources * features;
  switch (kind) {
    case tessera_mask_linear: return;
    case tessera_mask_relu:
      for (size_t i = 0; i < count; i++) logits[i] = logits[i] > 0 ? logits[i] : 0;
      return;
    case tessera_mask_sigmoid:
      for (size_t i = 0; i < count; i++) logits[i] = 1 / (1 + vector_exp(-logits[i]));
      return;
    case tessera_mask_softmax:
      for (size_t r = 0; r < rows; r++, logits += sources * features)
        for (size_t n = 0; n < features; n++) {
          float top = -INFINITY, sum = 0;
          for (size_t s = 0; s < sources; s++) top = fmaxf(top, logits[s * features + n]);
          for (size_t s = 0; s < sources; s++)
            sum += logits[s * features + n] = vector_exp(logits[s * features + n] - top);
          for (size_t s = 0; s < sources; s++) logits[s * features + n] /= sum;
        }
      return;
  }
}

TESSERA_MULTIVERSION
void tessera_apply_masks(size_t rows, size_t sources, size_t features, const float *x,
                         size_t xStride, float *masks) {
  for (size_t r = 0; r < rows; r++, x += xStride)
    for (size_t s = 0; s < sources; s++, masks += features)
      for (size_t n = 0; n < features; n++) masks[n] *= x[n];
}

void tessera_overlap_add(size_t rows, size_t width, const float *frames, size_t frameStride,
                         size_t hop, ptrdiff_t offset, float *y, size_t count) {
  for (size_t r = 0; r < rows; r++, frames += frameStride) {
    ptrdiff_t start = offset + (ptrdiff_t)(r * hop);
    ptrdiff_t from = start < 0 ? -start : 0;
    ptrdiff_t to = start + (ptrdiff_t)width > (ptrdiff_t)count ? (ptrdiff_t)count - start
                                                               : (ptrdiff_t)width;
    for (ptrdiff_t i = from; i < to; i++) y[start + i] += frames[i];
  }
}
