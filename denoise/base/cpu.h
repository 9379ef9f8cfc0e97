/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ZSD_CPU_H
#define ZSD_CPU_H

/* Instruction sets with kernels, as flags. 0: plain C. */
enum {
  ZSD_CPU_AVX2 = 1 << 0,       /* AVX2 and FMA */
  ZSD_CPU_AVX512 = 1 << 1,     /* AVX-512 F, BW, DQ and VL */
  ZSD_CPU_NEON = 1 << 2,       /* Advanced SIMD, on every arm64 */
  ZSD_CPU_AMX = 1 << 3,        /* AMX-TILE, AMX-BF16 and AVX-512 BF16 */
  ZSD_CPU_AVXVNNI = 1 << 4,    /* AVX-VNNI: dot products of 256 bits */
  ZSD_CPU_AVX512VNNI = 1 << 5, /* AVX-512 VNNI */
  ZSD_CPU_SSE41 = 1 << 6,      /* SSE4.1; all its kernels are replaced by those of AVX2 */
  ZSD_CPU_NEONFP16 = 1 << 7,   /* arithmetic in half precision (ARMv8.2-FP16) */
  ZSD_CPU_NEONI8MM = 1 << 8,   /* matrix products of 8-bit integers (ARMv8.6-I8MM) */
};

/* Instruction sets of this machine (processor and operating system). Requests the operating
 * system's permission for AMX. */
unsigned zsd_cpu_detect(void);

/* Instruction sets to use: those of the machine, up to the one that the environment variable
 * ZSDENOISE_CPU names ("c", "avx2", ...), if any. "avx512" includes VNNI where the machine has
 * it, "avx512f" does not. Returns 0 and sets `flags`; or -1, with a sentence in `error`, where
 * the name is unknown or the machine lacks the set. */
int zsd_cpu_choose(unsigned *flags, char *error, unsigned error_size);

/* Name of the best set in `flags`: "c", "sse4.1", "avx2", "avxvnni", "avx512f", "avx512",
 * "amx", "neon", "neonfp16" or "neoni8mm". */
const char *zsd_cpu_name(unsigned flags);

#endif
