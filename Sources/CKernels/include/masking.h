// SPDX-License-Identifier: Apache-2.0
//
// Masks over a learned representation, and the way back to samples.
#ifndef TESSERA_MASKING_H
#define TESSERA_MASKING_H
#include <stddef.h>

typedef enum {
  tessera_mask_linear,
  tessera_mask_relu,
  tessera_mask_sigmoid,
  tessera_mask_softmax,  ///< over the sources
} tessera_mask;

/// Turns mask logits `[rows, sources, features]` into masks, in place.
void tessera_activate_masks(tessera_mask kind, size_t rows, size_t sources, size_t features,
                            float *logits);

/// masks[r][s][n] · x[r][n], in place of the masks.
void tessera_apply_masks(size_t rows, size_t sources, size_t features, const float *x,
                         size_t xStride, float *masks);

/// Adds `rows` frames of `width` elements to `y`, the first at y[offset], each `hop` later than the
/// one before, earlier frames first; what falls outside the `count` elements of `y` is left out.
void tessera_overlap_add(size_t rows, size_t width, const float *frames, size_t frameStride,
                         size_t hop, ptrdiff_t offset, float *y, size_t count);
#endif
