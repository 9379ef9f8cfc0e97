/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames of any format, size and place in memory, one after the other. Each component lies in a
 * block of memory of its own that ends with its last sample, so that the address sanitizer sees
 * each step beyond it. */
#include "bytes.h"
#include "zsdenoise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_SHAPES = 3, MAX_FRAMES = 4, MAX_SIDE = 40 };

/* An input is given up after so many samples, that a million of them end within an hour; of a
 * picture by itself each one takes as long as a hundred. */
enum { MOST_SAMPLES = 1200, MAX_STILL = 256 };

/* --- frames --- */

typedef struct {
  uint8_t *memory, *before; /* contents now, and before denoising */
  size_t size;
} Block;

typedef struct {
  ZsdImage image;
  Block block[ZSD_MAX_COMPONENTS];
} Frame;

static int sample_size(const ZsdImage *image) {
  return image->depth > 8 ? 2 : 1;
}

static void take_place(Bytes *b, Frame *f, int component) {
  ZsdComponent *c = &f->image.component[component];
  Block *block = &f->block[component];
  const int bytes = sample_size(&f->image);
  c->step = bytes * take_from(b, 1, 4);
  const size_t row = (size_t)(c->width - 1) * c->step + bytes;
  const int place = take_from(b, 0, 255);
  c->stride = (ptrdiff_t)(row + place / 4 % 16);
  block->size = row + (size_t)(c->height - 1) * c->stride;
  block->memory = malloc(block->size);
  block->before = malloc(block->size);
  if (!block->memory || !block->before)
    abort();
  c->data = block->memory;
  if (place % 2) {
    c->data += (c->height - 1) * c->stride;
    c->stride = -c->stride;
  }
}

/* Sizes are small, or now and then such that there is more than one tile. */
static int take_side(Bytes *b) {
  const int side = take_from(b, 1, 255);
  return side > 250 ? side - 120 : 1 + side % MAX_SIDE;
}

static void take_shape(Bytes *b, Frame *f) {
  ZsdImage *image = &f->image;
  const int kind = take_from(b, 0, 255);
  const bool half_width = kind & 4, half_height = half_width && kind & 8;
  *image = (ZsdImage){.width = take_side(b), .height = take_side(b), .depth = 8};
  image->components = kind & 1 ? 3 : 1;
  image->rgb = kind & 1 && kind & 2;
  if (kind & 16) {
    image->depth = take_from(b, 9, 16);
    image->shift = kind & 32 ? 16 - image->depth : 0;
  }
  for (int i = 0; i < image->components; i++) {
    ZsdComponent *c = &image->component[i];
    c->half_width = i > 0 && !image->rgb && half_width;
    c->half_height = i > 0 && !image->rgb && half_height;
    c->width = c->half_width ? (image->width + 1) / 2 : image->width;
    c->height = c->half_height ? (image->height + 1) / 2 : image->height;
    take_place(b, f, i);
  }
}

static void free_frame(Frame *f) {
  for (int i = 0; i < ZSD_MAX_COMPONENTS; i++) {
    free(f->block[i].memory);
    free(f->block[i].before);
  }
}

/* --- contents --- */

/* Waves with noise, noise, one value, or whatever bytes there are. */
static void take_contents(Bytes *b, Frame *f) {
  const int kind = take_from(b, 0, 3), amplitude = take_from(b, 0, 255);
  uint32_t random = (uint32_t)take_from(b, 1, 256) * 2654435761u;
  for (int i = 0; i < f->image.components; i++) {
    const Block *block = &f->block[i];
    for (size_t n = 0; n < block->size; n++) {
      random = random * 1664525 + 1013904223;
      const int noise = (int)(random >> 24);
      block->memory[n] = (uint8_t)(kind == 0   ? 64 + n % 64 + noise * amplitude / 512
                                   : kind == 1 ? noise
                                   : kind == 2 ? amplitude
                                               : (int)take(b));
    }
    memcpy(block->before, block->memory, block->size);
  }
}

/* Bytes between the samples must be unchanged. */
static void check_frame(const Frame *f) {
  for (int i = 0; i < f->image.components; i++) {
    const ZsdComponent *c = &f->image.component[i];
    const Block *block = &f->block[i];
    for (int y = 0; y < c->height; y++)
      for (int x = 0; x < c->width; x++) {
        uint8_t *sample = c->data + y * c->stride + (ptrdiff_t)x * c->step;
        memcpy(block->before + (sample - block->memory), sample, sample_size(&f->image));
      }
    if (memcmp(block->memory, block->before, block->size) != 0)
      abort();
  }
}

