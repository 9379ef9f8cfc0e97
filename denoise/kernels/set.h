/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The instruction set that a source of kernels is compiled for, which ends the names of the
 * functions that enter them into the table. */
#ifndef ZSD_SET_H
#define ZSD_SET_H

#include "tables.h"

#if defined(ZSD_PLAIN_C)
#define SET c
#elif defined(__AVX512F__)
#define SET avx512
#elif defined(__AVX2__)
#define SET avx2
#elif defined(__ARM_NEON)
#define SET neon
#else
#error "no vector instruction set"
#endif

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)

#define INLINE static inline __attribute__((always_inline))

#endif
