/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "noise/texture.h"

#include <math.h>

/* Lag-1 correlation above which a part of the variance may be texture, and at which that part
 * is MOST. */
static const double FROM = 0.2, TO = 0.55, MOST = 0.9;

/* Limits between texture, or noise that is not worth the risk, and noise: the deviation, the
 * lag-1 correlation, kurtosis and anisotropy, and the lag-2 correlation relative to the square
 * of that at lag 1. */
typedef struct {
  double texture, noise;
} Limits;
static const Limits DEVIATION = {2.5 / 255, 4.0 / 255}, CORRELATION = {0.4, 0.52};
static const Limits KURTOSIS = {3.8, 3.4}, ANISOTROPY = {0.14, 0.1}, REACH = {0.95, 0.7};

/* Anisotropy from which a weaker correlation, too, may be texture, and at which it is; and the
 * deviations between which it no longer is: the flattest parts of a picture have no such
 * texture. */
static const Limits DIRECTED = {.texture = 0.15, .noise = 0.11};
static const Limits STRONG = {.texture = 10.0 / 255, .noise = 14.0 / 255};

static double position(double x, Limits limits) {
  return zsd_ramp(x, limits.texture, limits.noise);
}

/* Likeness of a correlated variance to noise, 0..1. */
static double likeness(const ZsdNoiseModel *model) {
  const double reach = model->lag1 > 0 ? model->lag2 / (model->lag1 * model->lag1) : 1;
  return position(model->sigma, DEVIATION) * position(model->lag1, CORRELATION) *
         position(model->kurtosis, KURTOSIS) * position(model->anisotropy, ANISOTROPY) *
         position(reach, REACH);
}

double zsd_texture_part(const ZsdNoiseModel *model) {
  const double correlated = zsd_ramp(model->lag1, FROM, TO) * (1 - likeness(model));
  const double directed = zsd_ramp(model->anisotropy, DIRECTED.noise, DIRECTED.texture) *
                          zsd_ramp(model->lag1, FROM / 2, FROM) *
                          (1 - position(model->sigma, STRONG));
  return MOST * fmax(correlated, directed);
}

void zsd_texture_discount(ZsdNoiseModel *model) {
  const double correlated = zsd_ramp(model->lag1, FROM, TO);
  const double noise = likeness(model), keep = correlated + (1 - correlated) * noise;
  zsd_noise_scale(model, sqrt(1 - zsd_texture_part(model)));
  model->lag1 *= keep;
  model->lag2 *= keep;
}
