/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "synthetic_clip.h"

#include <math.h>
#include <stdlib.h>

/* --- random parameters --- */

static double uniform(ZsdRandom *random, double low, double high) {
  return low + (high - low) * zsd_random_uniform(random);
}

static bool chance(ZsdRandom *random, double probability) {
  return zsd_random_uniform(random) < probability;
}

static Point random_velocity(ZsdRandom *random, double deviation) {
  const double x = deviation * zsd_random_normal(random);
  return (Point){x, deviation * zsd_random_normal(random)};
}

static Point whole(Point p) {
  return (Point){rint(p.x), rint(p.y)};
}

/* A position with a whole frame around it, where the picture is large enough. */
static Point random_place(ZsdRandom *random, const Picture *picture, double width,
                          double height) {
  const double x = uniform(random, width / 2, fmax(picture->width - width / 2, width / 2));
  return (Point){x,
                 uniform(random, height / 2, fmax(picture->height - height / 2, height / 2))};
}

/* Still, a slow pan, a fast pan, or a pan with rotation and zoom, a quarter each. Half of those
 * without rotation move by whole samples, so that nothing is interpolated. */
static Scene random_scene(const Pictures *pictures, ZsdRandom *random) {
  enum { STILL, SLOW, FAST, ROTATING, KINDS };
  static const double speeds[KINDS] = {0, 1, 6, 2};
  const int kind = (int)zsd_random_below(random, KINDS);
  Scene s = {.picture = (int)zsd_random_below(random, pictures->n), .zoom = 1};
  s.place = random_place(random, &pictures->picture[s.picture], CLIP_WIDTH, CLIP_HEIGHT);
  s.velocity = random_velocity(random, speeds[kind]);
  if (kind == ROTATING) {
    s.rotation = 0.01 * zsd_random_normal(random);
    s.zoom = 1 + 0.01 * zsd_random_normal(random);
  }
  if (kind != ROTATING && chance(random, 0.5)) {
    s.place = whole(s.place);
    s.velocity = whole(s.velocity);
  } else {
    s.angle = uniform(random, -0.1, 0.1);
  }
  return s;
}

static Disc random_disc(const Pictures *pictures, ZsdRandom *random) {
  Disc d = {.picture = (int)zsd_random_below(random, pictures->n)};
  d.radius = uniform(random, 20, 60);
  d.centre = (Point){uniform(random, 0, CLIP_WIDTH), uniform(random, 0, CLIP_HEIGHT)};
  d.place = random_place(random, &pictures->picture[d.picture], 150, 150);
  d.velocity = random_velocity(random, 4);
  if (chance(random, 0.5)) {
    d.place = whole(d.place);
    d.centre = whole(d.centre);
    d.velocity = whole(d.velocity);
  }
  return d;
}

/* 40 % white noise, 20 % shot noise, 30 % spatially correlated noise, 10 % correlated shot
 * noise. One clip in ten is nearly clean: the network must leave clean pictures unchanged. */
static ClipNoise random_noise(bool rgb, ZsdRandom *random) {
  ClipNoise g = {.sigma = exp(uniform(random, log(2.5), log(50))), .chroma = 1};
  const double kind = zsd_random_uniform(random);
  if (kind >= 0.6) {
    g.blur = uniform(random, 0.2, 1);
    g.sigma = fmin(g.sigma, 35);
  }
  if (rgb && g.blur > 0) {
    g.correlation = uniform(random, 0, 0.8);
    g.chroma = uniform(random, 1, 1.7);
  }
  if (!rgb && chance(random, 0.3))
    g.chroma = uniform(random, 0.3, 1);
  if ((kind >= 0.4 && kind < 0.6) || kind >= 0.9) {
    g.shot = uniform(random, 0.7, 1);
    if (!rgb)
      g.chroma = uniform(random, 0, 1);
  }
  if (chance(random, 0.1))
    g.sigma = uniform(random, 0.5, 2.5);
  return g;
}

