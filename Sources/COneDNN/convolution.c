// SPDX-License-Identifier: Apache-2.0
#include "runtime.h"

#include <pthread.h>
#include <stdio.h>

enum { plans_kept = 64, arguments_at_most = 6 };

struct tessera_convolution_plan {
  tessera_convolution_extent extent;
  dnnl_primitive_t primitive;
  dnnl_memory_t weights;  // one of the convolution's packings
  dnnl_memory_t bias;     // the convolution's; NULL for none
  const char *name;
  size_t scratch_bytes;
  int residual_argument;  // 0 where no residual is added
  int borrowed;
  uint64_t last_use;
};

struct tessera_convolution {
  tessera_convolution_description description;
  pthread_mutex_t lock;
  dnnl_memory_t bias;
  dnnl_memory_t *packings;
  size_t packing_count;
  tessera_convolution_plan *plans[plans_kept];
  size_t plan_count;
  uint64_t uses;
};

// MARK: - Shapes

static int64_t output_length(
    int64_t input, int64_t padding, int64_t kernel, int64_t dilation, int64_t stride) {
  int64_t span = input + padding - dilation * (kernel - 1) - 1;
  return span < 0 ? 0 : span / stride + 1;
}

static int64_t output_height(
    const tessera_convolution_description *d, const tessera_convolution_extent *e) {
  return output_length(e->height, e->top + e->bottom, d->kernel_height, d->dilation_height,
      d->stride_height);
}

static int64_t output_width(
    const tessera_convolution_description *d, const tessera_convolution_extent *e) {
  return output_length(e->width, e->left + e->right, d->kernel_width, d->dilation_width,
      d->stride_width);
}

static int is_sound(const tessera_convolution_description *d) {
  return d->groups > 0 && d->in_channels > 0 && d->out_channels > 0
         && d->in_channels % d->groups == 0 && d->out_channels % d->groups == 0
         && d->kernel_height > 0 && d->kernel_width > 0 && d->stride_height > 0
         && d->stride_width > 0 && d->dilation_height > 0 && d->dilation_width > 0;
}

static int is_same(const tessera_convolution_extent *a, const tessera_convolution_extent *b) {
  return a->batch == b->batch && a->height == b->height && a->width == b->width && a->top == b->top
         && a->bottom == b->bottom && a->left == b->left && a->right == b->right
         && a->threads == b->threads;
}

/// Weights in oneDNN's order of axes: [out, in, h, w], or with groups [g, out / g, in / g, h, w].
static dnnl_status_t weights_layout(
    layout *result, const tessera_convolution_description *d, int plain) {
  dnnl_dims_t all = {
      d->groups, d->out_channels / d->groups, d->in_channels / d->groups, d->kernel_height,
      d->kernel_width};
  int grouped = d->groups > 1;
  dnnl_format_tag_t tag = !plain ? dnnl_format_tag_any : grouped ? dnnl_abcde : dnnl_abcd;
  return layout_make(result, grouped ? 5 : 4, grouped ? all : all + 1, tag);
}

// MARK: - Post-operations

static dnnl_status_t append_activation(
    dnnl_post_ops_t operations, const tessera_convolution_description *d) {
  switch (d->activation) {
  case tessera_activation_none:
    return dnnl_success;
  case tessera_activation_relu:
    return append_eltwise(operations, dnnl_eltwise_relu, 0);
  case tessera_activation_leaky_relu:
    return append_eltwise(operations, dnnl_eltwise_relu, d->slope);
  case tessera_activation_elu:
    return append_eltwise(operations, dnnl_eltwise_elu, 1);
  case tessera_activation_gelu:
    return append_eltwise(operations, dnnl_eltwise_gelu_erf, 0);
  }
  return dnnl_invalid_arguments;
}

static dnnl_status_t append_operations(
    dnnl_post_ops_t operations, const tessera_convolution_description *d, layout_view destination) {
  dnnl_status_t status = dnnl_success;
  if (d->residual == tessera_residual_before_activation)
    status = dnnl_post_ops_append_binary(operations, dnnl_binary_add, destination);
  if (status == dnnl_success) status = append_activation(operations, d);
  if (status == dnnl_success && d->residual == tessera_residual_after_activation)
    status = dnnl_post_ops_append_binary(operations, dnnl_binary_add, destination);
  return status;
}

