// SPDX-License-Identifier: Apache-2.0
#ifndef TESSERA_ONEDNN_INTERFACE_H
#define TESSERA_ONEDNN_INTERFACE_H

// Where oneDNN's C interfaces 2.x and 3.x differ. The rest of COneDNN doesn't ask for the version.

#include <dnnl.h>
#include <dnnl_version.h>
#include <stdlib.h>
#include <string.h>

#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t layout_view;
#else
typedef const dnnl_memory_desc_t *layout_view;
#endif

/// A memory description that is ours to release.
typedef struct {
  dnnl_memory_desc_t description;
} layout;

static inline layout_view layout_of(const layout *owned) {
#if DNNL_VERSION_MAJOR >= 3
  return owned->description;
#else
  return &owned->description;
#endif
}

static inline dnnl_status_t layout_make(
    layout *owned, int rank, const dnnl_dims_t dims, dnnl_format_tag_t tag) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_create_with_tag(&owned->description, rank, dims, dnnl_f32, tag);
#else
  return dnnl_memory_desc_init_by_tag(&owned->description, rank, dims, dnnl_f32, tag);
#endif
}

static inline dnnl_status_t layout_copy(layout *owned, layout_view view) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_clone(&owned->description, view);
#else
  owned->description = *view;
  return dnnl_success;
#endif
}

static inline void layout_release(layout *owned) {
#if DNNL_VERSION_MAJOR >= 3
  if (owned->description) dnnl_memory_desc_destroy(owned->description);
  owned->description = NULL;
#else
  (void)owned;
#endif
}

static inline layout_view memory_layout(const_dnnl_memory_t memory) {
  layout_view view = NULL;
  dnnl_memory_get_memory_desc(memory, &view);
  return view;
}

static inline dnnl_status_t append_eltwise(
    dnnl_post_ops_t operations, dnnl_alg_kind_t kind, float alpha) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_post_ops_append_eltwise(operations, kind, alpha, 0);
#else
  return dnnl_post_ops_append_eltwise(operations, 1, kind, alpha, 0);
#endif
}

/// Strides, dilations (0 for none) and padding of the two spatial axes.
typedef struct {
  dnnl_dims_t strides, dilates, low, high;
} window;

static inline dnnl_status_t convolution_describe(
    dnnl_primitive_desc_t *result, dnnl_engine_t engine, layout_view source, layout_view weights,
    layout_view bias, layout_view destination, const window *w, const_dnnl_primitive_attr_t attr) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_convolution_forward_primitive_desc_create(
      result, engine, dnnl_forward_inference, dnnl_convolution_direct, source, weights, bias,
      destination, w->strides, w->dilates, w->low, w->high, attr);
#else
  dnnl_convolution_desc_t description;
  dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
      &description, dnnl_forward_inference, dnnl_convolution_direct, source, weights, bias,
      destination, w->strides, w->dilates, w->low, w->high);
  if (status != dnnl_success) return status;
  return dnnl_primitive_desc_create(result, &description, attr, engine, NULL);
#endif
}

#endif
