// SPDX-License-Identifier: Apache-2.0
#ifndef TESSERA_CONEDNN_H
#define TESSERA_CONEDNN_H

// The part of oneDNN that Tessera uses, the same for its C interfaces 2.x and 3.x.
//
// Activations are float32, channels-last: [height, width, channels], the channels fastest. A signal
// [T, C] is an image of height 1 and width T, because oneDNN blocks its kernels along the width.
//
// Functions return a status; after anything but `tessera_onednn_ok` the calling thread finds a
// sentence in `tessera_onednn_message()`. Nothing here ends the process.

#include <stddef.h>
#include <stdint.h>

typedef enum {
  tessera_onednn_ok = 0,
  tessera_onednn_out_of_memory,
  /// oneDNN has no implementation for this shape, or the shape makes no sense.
  tessera_onednn_unsupported,
  tessera_onednn_failed,
} tessera_onednn_status;

/// What went wrong in this thread's last failing call.
const char *tessera_onednn_message(void);

/// "major.minor.patch" of the library at run time.
const char *tessera_onednn_version(void);

/// What follows the convolution and its bias.
typedef enum {
  tessera_activation_none = 0,
  tessera_activation_relu,
  /// x for x > 0, otherwise slope · x.
  tessera_activation_leaky_relu,
  /// x for x > 0, otherwise exp(x) - 1.
  tessera_activation_elu,
  /// x · Φ(x), with the error function.
  tessera_activation_gelu,
} tessera_activation;

/// Whether another tensor, shaped like the output, is added.
typedef enum {
  tessera_residual_none = 0,
  tessera_residual_before_activation,
  tessera_residual_after_activation,
} tessera_residual;

/// What a convolution is, apart from the size of what it is applied to.
typedef struct {
  int64_t in_channels, out_channels, groups;
  int64_t kernel_height, kernel_width;
  int64_t stride_height, stride_width;
  /// Distance between taps; 1 where they are neighbours.
  int64_t dilation_height, dilation_width;
  tessera_activation activation;
  float slope;
  tessera_residual residual;
} tessera_convolution_description;

/// What a convolution is applied to. Rows and columns of zeros are added on each side.
typedef struct {
  int64_t batch, height, width;
  int64_t top, bottom, left, right;
  /// Over how many OpenMP threads oneDNN spreads one call; 1 keeps it in the calling thread. A
  /// oneDNN built over another runtime (TBB, SYCL) spreads as that runtime is set up.
  int32_t threads;
} tessera_convolution_extent;

/// Weights in oneDNN's own layouts, and the plans made so far. Every function that takes one may be
/// called by several threads at a time.
typedef struct tessera_convolution tessera_convolution;

/// A convolution compiled for one extent.
typedef struct tessera_convolution_plan tessera_convolution_plan;

/// Packs `weights`, plain [out, in / groups, height, width], and `bias`, [out] or NULL, into memory of
/// its own, in the layout that oneDNN wants for `expected`. Extents for which it wants another layout
/// get a copy in that layout when they first appear.
tessera_onednn_status tessera_convolution_create(
    const tessera_convolution_description *description, const float *weights, const float *bias,
    const tessera_convolution_extent *expected, tessera_convolution **convolution);

/// Plans that are still borrowed must be given back before.
void tessera_convolution_destroy(tessera_convolution *convolution);

/// How many layouts of the weights are held: 1 where one serves all extents seen so far.
size_t tessera_convolution_packing_count(tessera_convolution *convolution);

/// Finds the plan for `extent` or makes it. Give it back with `tessera_convolution_return`.
tessera_onednn_status tessera_convolution_borrow(
    tessera_convolution *convolution, const tessera_convolution_extent *extent,
    tessera_convolution_plan **plan);

void tessera_convolution_return(
    tessera_convolution *convolution, tessera_convolution_plan *plan);

/// Bytes of scratch memory one execution needs, on a 64-byte boundary.
size_t tessera_convolution_plan_scratch_bytes(const tessera_convolution_plan *plan);

/// oneDNN's name for what it chose.
const char *tessera_convolution_plan_name(const tessera_convolution_plan *plan);

/// Several threads may execute one plan at a time, each with its own scratch memory. `destination`
/// overlaps neither `source` nor `residual`; `residual` is NULL where the description has none.
tessera_onednn_status tessera_convolution_execute(
    const tessera_convolution_plan *plan, const float *source, const float *residual,
    float *destination, void *scratch);

/// c = a · b, row-major and dense: a is [m, k], b is [k, n], c is [m, n].
tessera_onednn_status tessera_sgemm(
    int64_t m, int64_t n, int64_t k, const float *a, const float *b, float *c, int32_t threads);

#endif