static int residual_argument(const tessera_convolution_description *d) {
  if (d->residual == tessera_residual_none) return 0;
  int follows_activation =
      d->residual == tessera_residual_after_activation && d->activation != tessera_activation_none;
  return DNNL_ARG_ATTR_MULTIPLE_POST_OP(follows_activation ? 1 : 0) | DNNL_ARG_SRC_1;
}

static dnnl_status_t make_attributes(
    dnnl_primitive_attr_t *result, const tessera_convolution_description *d,
    layout_view destination) {
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_post_ops_t operations = NULL;
  dnnl_status_t status = dnnl_primitive_attr_create(&attributes);
  if (status == dnnl_success)
    status = dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
  if (status == dnnl_success) status = dnnl_post_ops_create(&operations);
  if (status == dnnl_success) status = append_operations(operations, d, destination);
  if (status == dnnl_success) status = dnnl_primitive_attr_set_post_ops(attributes, operations);
  if (operations) dnnl_post_ops_destroy(operations);
  if (status == dnnl_success) {
    *result = attributes;
  } else if (attributes) {
    dnnl_primitive_attr_destroy(attributes);
  }
  return status;
}

// MARK: - Packing

static dnnl_status_t reorder(dnnl_memory_t from, layout_view from_layout, dnnl_memory_t to,
    layout_view to_layout, dnnl_engine_t engine) {
  dnnl_primitive_desc_t description = NULL;
  dnnl_primitive_t primitive = NULL;
  dnnl_stream_t stream = NULL;
  dnnl_status_t status = dnnl_reorder_primitive_desc_create(
      &description, from_layout, engine, to_layout, engine, NULL);
  if (status == dnnl_success) status = dnnl_primitive_create(&primitive, description);
  if (status == dnnl_success) status = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags);
  dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
  if (status == dnnl_success) status = dnnl_primitive_execute(primitive, stream, 2, arguments);
  if (status == dnnl_success) status = dnnl_stream_wait(stream);
  if (stream) dnnl_stream_destroy(stream);
  if (primitive) dnnl_primitive_destroy(primitive);
  if (description) dnnl_primitive_desc_destroy(description);
  return status;
}

/// A copy of `source` in the layout `wanted`, kept by the convolution.
static dnnl_status_t add_packing(tessera_convolution *convolution, dnnl_memory_t source,
    layout_view wanted, dnnl_engine_t engine, dnnl_memory_t *result) {
  size_t count = convolution->packing_count;
  dnnl_memory_t *grown = realloc(convolution->packings, (count + 1) * sizeof *grown);
  if (!grown) return dnnl_out_of_memory;
  convolution->packings = grown;
  dnnl_memory_t packed = NULL;
  dnnl_status_t status = dnnl_memory_create(&packed, wanted, engine, DNNL_MEMORY_ALLOCATE);
  if (status == dnnl_success)
    status = reorder(source, memory_layout(source), packed, memory_layout(packed), engine);
  if (status != dnnl_success) {
    if (packed) dnnl_memory_destroy(packed);
    return status;
  }
  grown[count] = packed;
  convolution->packing_count = count + 1;
  *result = packed;
  return dnnl_success;
}

/// The packing for `wanted`: one that is there, or a new one made from `source` (the plain weights
/// while the convolution is being made, its first packing later).
static dnnl_status_t find_packing(tessera_convolution *convolution, dnnl_memory_t source,
    layout_view wanted, dnnl_engine_t engine, dnnl_memory_t *result) {
  for (size_t i = 0; i < convolution->packing_count; i++) {
    if (!dnnl_memory_desc_equal(memory_layout(convolution->packings[i]), wanted)) continue;
    *result = convolution->packings[i];
    return dnnl_success;
  }
  return add_packing(
      convolution, source ? source : convolution->packings[0], wanted, engine, result);
}

// MARK: - Plans

