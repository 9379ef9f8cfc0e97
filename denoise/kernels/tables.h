/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How each instruction set enters its functions into the table, source by source. */
#ifndef ZSD_TABLES_H
#define ZSD_TABLES_H

#include "kernels.h"

void zsd_kernels_fill_c(ZsdKernels *k);
void zsd_pass_fill_c(ZsdKernels *k);
void zsd_pass_fill_amx(ZsdKernels *k);
void zsd_conv_fill_avx2(ZsdKernels *k);
void zsd_conv_fill_avx512(ZsdKernels *k);
void zsd_conv_fill_neon(ZsdKernels *k);
void zsd_sad_fill_avx2(ZsdKernels *k);
void zsd_sad_fill_avx512(ZsdKernels *k);
void zsd_sad_fill_neon(ZsdKernels *k);
void zsd_winograd_fill_avx2(ZsdKernels *k);
void zsd_winograd_fill_avx512(ZsdKernels *k);
void zsd_winograd_fill_neon(ZsdKernels *k);

/* Loops over rows that the compiler makes vectors of: one source for all sets, plain C among
 * them. */
#define ZSD_ROWS(set)                                                                          \
  void zsd_samples_fill_##set(ZsdKernels *k);                                                  \
  void zsd_predict_fill_##set(ZsdKernels *k);                                                  \
  void zsd_fuse_fill_##set(ZsdKernels *k);                                                     \
  void zsd_see_fill_##set(ZsdKernels *k);
ZSD_ROWS(c)
ZSD_ROWS(avx2)
ZSD_ROWS(avx512)
ZSD_ROWS(neon)

/* Plain loops that the compiler makes vectors of: one source for all sets, plain C among them.
 */
#define ZSD_MEASURES(set)                                                                      \
  void zsd_block_fill_##set(ZsdKernels *k);                                                    \
  void zsd_gray_fill_##set(ZsdKernels *k);                                                     \
  void zsd_patches_fill_##set(ZsdKernels *k);                                                  \
  void zsd_light_fill_##set(ZsdKernels *k);
ZSD_MEASURES(c)
ZSD_MEASURES(avx2)
ZSD_MEASURES(avx512)
ZSD_MEASURES(neon)

#endif
