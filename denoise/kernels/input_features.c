/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network's input features from a frame, and its output back to samples. */
#include "isa.h"

#include <math.h>

/* Standard deviation of the noise in a fused sample z of relative variance k. */
INLINE float deviation(const ZsdNoiseVariance *v, float k, float z) {
  return sqrtf(k * zsd_noise_variance_at(v, z));
}

/* `step`, and whether k is NULL, are constants at each call. */
INLINE void channel_features(const ZsdInputFeatures *s, const float *restrict y,
                             const float *restrict z, const float *restrict k, int step, int n,
                             float *restrict picture, float *restrict difference,
                             float *restrict sum) {
  const float scale = s->scale, weight = s->weight;
  const ZsdNoiseVariance noise = s->noise;
  for (int i = 0; i < n; i++) {
    const float fused = z[step * i];
    picture[i] = scale * (fused - 0.5f);
    difference[i] = scale * (y[step * i] - fused);
    sum[i] += weight * deviation(&noise, k ? k[step * i] : 1, fused);
  }
}

/* Software prefetch: tiles are so narrow that the hardware prefetcher does not recognise the
 * sequence of their rows. */
static void prefetch_next(const ZsdInputFeatures *s, int samples) {
  enum { LINE = 64 / sizeof(float) }; /* floats of a cache line */
  for (ptrdiff_t i = s->prefetch; i < s->prefetch + samples; i += LINE) {
    __builtin_prefetch(s->y + i);
    __builtin_prefetch(s->z + i);
    __builtin_prefetch((s->k ? s->k : s->z) + i);
  }
}

static void input_features(const ZsdInputFeatures *s, int n) {
  if (s->prefetch)
    prefetch_next(s, n * s->step);
  if (s->step == 2 && s->k)
    channel_features(s, s->y, s->z, s->k, 2, n, s->picture, s->difference, s->deviation);
  else if (s->step == 2)
    channel_features(s, s->y, s->z, NULL, 2, n, s->picture, s->difference, s->deviation);
  else if (s->k)
    channel_features(s, s->y, s->z, s->k, 1, n, s->picture, s->difference, s->deviation);
  else
    channel_features(s, s->y, s->z, NULL, 1, n, s->picture, s->difference, s->deviation);
}

static void denormalise(float *restrict z, float *restrict noise, const float *restrict d,
                        const float *restrict deviation, ptrdiff_t n, float unit,
                        const ZsdNoiseLimits *limits) {
  const float most = limits->most, fused = limits->most_fused, rest = most - fused;
  for (ptrdiff_t i = 0; i < n; i++) {
    const float left = deviation[i] * (fused + rest * deviation[i] * deviation[i]);
    const float above = noise[i] > -left ? noise[i] : -left;
    const float found = d[i] + (above < left ? above : left);
    const float low = found > -most ? found : -most;
    z[i] = 0.5f + unit * (z[i] + d[i]);
    noise[i] = unit * (low < most ? low : most);
  }
}

void ZSD_ISA_NAME(zsd_input_features_init)(ZsdKernels *k) {
  k->input_features = input_features;
  k->denormalise = denormalise;
}
