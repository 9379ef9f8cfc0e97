/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forward pass with the 3x3 layers in half precision (IEEE 754 binary16), see pairs.h. Sums
 * are of half precision, too, but only of half of the channels each. */
#include "kernels/pass/winograd.h"

#include <arm_neon.h>

/* Keeps sums below half of the largest number, 65504. */
#define WEIGHT_UNIT 65536

typedef _Float16 Pairs __attribute__((vector_size(WIDTH * sizeof(int32_t))));
typedef int32_t Ints __attribute__((vector_size(WIDTH * sizeof(int32_t))));
typedef Pairs Sums;
typedef uint32_t Bits __attribute__((vector_size(WIDTH * sizeof(uint32_t))));

INLINE Bits bits_of(Vector x) {
  return (Bits)vmovl_u16(vreinterpret_u16_f16(vcvt_f16_f32((float32x4_t)x)));
}

/* Two vectors as pairs of halves. */
INLINE Ints pairs_of(Vector even, Vector odd) {
  return (Ints)(bits_of(even) | bits_of(odd) << 16);
}

static uint16_t element_of(float weight) {
  const _Float16 half = (_Float16)weight;
  uint16_t bits;
  memcpy(&bits, &half, sizeof bits);
  return bits;
}

INLINE Vector floats_of(uint16x4_t halves) {
  return (Vector)vcvt_f32_f16(vreinterpret_f16_u16(halves));
}

INLINE Vector to_floats(Ints x) {
  return floats_of(vmovn_u32((uint32x4_t)x)) + floats_of(vshrn_n_u32((uint32x4_t)x, 16));
}

INLINE Ints splat_pair(const float *p) {
  return (Ints)vld1q_dup_f32(p);
}

/* Adds the products of each lane's pair, each to a sum of its own. */
INLINE Sums add_products(Sums sums, Ints x, Ints weights) {
  return sums + (Pairs)x * (Pairs)weights;
}

INLINE const float *operand(const float *p) {
  return p;
}

#include "kernels/pass/pairs.h"

void ZSD_ISA_NAME(zsd_pass_fp16_init)(ZsdKernels *k) {
  k->pass[ZSD_FP16] =
      (ZsdPassKernel){weights_size, scratch_size, pack, run, TILE_WIDTH, TILE_HEIGHT};
  k->fastest_pass = ZSD_FP16;
}
