/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frames.h"

#include "suite.h"

#include <math.h>

ZsdDenoiser *new_denoiser(void) {
  char error[200];
  ZsdDenoiser *d = zsd_denoiser_new(error, sizeof error);
  ck_assert_msg(d != NULL, "%s", error);
  return d;
}

ZsdSettings quick_settings(void) {
  ZsdSettings s = zsd_settings_default();
  s.epochs = 250;
  s.learning_rate = 5e-3;
  s.step_size = 190;
  s.hidden_channels = 24;
  return s;
}

ZsdStatus status_of(const ZsdDenoiser *d) {
  ZsdStatus status;
  zsd_denoiser_status(d, &status);
  return status;
}

void process(ZsdDenoiser *d, Picture *p, const ZsdSettings *s) {
  ck_assert_int_eq(zsd_denoiser_process(d, &p->image, 0, s), ZSD_OK);
}

void new_scene(Picture *p, const char *format, int kind, double sigma, uint64_t seed) {
  picture_new(p, format_named(format), WIDTH, HEIGHT);
  picture_scene(&p->image, kind, 0);
  if (sigma > 0)
    picture_noise(&p->image, ZSD_NOISE_GAUSSIAN, sigma, seed);
}

double gain_of_frame(ZsdDenoiser *d, const char *format, int kind, uint64_t seed,
                     const ZsdSettings *s) {
  Picture clean, noisy, p;
  double gain = INFINITY;
  new_scene(&clean, format, kind, 0, 0);
  new_scene(&noisy, format, kind, 25, seed);
  picture_copy(&p, &noisy);
  process(d, &p, s);
  for (int c = 0; c < p.image.components; c++)
    gain = fmin(gain, picture_psnr(&p.image, &clean.image, c) -
                          picture_psnr(&noisy.image, &clean.image, c));
  picture_free(&clean);
  picture_free(&noisy);
  picture_free(&p);
  return gain;
}

void process_fields(ZsdDenoiser *d, const Picture *p, const ZsdSettings *s) {
  for (int field = 0; field < 2; field++) {
    ZsdImage f = zsd_image_field(&p->image, field);
    ck_assert_int_eq(zsd_denoiser_process(d, &f, field, s), ZSD_OK);
  }
}
