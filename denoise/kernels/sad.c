/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sum of absolute differences, the distance measure of motion search. */
#include "vector.h"

#if defined(__ARM_NEON)
#include <arm_neon.h>

/* Each lane adds up 32 differences, at most 8160: 16 bits suffice. */
static unsigned sad16(const uint8_t *a, ptrdiff_t a_row, const uint8_t *b, ptrdiff_t b_row) {
  uint16x8_t low = vdupq_n_u16(0), high = vdupq_n_u16(0);
  UNROLL
  for (int y = 0; y < 16; y++) {
    const uint8x16_t x = vld1q_u8(a + y * a_row), z = vld1q_u8(b + y * b_row);
    low = vabal_u8(low, vget_low_u8(x), vget_low_u8(z));
    high = vabal_high_u8(high, x, z);
  }
  return vaddlvq_u16(vaddq_u16(low, high));
}
#elif defined(__AVX2__)
#include <immintrin.h>

/* Rows y and y + 1 in one register. A register of 512 bits would have to be assembled from four
 * rows, which costs more than the wider instruction saves. */
INLINE __m256i two_rows(const uint8_t *p, ptrdiff_t row, int y) {
  const __m128i first = _mm_loadu_si128((const __m128i *)(const void *)(p + y * row));
  const __m128i second = _mm_loadu_si128((const __m128i *)(const void *)(p + (y + 1) * row));
  return _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
}

static unsigned sad16(const uint8_t *a, ptrdiff_t a_row, const uint8_t *b, ptrdiff_t b_row) {
  __m256i sums = _mm256_setzero_si256();
  UNROLL
  for (int y = 0; y < 16; y += 2)
    sums =
        _mm256_add_epi64(sums, _mm256_sad_epu8(two_rows(a, a_row, y), two_rows(b, b_row, y)));
  const __m128i half =
      _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  return (unsigned)(_mm_cvtsi128_si32(half) + _mm_extract_epi32(half, 2));
}
#else
#include <immintrin.h>

INLINE __m128i row_of(const uint8_t *p) {
  return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static unsigned sad16(const uint8_t *a, ptrdiff_t a_row, const uint8_t *b, ptrdiff_t b_row) {
  __m128i sums = _mm_setzero_si128();
  UNROLL
  for (int y = 0; y < 16; y++)
    sums = _mm_add_epi64(sums, _mm_sad_epu8(row_of(a + y * a_row), row_of(b + y * b_row)));
  return (unsigned)(_mm_cvtsi128_si32(sums) + _mm_extract_epi32(sums, 2));
}
#endif

void ZSD_ISA_NAME(zsd_sad_init)(ZsdKernels *k) {
  k->sad16 = sad16;
}
