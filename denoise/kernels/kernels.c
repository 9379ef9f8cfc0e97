/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of kernels, and the packing of weights for them. */
#include "kernels.h"

#include "base/cpu.h"
#include "init.h"

#include <pthread.h>
#include <string.h>

/* One table for each instruction set, filled once: C first, each better set over it. */
static struct {
  unsigned flags;
  ZsdKernels table;
} tables[] = {
#if defined(__x86_64__)
    {ZSD_CPU_AVX2 | ZSD_CPU_AVX512 | ZSD_CPU_AMX, {0}},
    {ZSD_CPU_AVX2 | ZSD_CPU_AVX512, {0}},
    {ZSD_CPU_AVX2, {0}},
#elif defined(__aarch64__)
    {ZSD_CPU_NEON, {0}},
#endif
    {0, {0}},
};
enum { N_TABLES = sizeof tables / sizeof *tables };

#define INIT_ROWS(set, table)                                                                  \
  (zsd_samples_init_##set(table), zsd_predict_init_##set(table), zsd_kalman_init_##set(table),   \
   zsd_input_features_init_##set(table), zsd_noise_stats_init_##set(table), zsd_pyramid_init_##set(table),         \
   zsd_brightness_sums_init_##set(table), zsd_patch_ssd_init_##set(table), zsd_matrix_init_##set(table))

static void init_tables(void) {
  for (int i = 0; i < N_TABLES; i++) {
    zsd_conv_init_c(&tables[i].table);
    zsd_pass_init_c(&tables[i].table);
    INIT_ROWS(c, &tables[i].table);
#if defined(__x86_64__)
    if (tables[i].flags & ZSD_CPU_AVX2) {
      zsd_conv_init_avx2(&tables[i].table);
      zsd_sad_init_avx2(&tables[i].table);
      zsd_pass_init_avx2(&tables[i].table);
      INIT_ROWS(avx2, &tables[i].table);
    }
    if (tables[i].flags & ZSD_CPU_AVX512) {
      zsd_conv_init_avx512(&tables[i].table);
      zsd_sad_init_avx512(&tables[i].table);
      zsd_pass_init_avx512(&tables[i].table);
      INIT_ROWS(avx512, &tables[i].table);
    }
    if (tables[i].flags & ZSD_CPU_AMX)
      zsd_pass_init_amx(&tables[i].table);
#elif defined(__aarch64__)
    if (tables[i].flags & ZSD_CPU_NEON) {
      zsd_conv_init_neon(&tables[i].table);
      zsd_sad_init_neon(&tables[i].table);
      zsd_pass_init_neon(&tables[i].table);
      INIT_ROWS(neon, &tables[i].table);
    }
#endif
    tables[i].table.flags = tables[i].flags;
  }
}

const ZsdKernels *zsd_kernels(unsigned flags) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, init_tables);
  for (int i = 0; i < N_TABLES; i++)
    if ((flags & tables[i].flags) == tables[i].flags)
      return &tables[i].table;
  return NULL; /* never: the last entry needs nothing */
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
