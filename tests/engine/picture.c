/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture.h"

#include "base/random.h"
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const Format formats[N_FORMATS] = {
    {"I420", 3, 6, false, 8, 0, {{0, 0, 1, 0, 0}, {1, 0, 1, 1, 1}, {2, 0, 1, 1, 1}}},
    {"NV12", 3, 6, false, 8, 0, {{0, 0, 1, 0, 0}, {1, 0, 2, 1, 1}, {1, 1, 2, 1, 1}}},
    {"Y42B", 3, 8, false, 8, 0, {{0, 0, 1, 0, 0}, {1, 0, 1, 1, 0}, {2, 0, 1, 1, 0}}},
    {"YUY2", 3, 8, false, 8, 0, {{0, 0, 2, 0, 0}, {0, 1, 4, 1, 0}, {0, 3, 4, 1, 0}}},
    {"Y444", 3, 12, false, 8, 0, {{0, 0, 1, 0, 0}, {1, 0, 1, 0, 0}, {2, 0, 1, 0, 0}}},
    {"GRAY8", 1, 4, false, 8, 0, {{0, 0, 1, 0, 0}}},
    {"RGB", 3, 12, true, 8, 0, {{0, 0, 3, 0, 0}, {0, 1, 3, 0, 0}, {0, 2, 3, 0, 0}}},
    {"BGRA", 3, 12, true, 8, 0, {{0, 2, 4, 0, 0}, {0, 1, 4, 0, 0}, {0, 0, 4, 0, 0}}},
    {"I420_10", 3, 6, false, 10, 0, {{0, 0, 2, 0, 0}, {1, 0, 2, 1, 1}, {2, 0, 2, 1, 1}}},
    {"P010", 3, 6, false, 10, 6, {{0, 0, 2, 0, 0}, {1, 0, 4, 1, 1}, {1, 2, 4, 1, 1}}},
    {"I422_10", 3, 8, false, 10, 0, {{0, 0, 2, 0, 0}, {1, 0, 2, 1, 0}, {2, 0, 2, 1, 0}}},
    {"Y444_10", 3, 12, false, 10, 0, {{0, 0, 2, 0, 0}, {1, 0, 2, 0, 0}, {2, 0, 2, 0, 0}}},
    {"GRAY16", 1, 4, false, 16, 0, {{0, 0, 2, 0, 0}}},
    {"RGB16", 3, 12, true, 16, 0, {{0, 0, 6, 0, 0}, {0, 2, 6, 0, 0}, {0, 4, 6, 0, 0}}},
};

const Format *format_named(const char *name) {
  for (int i = 0; i < N_FORMATS; i++)
    if (strcmp(formats[i].name, name) == 0)
      return &formats[i];
  ck_abort_msg("no format %s", name);
  return NULL;
}

/* --- memory --- */

enum { AROUND = 16 }; /* bytes before each plane */

/* Rows are a few bytes longer than their samples; gray pictures lie upside down. */
void picture_new(Picture *p, const Format *f, int width, int height) {
  const int bytes = f->depth > 8 ? 2 : 1;
  size_t begin[ZSD_MAX_COMPONENTS] = {0}, stride[ZSD_MAX_COMPONENTS] = {0};
  *p = (Picture){.image = {.width = width,
                           .height = height,
                           .components = f->components,
                           .rgb = f->rgb,
                           .depth = f->depth,
                           .shift = f->shift}};
  p->size = AROUND;
  for (int i = 0; i < f->components; i++) {
    ZsdComponent *c = &p->image.component[i];
    const int plane = f->component[i].plane;
    *c = (ZsdComponent){.step = f->component[i].step,
                        .width = f->component[i].half_width ? (width + 1) / 2 : width,
                        .height = f->component[i].half_height ? (height + 1) / 2 : height,
                        .half_width = f->component[i].half_width,
                        .half_height = f->component[i].half_height};
    if (!stride[plane]) {
      stride[plane] = (size_t)(c->width + 1) * c->step + 4 + bytes;
      begin[plane] = p->size;
      p->size += stride[plane] * c->height + AROUND;
    }
  }
  p->memory = malloc(p->size);
  ck_assert_ptr_nonnull(p->memory);
  memset(p->memory, 0xaa, p->size);
  for (int i = 0; i < f->components; i++) {
    ZsdComponent *c = &p->image.component[i];
    c->data = p->memory + begin[f->component[i].plane] + f->component[i].offset;
    c->stride = (ptrdiff_t)stride[f->component[i].plane];
  }
  ZsdComponent *first = &p->image.component[0];
  if (f->components == 1) {
    first->data += (first->height - 1) * first->stride;
    first->stride = -first->stride;
  }
}