/* Channels 3: 4:4:4 or RGB; 4: gray; 6: 4:2:0; 8: 4:2:2. */
static ZsdImage shape_of(int channels, ZsdRandom *random) {
  const bool full = channels == 3;
  ZsdImage image = {.width = CLIP_WIDTH,
                    .height = CLIP_HEIGHT,
                    .components = channels == 4 ? 1 : 3,
                    .rgb = full && chance(random, 0.5),
                    .depth = 8};
  for (int i = 0; i < image.components; i++) {
    const bool half_width = i > 0 && !full, half_height = half_width && channels != 8;
    image.component[i] = (ZsdComponent){.step = 1,
                                        .width = CLIP_WIDTH >> half_width,
                                        .height = CLIP_HEIGHT >> half_height,
                                        .half_width = half_width,
                                        .half_height = half_height};
  }
  return image;
}

void clip_random(Clip *clip, const Pictures *pictures, int channels, ZsdRandom *random) {
  *clip = (Clip){.image = shape_of(channels, random),
                 .scene = random_scene(pictures, random),
                 .disc = {.picture = -1},
                 .gain = 1,
                 .flipped = chance(random, 0.5)};
  if (chance(random, 0.4))
    clip->disc = random_disc(pictures, random);
  if (chance(random, 0.15))
    clip->gain = 1 + 0.01 * zsd_random_normal(random);
  clip->noise = random_noise(clip->image.rgb, random);
}

/* --- frames --- */

static size_t samples(const ZsdComponent *component) {
  return (size_t)component->width * component->height;
}

const float *clip_component(const Clip *clip, const float *frame, int component) {
  for (int i = 0; i < component; i++)
    frame += samples(&clip->image.component[i]);
  return frame;
}

/* The scene at `x` samples right of the frame's centre and `y` below it. */
static void sample_scene(const Clip *clip, const Pictures *pictures, int t, double x, double y,
                         float rgb[3]) {
  const Scene *s = &clip->scene;
  const double angle = s->angle + s->rotation * t, zoom = pow(s->zoom, t);
  const double across = zoom * cos(angle), down = zoom * sin(angle);
  picture_sample(pictures, s->picture, s->place.x + s->velocity.x * t + across * x - down * y,
                 s->place.y + s->velocity.y * t + down * x + across * y, rgb);
}

/* Blends the disc, if there is one, over sample (x, y); its edge is antialiased. */
static void blend_disc(const Clip *clip, const Pictures *pictures, int t, double x, double y,
                       float rgb[3]) {
  const Disc *d = &clip->disc;
  const double dx = x - d->centre.x - d->velocity.x * t;
  const double dy = y - d->centre.y - d->velocity.y * t;
  const float cover =
      d->picture < 0 ? 0 : (float)fmax(0, fmin(1, d->radius - sqrt(dx * dx + dy * dy)));
  if (cover == 0)
    return;
  float disc[3];
  picture_sample(pictures, d->picture, d->place.x + dx, d->place.y + dy, disc);
  for (int c = 0; c < 3; c++)
    rgb[c] += cover * (disc[c] - rgb[c]);
}

/* RGB to limited-range YUV by ITU-R BT.601, in place, 0..255. */
static void convert(float v[3]) {
  const float y = 0.299f * v[0] + 0.587f * v[1] + 0.114f * v[2];
  const float u = 0.564f * (v[2] - y), w = 0.713f * (v[0] - y);
  v[0] = 16 + y * (219 / 255.0f);
  v[1] = 128 + u * (224 / 255.0f);
  v[2] = 128 + w * (224 / 255.0f);
}

/* Renders three planes of full size: R, G, B or Y, U, V. */
static void render_full(const Clip *clip, const Pictures *pictures, int t, float *full) {
  const int n = CLIP_WIDTH * CLIP_HEIGHT;
  const float gain = (float)pow(clip->gain, t);
  for (int i = 0; i < n; i++) {
    const int x = i % CLIP_WIDTH, y = i / CLIP_WIDTH;
    const int to = clip->flipped ? i - x + CLIP_WIDTH - 1 - x : i;
    float v[3];
    sample_scene(clip, pictures, t, x - CLIP_WIDTH / 2, y - CLIP_HEIGHT / 2, v);
    blend_disc(clip, pictures, t, x, y, v);
    for (int c = 0; c < 3; c++)
      v[c] = fminf(255, gain * v[c]);
    if (!clip->image.rgb)
      convert(v);
    for (int c = 0; c < 3; c++)
      full[c * n + to] = v[c];
  }
}

