/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The instruction set that a kernel source is compiled for, as the suffix of its init function:
 * ZSD_ISA_NAME(zsd_conv_init) is zsd_conv_init_avx2, for example. */
#ifndef ZSD_ISA_H
#define ZSD_ISA_H

#include "init.h"

#if defined(ZSD_PLAIN_C)
#define ISA c
#elif defined(__AVX512VNNI__)
#define ISA avx512vnni
#elif defined(__AVX512F__)
#define ISA avx512
#elif defined(__AVXVNNI__)
#define ISA avxvnni
#elif defined(__AVX2__)
#define ISA avx2
#elif defined(__SSE4_1__)
#define ISA sse41
#elif defined(__ARM_FEATURE_MATMUL_INT8)
#define ISA neoni8mm
#elif defined(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC)
#define ISA neonfp16
#elif defined(__ARM_NEON)
#define ISA neon
#else
#error "no vector instruction set"
#endif

#define ZSD_JOIN_(name, isa) name##_##isa
#define ZSD_JOIN(name, isa) ZSD_JOIN_(name, isa)
#define ZSD_ISA_NAME(name) ZSD_JOIN(name, ISA)

#define INLINE static inline __attribute__((always_inline))

#endif