static dnnl_status_t describe(dnnl_primitive_desc_t *result, dnnl_engine_t engine,
    const tessera_convolution *convolution, const tessera_convolution_extent *extent) {
  const tessera_convolution_description *d = &convolution->description;
  dnnl_dims_t source_dims = {extent->batch, d->in_channels, extent->height, extent->width};
  dnnl_dims_t destination_dims = {
      extent->batch, d->out_channels, output_height(d, extent), output_width(d, extent)};
  dnnl_dims_t bias_dims = {d->out_channels};
  window w = {
      .strides = {d->stride_height, d->stride_width},
      .dilates = {d->dilation_height - 1, d->dilation_width - 1},
      .low = {extent->top, extent->left},
      .high = {extent->bottom, extent->right},
  };
  layout source = {0}, weights = {0}, bias = {0}, destination = {0};
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_status_t status = layout_make(&source, 4, source_dims, dnnl_nhwc);
  if (status == dnnl_success) status = weights_layout(&weights, d, 0);
  if (status == dnnl_success) status = layout_make(&bias, 1, bias_dims, dnnl_a);
  if (status == dnnl_success) status = layout_make(&destination, 4, destination_dims, dnnl_nhwc);
  if (status == dnnl_success) status = make_attributes(&attributes, d, layout_of(&destination));
  if (status == dnnl_success)
    status = convolution_describe(result, engine, layout_of(&source), layout_of(&weights),
        convolution->bias ? layout_of(&bias) : NULL, layout_of(&destination), &w, attributes);
  if (attributes) dnnl_primitive_attr_destroy(attributes);
  layout_release(&source);
  layout_release(&weights);
  layout_release(&bias);
  layout_release(&destination);
  return status;
}

static void destroy_plan(tessera_convolution_plan *plan) {
  if (plan->primitive) dnnl_primitive_destroy(plan->primitive);
  free(plan);
}

static dnnl_status_t make_plan(tessera_convolution_plan **result, tessera_convolution *convolution,
    const tessera_convolution_extent *extent, dnnl_memory_t plain_weights, dnnl_engine_t engine) {
  dnnl_primitive_desc_t description = NULL;
  dnnl_status_t status = describe(&description, engine, convolution, extent);
  if (status != dnnl_success) return status;
  tessera_convolution_plan *plan = calloc(1, sizeof *plan);
  status = plan ? dnnl_primitive_create(&plan->primitive, description) : dnnl_out_of_memory;
  dnnl_primitive_desc_destroy(description);
  if (!plan) return status;
  const_dnnl_primitive_desc_t kept = NULL;
  if (status == dnnl_success) status = dnnl_primitive_get_primitive_desc(plan->primitive, &kept);
  if (status == dnnl_success)
    status = find_packing(convolution, plain_weights,
        dnnl_primitive_desc_query_md(kept, dnnl_query_weights_md, 0), engine, &plan->weights);
  if (status == dnnl_success)
    status = dnnl_primitive_desc_query(kept, dnnl_query_impl_info_str, 0, (void *)&plan->name);
  if (status != dnnl_success) {
    destroy_plan(plan);
    return status;
  }
  layout_view scratch = dnnl_primitive_desc_query_md(kept, dnnl_query_scratchpad_md, 0);
  plan->scratch_bytes = scratch ? dnnl_memory_desc_get_size(scratch) : 0;
  plan->bias = convolution->bias;
  plan->residual_argument = residual_argument(&convolution->description);
  plan->extent = *extent;
  *result = plan;
  return dnnl_success;
}

static tessera_onednn_status refuse(dnnl_status_t status,
    const tessera_convolution_description *d, const tessera_convolution_extent *e) {
  char attempt[160];
  snprintf(attempt, sizeof attempt,
      "a convolution of %lld to %lld channels, kernel %lldx%lld, over %lldx%lld",
      (long long)d->in_channels, (long long)d->out_channels, (long long)d->kernel_height,
      (long long)d->kernel_width, (long long)e->height, (long long)e->width);
  return translate(status, attempt);
}

/// Keeps the plan, in the place of the one that has been idle longest where there is no other. With
/// all places taken by plans in use the new one is not kept: its return destroys it.
static void keep(tessera_convolution *convolution, tessera_convolution_plan *plan) {
  if (convolution->plan_count < plans_kept) {
    convolution->plans[convolution->plan_count++] = plan;
    return;
  }
  tessera_convolution_plan **oldest = NULL;
  for (size_t i = 0; i < plans_kept; i++) {
    tessera_convolution_plan **place = &convolution->plans[i];
    if ((*place)->borrowed == 0 && (!oldest || (*place)->last_use < (*oldest)->last_use))
      oldest = place;
  }
  if (!oldest) return;
  destroy_plan(*oldest);
  *oldest = plan;
}

static int is_kept(const tessera_convolution *convolution, const tessera_convolution_plan *plan) {
  for (size_t i = 0; i < convolution->plan_count; i++)
    if (convolution->plans[i] == plan) return 1;
  return 0;
}

