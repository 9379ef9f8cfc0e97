/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The init functions, each of which enters the kernels of one source, compiled for one
 * instruction set, into the table. */
#ifndef ZSD_INIT_H
#define ZSD_INIT_H

#include "kernels.h"

void zsd_conv_init_c(ZsdKernels *k);
void zsd_pass_init_c(ZsdKernels *k);
void zsd_pass_init_amx(ZsdKernels *k);
void zsd_pass_int16_init_sse41(ZsdKernels *k);
void zsd_pass_int16_init_avx2(ZsdKernels *k);
void zsd_pass_int16_init_avxvnni(ZsdKernels *k);
void zsd_pass_int16_init_avx512(ZsdKernels *k);
void zsd_pass_int16_init_avx512vnni(ZsdKernels *k);
void zsd_pass_fp16_init_neonfp16(ZsdKernels *k);
void zsd_pass_int8_init_neoni8mm(ZsdKernels *k);

/* Kernels written in vectors. */
#define ZSD_VECTOR_KERNELS(isa)                                                                \
  void zsd_conv_init_##isa(ZsdKernels *k);                                                     \
  void zsd_sad_init_##isa(ZsdKernels *k);                                                      \
  void zsd_pass_init_##isa(ZsdKernels *k);
ZSD_VECTOR_KERNELS(sse41)
ZSD_VECTOR_KERNELS(avx2)
ZSD_VECTOR_KERNELS(avx512)
ZSD_VECTOR_KERNELS(neon)

/* Loops that the compiler vectorises: one source for all instruction sets and plain C. */
#define ZSD_LOOP_KERNELS(isa)                                                                  \
  void zsd_brightness_sums_init_##isa(ZsdKernels *k);                                          \
  void zsd_displacement_init_##isa(ZsdKernels *k);                                             \
  void zsd_input_features_init_##isa(ZsdKernels *k);                                           \
  void zsd_kalman_init_##isa(ZsdKernels *k);                                                   \
  void zsd_matrix_init_##isa(ZsdKernels *k);                                                   \
  void zsd_noise_stats_init_##isa(ZsdKernels *k);                                              \
  void zsd_patch_ssd_init_##isa(ZsdKernels *k);                                                \
  void zsd_predict_init_##isa(ZsdKernels *k);                                                  \
  void zsd_pyramid_init_##isa(ZsdKernels *k);                                                  \
  void zsd_samples_init_##isa(ZsdKernels *k);                                                  \
  void zsd_wiener_init_##isa(ZsdKernels *k);
ZSD_LOOP_KERNELS(c)
ZSD_LOOP_KERNELS(sse41)
ZSD_LOOP_KERNELS(avx2)
ZSD_LOOP_KERNELS(avx512)
ZSD_LOOP_KERNELS(neon)

#endif
