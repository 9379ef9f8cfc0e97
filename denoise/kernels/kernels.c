/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of kernels for each instruction set, and the packing of weights. */
#include "kernels.h"

#include "base/cpu.h"
#include "init.h"

#include <pthread.h>
#include <string.h>

/* Filled once, the better instruction sets first: plain C, then what each set overrides. */
static struct {
  unsigned flags;
  ZsdKernels table;
} tables[] = {
#if defined(__x86_64__)
    {ZSD_CPU_AVX2 | ZSD_CPU_AVX512 | ZSD_CPU_AVX512VNNI | ZSD_CPU_AMX, {0}},
    {ZSD_CPU_AVX2 | ZSD_CPU_AVX512 | ZSD_CPU_AVX512VNNI, {0}},
    {ZSD_CPU_AVX2 | ZSD_CPU_AVX512, {0}},
    {ZSD_CPU_AVX2 | ZSD_CPU_AVXVNNI, {0}},
    {ZSD_CPU_AVX2, {0}},
    {ZSD_CPU_SSE41, {0}},
#elif defined(__aarch64__)
    {ZSD_CPU_NEON | ZSD_CPU_NEONFP16 | ZSD_CPU_NEONI8MM, {0}},
    {ZSD_CPU_NEON | ZSD_CPU_NEONFP16, {0}},
    {ZSD_CPU_NEON, {0}},
#endif
    {0, {0}},
};
enum { N_TABLES = sizeof tables / sizeof *tables };

#define INIT_VECTOR_KERNELS(isa, k)                                                            \
  (zsd_conv_init_##isa(k), zsd_sad_init_##isa(k), zsd_pass_init_##isa(k))

#define INIT_LOOP_KERNELS(isa, k)                                                              \
  (zsd_brightness_sums_init_##isa(k), zsd_displacement_init_##isa(k),                          \
   zsd_input_features_init_##isa(k), zsd_kalman_init_##isa(k), zsd_matrix_init_##isa(k),       \
   zsd_noise_stats_init_##isa(k), zsd_patch_ssd_init_##isa(k), zsd_predict_init_##isa(k),      \
   zsd_pyramid_init_##isa(k), zsd_samples_init_##isa(k), zsd_wiener_init_##isa(k))

static void init_table(ZsdKernels *k, unsigned flags) {
  zsd_conv_init_c(k);
  zsd_pass_init_c(k);
  INIT_LOOP_KERNELS(c, k);
#if defined(__x86_64__)
  if (flags & ZSD_CPU_SSE41) {
    INIT_VECTOR_KERNELS(sse41, k);
    INIT_LOOP_KERNELS(sse41, k);
    zsd_pass_int16_init_sse41(k);
  }
  if (flags & ZSD_CPU_AVX2) {
    INIT_VECTOR_KERNELS(avx2, k);
    INIT_LOOP_KERNELS(avx2, k);
    zsd_pass_int16_init_avx2(k);
  }
  if (flags & ZSD_CPU_AVXVNNI)
    zsd_pass_int16_init_avxvnni(k);
  if (flags & ZSD_CPU_AVX512) {
    INIT_VECTOR_KERNELS(avx512, k);
    INIT_LOOP_KERNELS(avx512, k);
    zsd_pass_int16_init_avx512(k);
  }
  if (flags & ZSD_CPU_AVX512VNNI)
    zsd_pass_int16_init_avx512vnni(k);
  if (flags & ZSD_CPU_AMX)
    zsd_pass_init_amx(k);
#elif defined(__aarch64__)
  if (flags & ZSD_CPU_NEON) {
    INIT_VECTOR_KERNELS(neon, k);
    INIT_LOOP_KERNELS(neon, k);
  }
  if (flags & ZSD_CPU_NEONFP16)
    zsd_pass_fp16_init_neonfp16(k);
  if (flags & ZSD_CPU_NEONI8MM)
    zsd_pass_int8_init_neoni8mm(k);
#endif
  k->flags = flags;
}

static void init_tables(void) {
  for (int i = 0; i < N_TABLES; i++)
    init_table(&tables[i].table, tables[i].flags);
}

const ZsdKernels *zsd_kernels(unsigned flags) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, init_tables);
  for (int i = 0; i < N_TABLES; i++)
    if ((flags & tables[i].flags) == tables[i].flags)
      return &tables[i].table;
  return NULL; /* unreachable: the last table needs no flag */
}

const char *zsd_precision_name(ZsdPrecision precision) {
  static const char *const names[ZSD_PRECISIONS] = {[ZSD_FP32] = "fp32",
                                                    [ZSD_BF16] = "bf16",
                                                    [ZSD_INT16] = "int16",
                                                    [ZSD_FP16] = "fp16",
                                                    [ZSD_INT8] = "int8"};
  return names[precision];
}

int zsd_group_size(const ZsdKernels *k, int n_out) {
  int groups = (n_out + k->channel_group - 1) / k->channel_group;
  return (n_out + groups - 1) / groups;
}

size_t zsd_packed_size(const ZsdKernels *k, int n_in, int n_out, int taps) {
  int size = zsd_group_size(k, n_out), groups = (n_out + size - 1) / size;
  return (size_t)groups * n_in * taps * size;
}

void zsd_pack_weights(const ZsdKernels *k, float *packed, const float *weights, int n_in,
                      int n_out, int taps) {
  const int size = zsd_group_size(k, n_out);
  for (int first = 0; first < n_out; first += size)
    for (int it = 0; it < n_in * taps; it++)
      for (int o = first; o < first + size; o++)
        *packed++ = o < n_out ? weights[(ptrdiff_t)o * n_in * taps + it] : 0;
}

void zsd_pack_transposed(const ZsdKernels *k, float *packed, const float *weights, int n_in,
                         int n_out, int taps) {
  const int size = zsd_group_size(k, n_in);
  for (int first = 0; first < n_in; first += size)
    for (int o = 0; o < n_out; o++)
      for (int t = taps - 1; t >= 0; t--)
        for (int i = first; i < first + size; i++)
          *packed++ = i < n_in ? weights[((ptrdiff_t)o * n_in + i) * taps + t] : 0;
}
