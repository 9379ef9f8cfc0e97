/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums over a block from which its displacement by a fraction of a sample is estimated. Those
 * of 256 products of differences of bytes are below 2^24 in size. */
#include "isa.h"

enum { SIDE = 16 };

#if defined(__AVX2__) && !defined(ZSD_PLAIN_C)
#include <immintrin.h>

INLINE __m256i row_of(const uint8_t *p) {
  return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)p));
}

INLINE __m256i add_products(__m256i sums, __m256i a, __m256i b) {
  return _mm256_add_epi32(sums, _mm256_madd_epi16(a, b));
}

INLINE int32_t total(__m256i sums) {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  s = _mm_add_epi32(s, _mm_unpackhi_epi64(s, s));
  return _mm_cvtsi128_si32(s) + _mm_extract_epi32(s, 1);
}

static void displacement16(ZsdDisplacementSums *sums, const uint8_t *now, ptrdiff_t now_row,
                           const uint8_t *before, ptrdiff_t before_row) {
  __m256i xx = _mm256_setzero_si256(), xy = xx, yy = xx, xd = xx, yd = xx;
  __m256i above = row_of(before - before_row), row = row_of(before);
  for (int j = 0; j < SIDE; j++, before += before_row, now += now_row) {
    const __m256i below = row_of(before + before_row);
    const __m256i x = _mm256_sub_epi16(row_of(before + 1), row_of(before - 1));
    const __m256i y = _mm256_sub_epi16(below, above);
    const __m256i d = _mm256_sub_epi16(row_of(now), row);
    xx = add_products(xx, x, x);
    xy = add_products(xy, x, y);
    yy = add_products(yy, y, y);
    xd = add_products(xd, x, d);
    yd = add_products(yd, y, d);
    above = row;
    row = below;
  }
  *sums = (ZsdDisplacementSums){total(xx), total(xy), total(yy), total(xd), total(yd)};
}
#else
/* Sums of the columns, so that the compiler vectorises the loop. */
static void displacement16(ZsdDisplacementSums *sums, const uint8_t *now, ptrdiff_t now_row,
                           const uint8_t *before, ptrdiff_t before_row) {
  int32_t xx[SIDE] = {0}, xy[SIDE] = {0}, yy[SIDE] = {0}, xd[SIDE] = {0}, yd[SIDE] = {0};
  for (int j = 0; j < SIDE; j++) {
    const uint8_t *a = now + j * now_row, *b = before + j * before_row;
    for (int i = 0; i < SIDE; i++) {
      const int32_t x = b[i + 1] - b[i - 1], y = b[i + before_row] - b[i - before_row];
      const int32_t d = a[i] - b[i];
      xx[i] += x * x;
      xy[i] += x * y;
      yy[i] += y * y;
      xd[i] += x * d;
      yd[i] += y * d;
    }
  }
  *sums = (ZsdDisplacementSums){0};
  for (int i = 0; i < SIDE; i++) {
    sums->xx += xx[i];
    sums->xy += xy[i];
    sums->yy += yy[i];
    sums->xd += xd[i];
    sums->yd += yd[i];
  }
}
#endif

void ZSD_ISA_NAME(zsd_displacement_init)(ZsdKernels *k) {
  k->displacement16 = displacement16;
}