void picture_free(Picture *p) {
  free(p->memory);
  *p = (Picture){0};
}

void picture_copy(Picture *copy, const Picture *p) {
  *copy = *p;
  copy->memory = malloc(p->size);
  ck_assert_ptr_nonnull(copy->memory);
  memcpy(copy->memory, p->memory, p->size);
  for (int i = 0; i < p->image.components; i++)
    copy->image.component[i].data = copy->memory + (p->image.component[i].data - p->memory);
}

unsigned picture_get(const ZsdImage *image, int component, int x, int y) {
  const ZsdComponent *c = &image->component[component];
  const uint8_t *sample = c->data + y * c->stride + (ptrdiff_t)x * c->step;
  uint16_t word = *sample;
  if (image->depth > 8)
    memcpy(&word, sample, sizeof word);
  return word >> image->shift;
}

void picture_set(const ZsdImage *image, int component, int x, int y, unsigned value) {
  const ZsdComponent *c = &image->component[component];
  uint8_t *sample = c->data + y * c->stride + (ptrdiff_t)x * c->step;
  const uint16_t word = (uint16_t)(value << image->shift);
  if (image->depth > 8)
    memcpy(sample, &word, sizeof word);
  else
    *sample = (uint8_t)word;
}

/* --- contents --- */

void picture_random(const ZsdImage *image, uint64_t seed) {
  ZsdRandom random;
  zsd_random_seed(&random, seed);
  for (int i = 0; i < image->components; i++)
    for (int y = 0; y < image->component[i].height; y++)
      for (int x = 0; x < image->component[i].width; x++)
        picture_set(image, i, x, y, zsd_random_below(&random, 1u << image->depth));
}

static unsigned quantised(const ZsdImage *image, double value) {
  return (unsigned)(value * ((1 << image->depth) - 1) + 0.5);
}

void picture_flat(const ZsdImage *image, double value) {
  for (int i = 0; i < image->components; i++)
    for (int y = 0; y < image->component[i].height; y++)
      for (int x = 0; x < image->component[i].width; x++)
        picture_set(image, i, x, y, quantised(image, value));
}

double scene_at(int kind, double x, double y) {
  const double angle = 0.7 * kind, u = x * cos(angle) + y * sin(angle);
  double value = 0.5 + 0.15 * sin(u / (14 + 3 * kind)) +
                 0.1 * cos((x * (kind % 4 - 1) - 2 * y) / (19 + 4 * kind));
  const double cx = 40 + 25 * (kind % 3), cy = 20 + 13 * (kind % 2);
  if (hypot(x - cx, y - cy) < 16)
    value += 0.15;
  if (kind % 2 ? y > 44 + 0.2 * x : x > 70)
    value -= 0.2;
  return value;
}

void picture_scene(const ZsdImage *image, int kind, int dx) {
  for (int i = 0; i < image->components; i++) {
    const ZsdComponent *c = &image->component[i];
    for (int y = 0; y < c->height; y++)
      for (int x = 0; x < c->width; x++) {
        const double value =
            scene_at(kind, (c->half_width ? 2 * x : x) + dx, c->half_height ? 2 * y : y);
        picture_set(image, i, x, y, quantised(image, i == 0 ? value : 0.7 - 0.4 * value));
      }
  }
}

void picture_noise(ZsdImage *image, ZsdNoiseKind kind, double sigma, uint64_t seed) {
  ZsdNoise *noise = zsd_noise_new(seed);
  ck_assert_ptr_nonnull(noise);
  ck_assert_int_eq(zsd_noise_add(noise, image, kind, sigma / 255), 0);
  zsd_noise_free(noise);
}

double picture_psnr(const ZsdImage *a, const ZsdImage *b, int component) {
  const ZsdComponent *c = &a->component[component];
  const double peak = (1 << a->depth) - 1;
  double sum = 0;
  for (int y = 0; y < c->height; y++)
    for (int x = 0; x < c->width; x++)
      sum += pow((double)picture_get(a, component, x, y) - picture_get(b, component, x, y), 2);
  return 10 * log10(peak * peak * c->width * c->height / sum);
}

void tensor_scene(ZsdTensor *t, int channels, int height, int width, int kind, double sigma,
                  uint64_t seed) {
  ZsdRandom random;
  zsd_random_seed(&random, seed);
  ck_assert_int_eq(zsd_tensor_resize(t, channels, height, width), 0);
  for (int c = 0; c < channels; c++)
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++) {
        const double value = scene_at(kind, x + c, y) + sigma * zsd_random_normal(&random);
        zsd_tensor_row(t, c, y)[x] = (float)fmin(fmax(value, 0), 1);
      }
}
