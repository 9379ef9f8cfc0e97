/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ZSD_CPU_H
#define ZSD_CPU_H

/* Instruction sets that have kernels of their own, as flags. No flag: plain C. */
enum {
  ZSD_CPU_AVX2 = 1 << 0,   /* AVX2 and FMA */
  ZSD_CPU_AVX512 = 1 << 1, /* AVX-512 F, BW, DQ and VL */
  ZSD_CPU_NEON = 1 << 2,   /* Advanced SIMD, on every arm64 */
  ZSD_CPU_AMX = 1 << 3,    /* AMX-TILE, AMX-BF16 and AVX-512 BF16 */
};

/* The sets that this machine (processor and operating system) can run. For AMX it asks the
 * system to let this process use it. */
unsigned zsd_cpu_detect(void);

/* The sets to use: those detected, held back by the environment variable ZSDENOISE_CPU where it
 * names a set ("c", "avx2", ...: that set and the ones below it). Returns 0 and fills `flags`,
 * or -1 and fills `error` with a sentence where the name is unknown or the machine lacks the
 * set. */
int zsd_cpu_choose(unsigned *flags, char *error, unsigned error_size);

/* The name of the best set in `flags`: "c", "avx2", "avx512", "amx" or "neon". */
const char *zsd_cpu_name(unsigned flags);

#endif
