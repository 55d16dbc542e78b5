// SPDX-License-Identifier: Apache-2.0
//
// Y = activation(X · W + bias): every 1×1 convolution, and every strided convolution without
// dilation, whose windows are contiguous in a channels-last signal: there X has overlapping rows
// (xStride = stride · channels, depth = kernel · channels), and nothing is copied.
//
// An element of Y is one chain of sums over the depth, in an order that is the layer's, whatever the
// number of rows: a stream that brings its frames one by one gets the same bits as the whole file at
// once. On processors with AMX large layers go by its tiles (matmul_tiles.c), to float32's precision.
#ifndef TESSERA_MATMUL_H
#define TESSERA_MATMUL_H
#include <stddef.h>

typedef struct {
  size_t depth;    ///< length of the sum
  size_t columns;  ///< columns of Y
  const float *packed;  ///< weights from tessera_matmul_pack
  const float *bias;    ///< one for each column, or NULL
  float slope;  ///< PReLU behind it: x < 0 ? slope · x : x; 0 is ReLU, 1 nothing
  int rowsAreFew;  ///< a recurrence's steps: reading the weights takes longer than multiplying
} tessera_matmul_layer;

/// How many floats the packed form of a depth × columns matrix takes.
size_t tessera_matmul_packed_count(size_t depth, size_t columns);

/// Packs W, given as W[column · columnStride + d · depthStride], for tessera_matmul.
void tessera_matmul_pack(size_t depth, size_t columns, const float *weights, size_t columnStride,
                         size_t depthStride, float *packed);

/// Packs the weights [columns][input][taps] of a convolution for windows of `taps` frames of `input`
/// channels: depth taps · input, the frames one after the other.
void tessera_matmul_pack_convolution(size_t input, size_t taps, size_t columns,
                                     const float *weights, float *packed);

/// Computes `rows` rows of Y from as many rows of X. `y` must not overlap `x`.
void tessera_matmul(const tessera_matmul_layer *layer, size_t rows, const float *x, size_t xStride,
                    float *y, size_t yStride);

/// How a row of X lies in memory where it isn't in one piece: the windows of a convolution over two
/// axes, or of a dilated one. It has `count` equal runs, `stride` apart. Only `used` of them, from
/// `first` on, are there; the others lie outside the signal and are zeros.
typedef struct {
  size_t count;
  size_t first;
  size_t used;
  size_t stride;
} tessera_matmul_taps;

/// As tessera_matmul, with rows in runs; `x` is where run `first` of row 0 begins.
void tessera_matmul_tapped(const tessera_matmul_layer *layer, const tessera_matmul_taps *taps,
                           size_t rows, const float *x, size_t xStride, float *y, size_t yStride);
#endif
