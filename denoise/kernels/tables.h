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

#endif