static tessera_onednn_status borrow_locked(tessera_convolution *convolution,
    const tessera_convolution_extent *extent, dnnl_memory_t plain_weights,
    tessera_convolution_plan **result) {
  tessera_convolution_plan *plan = NULL;
  for (size_t i = 0; i < convolution->plan_count && !plan; i++)
    if (is_same(&convolution->plans[i]->extent, extent)) plan = convolution->plans[i];
  if (!plan) {
    dnnl_engine_t engine = processor_engine();
    if (!engine) return tessera_onednn_failed;
    // oneDNN cuts the work for as many threads as there are while the plan is made.
    int before = set_thread_width(extent->threads);
    dnnl_status_t status = make_plan(&plan, convolution, extent, plain_weights, engine);
    set_thread_width(before);
    if (status != dnnl_success) return refuse(status, &convolution->description, extent);
    keep(convolution, plan);
  }
  plan->borrowed++;
  plan->last_use = ++convolution->uses;
  *result = plan;
  return tessera_onednn_ok;
}

tessera_onednn_status tessera_convolution_borrow(tessera_convolution *convolution,
    const tessera_convolution_extent *extent, tessera_convolution_plan **plan) {
  const tessera_convolution_description *d = &convolution->description;
  if (extent->threads < 1)
    return report(tessera_onednn_unsupported, "a convolution over %d threads", extent->threads);
  // oneDNN makes plans that do nothing for these.
  if (extent->batch < 1 || output_height(d, extent) < 1 || output_width(d, extent) < 1)
    return refuse(dnnl_invalid_arguments, d, extent);
  pthread_mutex_lock(&convolution->lock);
  tessera_onednn_status status = borrow_locked(convolution, extent, NULL, plan);
  pthread_mutex_unlock(&convolution->lock);
  return status;
}

void tessera_convolution_return(
    tessera_convolution *convolution, tessera_convolution_plan *plan) {
  pthread_mutex_lock(&convolution->lock);
  plan->borrowed--;
  if (plan->borrowed == 0 && !is_kept(convolution, plan)) destroy_plan(plan);
  pthread_mutex_unlock(&convolution->lock);
}

size_t tessera_convolution_plan_scratch_bytes(const tessera_convolution_plan *plan) {
  return plan->scratch_bytes;
}

const char *tessera_convolution_plan_name(const tessera_convolution_plan *plan) {
  return plan->name;
}

// MARK: - Life

static dnnl_status_t copy_bias(tessera_convolution *convolution, const float *bias,
    dnnl_engine_t engine) {
  dnnl_dims_t dims = {convolution->description.out_channels};
  layout plain = {0};
  dnnl_status_t status = layout_make(&plain, 1, dims, dnnl_a);
  if (status == dnnl_success)
    status = dnnl_memory_create(
        &convolution->bias, layout_of(&plain), engine, DNNL_MEMORY_ALLOCATE);
  void *place = NULL;
  if (status == dnnl_success) status = dnnl_memory_get_data_handle(convolution->bias, &place);
  if (status == dnnl_success) memcpy(place, bias, (size_t)dims[0] * sizeof(float));
  layout_release(&plain);
  return status;
}

tessera_onednn_status tessera_convolution_create(
    const tessera_convolution_description *description, const float *weights, const float *bias,
    const tessera_convolution_extent *expected, tessera_convolution **result) {
  if (!is_sound(description))
    return report(tessera_onednn_unsupported,
        "a convolution of %lld to %lld channels in %lld groups is not possible",
        (long long)description->in_channels, (long long)description->out_channels,
        (long long)description->groups);
  dnnl_engine_t engine = processor_engine();
  if (!engine) return tessera_onednn_failed;
  tessera_convolution *convolution = calloc(1, sizeof *convolution);
  if (!convolution) return report(tessera_onednn_out_of_memory, "out of memory");
  convolution->description = *description;
  pthread_mutex_init(&convolution->lock, NULL);

  layout plain = {0};
  dnnl_memory_t plain_weights = NULL;
  dnnl_status_t status = bias ? copy_bias(convolution, bias, engine) : dnnl_success;
  if (status == dnnl_success) status = weights_layout(&plain, description, 1);
  if (status == dnnl_success)
    status = dnnl_memory_create(&plain_weights, layout_of(&plain), engine, (void *)weights);
  tessera_onednn_status outcome = translate(status, "taking a convolution's weights");
  if (outcome == tessera_onednn_ok) {
    tessera_convolution_plan *plan = NULL;
    outcome = borrow_locked(convolution, expected, plain_weights, &plan);
    if (outcome == tessera_onednn_ok) plan->borrowed = 0;
  }
  if (plain_weights) dnnl_memory_destroy(plain_weights);
  layout_release(&plain);
  if (outcome == tessera_onednn_ok) {
    *result = convolution;
  } else {
    tessera_convolution_destroy(convolution);
  }
  return outcome;
}

