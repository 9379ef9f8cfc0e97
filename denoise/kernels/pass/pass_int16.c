/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forward pass with the 3x3 layers in 16-bit integers and sums of 32 bits, see pairs.h. The
 * weights are left about 11 bits. */
#include "kernels/pass/winograd.h"

#include <immintrin.h>
#include <math.h>

#define WEIGHT_UNIT 1

typedef int16_t Pairs __attribute__((vector_size(WIDTH * sizeof(int32_t))));
typedef int32_t Ints __attribute__((vector_size(WIDTH * sizeof(int32_t))));
typedef Ints Sums;
typedef uint32_t Bits __attribute__((vector_size(WIDTH * sizeof(uint32_t))));

#if defined(__AVX512F__)
typedef __m512 FloatRegister;
typedef __m512i IntRegister;
#define INTRINSIC(name) _mm512_##name
#elif defined(__AVX2__)
typedef __m256 FloatRegister;
typedef __m256i IntRegister;
#define INTRINSIC(name) _mm256_##name
#else
typedef __m128 FloatRegister;
typedef __m128i IntRegister;
#define INTRINSIC(name) _mm_##name
#endif

/* Rounds to the nearest integers; NaN and what is too large become INT32_MIN. */
INLINE Ints rounded(Vector x) {
  return (Ints)INTRINSIC(cvtps_epi32)((FloatRegister)x);
}

/* Two vectors as pairs of integers. */
INLINE Ints pairs_of(Vector even, Vector odd) {
  return (Ints)(((Bits)rounded(even) & 0xffff) | (Bits)rounded(odd) << 16);
}

static uint16_t element_of(float weight) {
  return (uint16_t)(int16_t)lrintf(weight);
}

INLINE Vector to_floats(Ints x) {
  return (Vector)INTRINSIC(cvtepi32_ps)((IntRegister)x);
}

INLINE Ints splat_pair(const float *p) {
  int32_t pair;
  memcpy(&pair, p, sizeof pair);
  return (Ints)INTRINSIC(set1_epi32)(pair);
}

/* sums + the sum of the products of each lane's two pairs. */
INLINE Sums add_products(Sums sums, Ints x, Ints weights) {
  const IntRegister w = (IntRegister)weights;
#if defined(__AVX512VNNI__)
  return (Ints)_mm512_dpwssd_epi32((IntRegister)sums, (IntRegister)x, w);
#elif defined(__AVXVNNI__)
  return (Ints)_mm256_dpwssd_avx_epi32((IntRegister)sums, (IntRegister)x, w);
#else
  return sums + (Ints)INTRINSIC(madd_epi16)((IntRegister)x, w);
#endif
}

/* The vectors at p as operands: in memory where there are 16 registers, of which the sums, the
 * weight and its product leave too few, and otherwise in registers. */
INLINE const float *operand(const float *p) {
#if !defined(__AVX512F__) && !defined(__AVXVNNI__)
  __asm__("" : "+r"(p));
#endif
  return p;
}

#include "kernels/pass/pairs.h"

void ZSD_ISA_NAME(zsd_pass_int16_init)(ZsdKernels *k) {
  k->pass[ZSD_INT16] =
      (ZsdPassKernel){weights_size, scratch_size, pack, run, TILE_WIDTH, TILE_HEIGHT};
  k->fastest_pass = ZSD_INT16;
}
