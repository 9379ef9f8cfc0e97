/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "onednn.h"

#ifdef HAVE_ONEDNN

#include <dnnl.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE, WEIGHTS, BIAS, TARGET, MEMORIES };

struct OneDnnLayer {
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  dnnl_primitive_desc_t description;
  dnnl_primitive_t primitive;
  dnnl_memory_t memory[MEMORIES];
};

static dnnl_status_t describe(OneDnnLayer *l, int n, int width, int height,
                              dnnl_data_type_t type, dnnl_alg_kind_t way,
                              const_dnnl_primitive_attr_t attributes) {
  const dnnl_dims_t picture = {1, n, height, width}, taps = {n, n, 3, 3}, biases = {n};
  const dnnl_dims_t ones = {1, 1};
  dnnl_memory_desc_t in, weights, bias, out;
  dnnl_convolution_desc_t convolution;

  dnnl_memory_desc_init_by_tag(&in, 4, picture, type, dnnl_format_tag_any);
  dnnl_memory_desc_init_by_tag(&weights, 4, taps, type, dnnl_format_tag_any);
  dnnl_memory_desc_init_by_tag(&bias, 1, biases, dnnl_f32, dnnl_a);
  dnnl_memory_desc_init_by_tag(&out, 4, picture, type, dnnl_format_tag_any);
  const dnnl_status_t status = dnnl_convolution_forward_desc_init(
      &convolution, dnnl_forward_inference, way, &in, &weights, &bias, &out, ones, ones, ones);
  if (status != dnnl_success)
    return status;
  return dnnl_primitive_desc_create(&l->description, &convolution, attributes, l->engine, NULL);
}

/* With LeakyReLU, or without where oneDNN does not have it with that way: so much the faster.
 */
static dnnl_status_t choose(OneDnnLayer *l, int n, int width, int height, dnnl_data_type_t type,
                            dnnl_alg_kind_t way) {
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_post_ops_t after = NULL;

  dnnl_post_ops_create(&after);
  dnnl_post_ops_append_eltwise(after, 1, dnnl_eltwise_relu, 0.2f, 0);
  dnnl_primitive_attr_create(&attributes);
  dnnl_primitive_attr_set_post_ops(attributes, after);
  dnnl_status_t status = describe(l, n, width, height, type, way, attributes);
  if (status != dnnl_success)
    status = describe(l, n, width, height, type, way, NULL);
  dnnl_primitive_attr_destroy(attributes);
  dnnl_post_ops_destroy(after);
  return status;
}

/* Small numbers that are not denormal, whatever their type. */
static void fill(dnnl_memory_t memory, const dnnl_memory_desc_t *description) {
  void *data = NULL;
  dnnl_memory_get_data_handle(memory, &data);
  const size_t n = dnnl_memory_desc_get_size(description) / sizeof(uint16_t);
  for (size_t i = 0; i < n; i++)
    ((uint16_t *)data)[i] = (uint16_t)(i % 2 * 0x8000 + 0x3c00 + i % 97);
}

static dnnl_status_t allocate(OneDnnLayer *l) {
  static const dnnl_query_t queries[MEMORIES] = {dnnl_query_src_md, dnnl_query_weights_md,
                                                 dnnl_query_weights_md, dnnl_query_dst_md};
  for (int i = 0; i < MEMORIES; i++) {
    const dnnl_memory_desc_t *description =
        dnnl_primitive_desc_query_md(l->description, queries[i], i == BIAS);
    const dnnl_status_t status =
        dnnl_memory_create(&l->memory[i], description, l->engine, DNNL_MEMORY_ALLOCATE);
    if (status != dnnl_success)
      return status;
    fill(l->memory[i], description);
  }
  return dnnl_success;
}

OneDnnLayer *onednn_layer_new(int n, int width, int height, bool bf16, bool winograd) {
  OneDnnLayer *l = calloc(1, sizeof *l);
  if (!l)
    return NULL;
  if (dnnl_engine_create(&l->engine, dnnl_cpu, 0) == dnnl_success &&
      dnnl_stream_create(&l->stream, l->engine, dnnl_stream_default_flags) == dnnl_success &&
      choose(l, n, width, height, bf16 ? dnnl_bf16 : dnnl_f32,
             winograd ? dnnl_convolution_winograd : dnnl_convolution_direct) == dnnl_success &&
      dnnl_primitive_create(&l->primitive, l->description) == dnnl_success &&
      allocate(l) == dnnl_success)
    return l;
  onednn_layer_free(l);
  return NULL;
}

void onednn_layer_free(OneDnnLayer *l) {
  if (!l)
    return;
  for (int i = 0; i < MEMORIES; i++)
    dnnl_memory_destroy(l->memory[i]);
  dnnl_primitive_destroy(l->primitive);
  dnnl_primitive_desc_destroy(l->description);
  dnnl_stream_destroy(l->stream);
  dnnl_engine_destroy(l->engine);
  free(l);
}

const char *onednn_layer_name(const OneDnnLayer *l) {
  const char *name = "";
  dnnl_primitive_desc_query(l->description, dnnl_query_impl_info_str, 0, &name);
  return name;
}

void onednn_layer_run(void *layer) {
  OneDnnLayer *l = layer;
  const dnnl_exec_arg_t args[MEMORIES] = {{DNNL_ARG_SRC, l->memory[SOURCE]},
                                          {DNNL_ARG_WEIGHTS, l->memory[WEIGHTS]},
                                          {DNNL_ARG_BIAS, l->memory[BIAS]},
                                          {DNNL_ARG_DST, l->memory[TARGET]}};
  dnnl_primitive_execute(l->primitive, l->stream, MEMORIES, args);
  dnnl_stream_wait(l->stream);
}

#else

#include <stddef.h>

OneDnnLayer *onednn_layer_new(int n, int width, int height, bool bf16, bool winograd) {
  (void)n, (void)width, (void)height, (void)bf16, (void)winograd;
  return NULL;
}

void onednn_layer_free(OneDnnLayer *layer) {
  (void)layer;
}

const char *onednn_layer_name(const OneDnnLayer *layer) {
  (void)layer;
  return "";
}

void onednn_layer_run(void *layer) {
  (void)layer;
}

#endif