void tessera_convolution_destroy(tessera_convolution *convolution) {
  if (!convolution) return;
  for (size_t i = 0; i < convolution->plan_count; i++) destroy_plan(convolution->plans[i]);
  for (size_t i = 0; i < convolution->packing_count; i++)
    dnnl_memory_destroy(convolution->packings[i]);
  free(convolution->packings);
  if (convolution->bias) dnnl_memory_destroy(convolution->bias);
  pthread_mutex_destroy(&convolution->lock);
  free(convolution);
}

size_t tessera_convolution_packing_count(tessera_convolution *convolution) {
  pthread_mutex_lock(&convolution->lock);
  size_t count = convolution->packing_count;
  pthread_mutex_unlock(&convolution->lock);
  return count;
}

// MARK: - Execution

typedef struct {
  dnnl_exec_arg_t list[arguments_at_most];
  int count;
  dnnl_memory_t owned[arguments_at_most];
  int owned_count;
} argument_list;

static void add(argument_list *arguments, int name, dnnl_memory_t memory) {
  arguments->list[arguments->count++] = (dnnl_exec_arg_t){name, memory};
}

static dnnl_status_t add_pointer(argument_list *arguments, int name, layout_view view,
    dnnl_engine_t engine, const void *pointer) {
  dnnl_memory_t memory = NULL;
  dnnl_status_t status = dnnl_memory_create(&memory, view, engine, (void *)pointer);
  if (status != dnnl_success) return status;
  arguments->owned[arguments->owned_count++] = memory;
  add(arguments, name, memory);
  return dnnl_success;
}

static dnnl_status_t run(const tessera_convolution_plan *plan, argument_list *arguments,
    dnnl_engine_t engine) {
  // A stream of our own: streams are not promised to be shareable among threads, and cost little.
  dnnl_stream_t stream = NULL;
  dnnl_status_t status = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags);
  if (status != dnnl_success) return status;
  int before = set_thread_width(plan->extent.threads);
  status = dnnl_primitive_execute(plan->primitive, stream, arguments->count, arguments->list);
  if (status == dnnl_success) status = dnnl_stream_wait(stream);
  set_thread_width(before);
  dnnl_stream_destroy(stream);
  return status;
}

tessera_onednn_status tessera_convolution_execute(const tessera_convolution_plan *plan,
    const float *source, const float *residual, float *destination, void *scratch) {
  if ((plan->residual_argument != 0) != (residual != NULL))
    return report(tessera_onednn_unsupported, "a residual is %s",
        residual ? "given to a convolution that adds none" : "missing");
  dnnl_engine_t engine = processor_engine();
  const_dnnl_primitive_desc_t description = NULL;
  dnnl_status_t status = dnnl_primitive_get_primitive_desc(plan->primitive, &description);
  if (status != dnnl_success) return translate(status, "starting a convolution");

  layout_view output = dnnl_primitive_desc_query_md(description, dnnl_query_dst_md, 0);
  argument_list arguments = {.count = 0};
  add(&arguments, DNNL_ARG_WEIGHTS, plan->weights);
  if (plan->bias) add(&arguments, DNNL_ARG_BIAS, plan->bias);
  status = add_pointer(&arguments, DNNL_ARG_SRC,
      dnnl_primitive_desc_query_md(description, dnnl_query_src_md, 0), engine, source);
  if (status == dnnl_success)
    status = add_pointer(&arguments, DNNL_ARG_DST, output, engine, destination);
  if (status == dnnl_success && residual)
    status = add_pointer(&arguments, plan->residual_argument, output, engine, residual);
  if (status == dnnl_success && plan->scratch_bytes)
    status = add_pointer(&arguments, DNNL_ARG_SCRATCHPAD,
        dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0), engine, scratch);
  if (status == dnnl_success) status = run(plan, &arguments, engine);
  for (int i = 0; i < arguments.owned_count; i++) dnnl_memory_destroy(arguments.owned[i]);
  return translate(status, "running a convolution");
}