/* --- denoising --- */

static ZsdSettings take_settings(Bytes *b, const ZsdImage *image) {
  ZsdSettings s = zsd_settings_default();
  const int flags = take_from(b, 0, 255);
  s.profile = (ZsdProfile)(flags & 3);
  s.temporal = flags & 4;
  s.warm_start = flags & 8;
  s.precision = flags & 16 ? ZSD_PRECISION_BF16 : ZSD_PRECISION_FP32;
  s.scene_threshold = flags & 32 ? 0.1 : 0;
  s.finetune_interval = flags & 64 ? 1 : 0;
  s.still = !s.temporal && flags & 64 && image->width * image->height <= MAX_STILL;
  s.finetune_epochs = 1;
  s.epochs = 1;
  s.threads = 1;
  s.hidden_channels = (unsigned)take_from(b, 1, 4);
  s.strength = take_from(b, 0, 4) / 4.0;
  s.split = take_from(b, 0, 8) / 8.0;
  s.learning_rate = flags & 128 ? 1 : 1e-3;
  return s;
}

static void denoise(ZsdDenoiser *d, ZsdImage *image, int field, const ZsdSettings *s) {
  if (zsd_denoiser_process(d, image, field, s) != ZSD_OK)
    abort();
}

/* Whatever numbers a network may have: with them frames are filtered, while the little that is
 * learned here is hardly ever of use. */
static void take_model(Bytes *b, ZsdDenoiser *d) {
  static const float scales[] = {0, 0.01f, 0.1f, 1, 1e4f, 1e30f, INFINITY, NAN};
  const float scale = scales[take_from(b, 0, 7)];
  uint32_t random = take(b);
  ZsdStatus status;
  ZsdModel model = {0};
  zsd_denoiser_status(d, &status);
  if (status.network.inputs == 0)
    return;
  if (zsd_model_resize(&model, status.network.inputs, status.network.hidden,
                       status.network.outputs) != 0)
    abort();
  for (size_t i = 0; i < model.count; i++) {
    random = random * 1664525 + 1013904223;
    model.params[i] = ((float)random / 2147483648.0f - 1) * scale;
  }
  if (zsd_denoiser_start_from(d, &model) != 0)
    abort();
  zsd_model_clear(&model);
}

static void filter_frame(ZsdDenoiser *d, Frame *f, bool interlaced, const ZsdSettings *s) {
  if (!interlaced)
    denoise(d, &f->image, 0, s);
  for (int field = 0; field < 2 && interlaced; field++) {
    ZsdImage image = zsd_image_field(&f->image, field);
    denoise(d, &image, field, s);
  }
}

static void add_noise(Bytes *b, Frame *f) {
  const int kind = take_from(b, 0, 9);
  if (kind > ZSD_NOISE_CORRELATED)
    return;
  ZsdNoise *noise = zsd_noise_new(take(b));
  if (!noise || zsd_noise_add(noise, &f->image, (ZsdNoiseKind)kind, take(b) / 255.0) != 0)
    abort();
  zsd_noise_free(noise);
}

static int cost(const ZsdImage *image, const ZsdSettings *s) {
  return image->width * image->height * (s->still ? 100 : 1);
}

/* A shape, which may serve for more than one frame, and the frames. Returns what is left of
 * `samples`. */
static int filter_some(Bytes *b, ZsdDenoiser *d, int samples) {
  Frame f = {0};
  take_shape(b, &f);
  ZsdSettings s = take_settings(b, &f.image);
  const int times = take_from(b, 1, MAX_FRAMES), manner = take_from(b, 0, 7);
  zsd_denoiser_start_from(d, NULL);
  for (int i = 0; i < times && samples > 0; i++) {
    samples -= cost(&f.image, &s);
    take_contents(b, &f);
    add_noise(b, &f);
    filter_frame(d, &f, manner & 1, &s);
    check_frame(&f);
    if (i == 0 && manner & 6)
      take_model(b, d);
  }
  free_frame(&f);
  return samples;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Bytes b = {data, data + size};
  char error[200];
  ZsdDenoiser *d = zsd_denoiser_new(error, sizeof error);
  if (!d)
    abort();
  int samples = MOST_SAMPLES;
  for (int i = 0; i < MAX_SHAPES && samples > 0 && (i == 0 || b.next < b.end); i++)
    samples = filter_some(&b, d, samples);
  zsd_denoiser_free(d);
  return 0;
}
