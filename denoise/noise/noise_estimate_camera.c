/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "noise/noise_estimate_camera.h"

#include "noise/texture.h"

#include <math.h>

/* Lag-1 correlation from which noise may have been spread by a camera, and at which it has. */
static const double SPREAD_FROM = 0.45, SPREAD_TO = 0.6;

/* Deviation of such noise in the whole picture relative to that in its flattest parts: cameras
 * reduce noise the most where there is no detail. Above the limit, 0..1, it is texture. */
static const double UNEVEN = 2, MAX_SPREAD = 6.0 / 255;

/* Lag-2 correlation from which texture has a part in what the flattest parts show, and at which
 * they are no proof of more noise elsewhere. */
static const double REACH_FROM = 0.33, REACH_TO = 0.42;

/* Kurtosis and anisotropy above which it may be texture, and at which it is. */
static const double KURTOSIS_FROM = 4, KURTOSIS_TO = 4.6;
static const double ANISOTROPY_FROM = 0.2, ANISOTROPY_TO = 0.28;

/* Correlation of the noise of a camera's colours: its processing and chroma of half size leave
 * more noise in the brightness than in the colours. In ten photographs (PolyU, ISO 3200 and
 * 6400) it is 0.43 to 0.85; less than that does less harm where it is not so. */
static const double COMMON = 0.4;

/* Replaces what the flattest parts show by the noise of the whole picture. */
static void weigh(ZsdNoiseModel *model) {
  const double variance = model->sigma * model->sigma;
  const double texture = zsd_texture_part(model);
  const double even = (1 - zsd_ramp(model->kurtosis, KURTOSIS_FROM, KURTOSIS_TO)) *
                      (1 - zsd_ramp(model->anisotropy, ANISOTROPY_FROM, ANISOTROPY_TO));
  const double uneven = 1 + (UNEVEN - 1) * (1 - zsd_ramp(model->lag2, REACH_FROM, REACH_TO));
  const double spread = even * zsd_ramp(model->lag1, SPREAD_FROM, SPREAD_TO) *
                        fmin(uneven * model->sigma, MAX_SPREAD);
  const double factor =
      variance > 0 ? fmax(variance * (1 - texture), spread * spread) / variance : 0;
  model->common = COMMON * zsd_ramp(model->lag1, SPREAD_FROM, SPREAD_TO);
  model->sigma *= sqrt(factor);
  model->base *= factor;
  model->slope *= factor;
}

int zsd_noise_estimate_camera(ZsdNoiseModel models[ZSD_MAX_COMPONENTS], const ZsdFrame *frame,
                              const ZsdRegions *regions, const ZsdKernels *kernels,
                              int threads) {
  ZsdNoiseEstimator *estimator = zsd_noise_estimator_new();
  ZsdNoiseSource sources[ZSD_MAX_COMPONENTS];
  if (!estimator)
    return -1;
  for (int i = 0; i < frame->components; i++) {
    const ZsdFrameComponent *c = &frame->component[i];
    sources[i] = (ZsdNoiseSource){
        c->y, c->y, c->width, c->height, 1, zsd_regions_map(regions, i), false};
  }
  const unsigned found =
      zsd_noise_estimate(estimator, models, sources, frame->components, kernels, threads);
  for (int i = 0; i < frame->components; i++)
    if (found >> i & 1)
      weigh(&models[i]);
  zsd_noise_estimator_free(estimator);
  return 0;
}
