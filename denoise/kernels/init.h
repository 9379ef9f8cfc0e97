/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How each instruction set enters its functions into the table, source by source. */
#ifndef ZSD_INIT_H
#define ZSD_INIT_H

#include "kernels.h"

void zsd_conv_init_c(ZsdKernels *k);
void zsd_pass_init_c(ZsdKernels *k);
void zsd_pass_init_amx(ZsdKernels *k);
void zsd_conv_init_avx2(ZsdKernels *k);
void zsd_conv_init_avx512(ZsdKernels *k);
void zsd_conv_init_neon(ZsdKernels *k);
void zsd_sad_init_avx2(ZsdKernels *k);
void zsd_sad_init_avx512(ZsdKernels *k);
void zsd_sad_init_neon(ZsdKernels *k);
void zsd_pass_init_avx2(ZsdKernels *k);
void zsd_pass_init_avx512(ZsdKernels *k);
void zsd_pass_init_neon(ZsdKernels *k);

/* Loops over rows that the compiler makes vectors of: one source for all sets, plain C among
 * them. */
#define ZSD_ROWS(set)                                                                          \
  void zsd_samples_init_##set(ZsdKernels *k);                                                  \
  void zsd_predict_init_##set(ZsdKernels *k);                                                  \
  void zsd_kalman_init_##set(ZsdKernels *k);                                                     \
  void zsd_input_features_init_##set(ZsdKernels *k);
ZSD_ROWS(c)
ZSD_ROWS(avx2)
ZSD_ROWS(avx512)
ZSD_ROWS(neon)

/* Plain loops that the compiler makes vectors of: one source for all sets, plain C among them.
 */
#define ZSD_MEASURES(set)                                                                      \
  void zsd_noise_stats_init_##set(ZsdKernels *k);                                                    \
  void zsd_pyramid_init_##set(ZsdKernels *k);                                                     \
  void zsd_patch_ssd_init_##set(ZsdKernels *k);                                                  \
  void zsd_matrix_init_##set(ZsdKernels *k); \
  void zsd_brightness_sums_init_##set(ZsdKernels *k);
ZSD_MEASURES(c)
ZSD_MEASURES(avx2)
ZSD_MEASURES(avx512)
ZSD_MEASURES(neon)

#endif