/* A component from its plane of full size, by averaging where it is subsampled. */
static void subsample(const ZsdComponent *component, const float *full, float *out) {
  const int right = component->half_width, below = component->half_height;
  for (int y = 0; y < component->height; y++)
    for (int x = 0; x < component->width; x++) {
      const float *upper = full + (y << below) * CLIP_WIDTH + (x << right);
      const float *lower = upper + below * CLIP_WIDTH;
      *out++ = (upper[0] + upper[right] + lower[0] + lower[right]) / 4;
    }
}

int clip_render(const Clip *clip, const Pictures *pictures, int t, float *frame) {
  const int n = CLIP_WIDTH * CLIP_HEIGHT;
  float *full = malloc(3 * n * sizeof(float));
  if (!full)
    return -1;
  render_full(clip, pictures, t, full);
  for (int i = 0; i < clip->image.components; i++) {
    subsample(&clip->image.component[i], full + i * n, frame);
    frame += samples(&clip->image.component[i]);
  }
  free(full);
  return 0;
}

/* --- noise --- */

/* Fills a plane with normal noise of deviation 1, filtered by [blur 1 blur] across and down.
 * `wide` is scratch memory for (width + 2) x (height + 2) samples. */
static void fill_noise(float *plane, float *wide, int width, int height, double blur,
                       ZsdRandom *random) {
  const int row = width + 2;
  const float r = (float)blur, scale = (float)(1 / (1 + 2 * blur * blur));
  for (int i = 0; i < row * (height + 2); i++)
    wide[i] = (float)zsd_random_normal(random);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const float *a = wide + y * row + x, *b = a + row, *c = b + row;
      plane[y * width + x] = scale * (b[1] + r * (a[1] + b[0] + b[2] + c[1]) +
                                      r * r * (a[0] + a[2] + c[0] + c[2]));
    }
}

/* The noise's standard deviation at a clean sample, on the scale of 0..255. */
static double deviation(const Clip *clip, int component, float value) {
  const ClipNoise *g = &clip->noise;
  if (component > 0 && !clip->image.rgb)
    return g->sigma * g->chroma;
  const double brightness = fmax(0, clip->image.rgb ? value / 255 : (value - 16) / 219);
  const double part = clip->image.rgb && component != 1 ? g->chroma : 1;
  return part * g->sigma * sqrt(1 - g->shot + g->shot * 2 * brightness);
}

/* Mixes the components' common noise into that of one of them; both have deviation 1.
 * `part`: its share of the variance, which is the correlation between two such components. */
static void add_common(float *noise, const float *common, size_t n, double part) {
  const float own = (float)sqrt(1 - part), other = (float)sqrt(part);
  for (size_t i = 0; i < n; i++)
    noise[i] = own * noise[i] + other * common[i];
}

int clip_add_noise(const Clip *clip, const float *clean, int count, ZsdRandom *random,
                   float *noisy) {
  const ClipNoise *g = &clip->noise;
  const size_t most = (size_t)CLIP_WIDTH * CLIP_HEIGHT;
  const double share = 1 / sqrt(count);
  float *common = malloc((most + (CLIP_WIDTH + 2) * (CLIP_HEIGHT + 2)) * sizeof(float));
  float *wide = common + most;
  if (!common)
    return -1;
  if (g->correlation > 0)
    fill_noise(common, wide, CLIP_WIDTH, CLIP_HEIGHT, g->blur, random);
  for (int k = 0; k < clip->image.components; k++) {
    const ZsdComponent *c = &clip->image.component[k];
    fill_noise(noisy, wide, c->width, c->height, g->blur, random);
    if (g->correlation > 0)
      add_common(noisy, common, samples(c), g->correlation);
    for (size_t i = 0; i < samples(c); i++, clean++, noisy++)
      *noisy = *clean + *noisy * (float)(share * deviation(clip, k, *clean));
  }
  free(common);
  return 0;
}
