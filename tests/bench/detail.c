/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measures how much detail in motion survives:
 *
 *   bench-detail [OPTION...] CLEAN.y4m...
 *
 *   -n KIND:LEVEL  noise: white, correlated (standard deviation, 0..255) or poisson (photons of
 *                  a white sample); white:25 by default
 *   -p PROFILE     realtime, balanced (default) or best; with ":alone" for temporal=false, with
 *                  ":N" for lookahead=N (best: with patches along the motion if
 *                  N is above 4); "noisy": not denoised; may be repeated
 *   -f FRAMES      of each clip, 12 by default
 *   -t THREADS     1 by default
 *   -o PREFIX      writes PREFIX-CLIP-PROFILE.y4m
 *   -r RESULT.y4m  measures that instead, a result of another program
 *
 * For each clip and profile it prints luma PSNR (mean from frame 3 on, and of the first frame),
 * processor milliseconds a frame, flicker (root mean square of the change of the error from
 * frame to frame), and the share of the squared error in blocks of 8x8 samples that are flat or
 * textured, still or moving. */
#include "zsdenoise.h"

#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_PROFILES = 8, BLOCK = 8, FROM = 3, CLASSES = 4, MOTION_LOOKAHEAD = 4 };

/* Mean absolute gradient of a textured block, and mean absolute difference to the frame before
 * of a moving one, 0..255. */
static const double TEXTURED = 4, MOVING = 2;

typedef struct {
  int width, height, frames;
  size_t size; /* of a frame */
  uint8_t *data;
} Clip;

typedef struct {
  ZsdNoiseKind kind;
  double degree;
  const char *profile[MAX_PROFILES];
  int profiles, frames;
  unsigned threads;
  const char *prefix, *result;
} Options;

static void fail(const char *name, const char *what) {
  fprintf(stderr, "bench-detail: %s%s%s\n", name, *name ? ": " : "", what);
  exit(1);
}

/* --- clips --- */

static ZsdImage image_of(const Clip *clip, uint8_t *data) {
  const int w = clip->width, h = clip->height, cw = (w + 1) / 2, ch = (h + 1) / 2;
  ZsdImage image = {.width = w, .height = h, .components = 3, .depth = 8};
  image.component[0] = (ZsdComponent){data, w, 1, w, h, false, false};
  image.component[1] = (ZsdComponent){data + w * h, cw, 1, cw, ch, true, true};
  image.component[2] = (ZsdComponent){data + w * h + cw * ch, cw, 1, cw, ch, true, true};
  return image;
}

static Clip read_clip(const char *path, int frames) {
  FILE *file = fopen(path, "rb");
  char line[300];
  if (!file || !fgets(line, sizeof line, file))
    fail(path, "cannot be read");
  const char *w = strstr(line, " W"), *h = strstr(line, " H");
  if (strncmp(line, "YUV4MPEG2 ", 10) || !w || !h)
    fail(path, "is no y4m file");
  Clip clip = {.width = atoi(w + 2), .height = atoi(h + 2)};
  const int chroma = (clip.width + 1) / 2 * ((clip.height + 1) / 2);
  clip.size = (size_t)clip.width * clip.height + 2 * (size_t)chroma;
  if (clip.width < 1 || clip.height < 1 || !(clip.data = malloc(frames * clip.size)))
    fail(path, "has no size, or there is no memory");
  while (clip.frames < frames && fgets(line, sizeof line, file) &&
         fread(clip.data + clip.frames * clip.size, clip.size, 1, file) == 1)
    clip.frames++;
  fclose(file);
  if (clip.frames <= FROM)
    fail(path, "is too short");
  return clip;
}

/* --- measures --- */

typedef struct {
  double error[CLASSES], samples[CLASSES]; /* 2 x textured + moving */
  double psnr, first, flicker;
  int counted;
} Measures;

static double mean_gradient(const Clip *c, const uint8_t *p) {
  int sum = 0;
  for (int y = 0; y < BLOCK - 1; y++)
    for (int x = 0; x < BLOCK - 1; x++) {
      const uint8_t *s = p + y * c->width + x;
      sum += abs(s[1] - s[0]) + abs(s[c->width] - s[0]);
    }
  return sum / (2.0 * (BLOCK - 1) * (BLOCK - 1));
}

static double mean_difference(const Clip *c, const uint8_t *p, const uint8_t *q) {
  int sum = 0;
  for (int y = 0; y < BLOCK; y++)
    for (int x = 0; x < BLOCK; x++)
      sum += abs(p[y * c->width + x] - q[y * c->width + x]);
  return sum / (double)(BLOCK * BLOCK);
}

static double block_error(const Clip *c, const uint8_t *p, const uint8_t *q) {
  double sum = 0;
  for (int y = 0; y < BLOCK; y++)
    for (int x = 0; x < BLOCK; x++) {
      const int d = p[y * c->width + x] - q[y * c->width + x];
      sum += d * d;
    }
  return sum;
}

/* Root mean square of the change of the error from the frame before. */
static double change_of_error(const Clip *c, const uint8_t *clean, const uint8_t *out) {
  double sum = 0;
  for (int i = 0; i < c->width * c->height; i++) {
    const int before = out[i - (ptrdiff_t)c->size] - clean[i - (ptrdiff_t)c->size];
    const int change = out[i] - clean[i] - before;
    sum += change * change;
  }
  return sqrt(sum / (c->width * c->height));
}

/* `out`: a frame, behind the one before it. */
static void measure(Measures *m, const Clip *c, int t, const uint8_t *out) {
  const uint8_t *clean = c->data + t * c->size;
  double all = 0;
  for (int i = 0; i < c->width * c->height; i++)
    all += (out[i] - clean[i]) * (out[i] - clean[i]);
  const double psnr = 10 * log10(255.0 * 255 * c->width * c->height / fmax(all, 1));
  if (t == 0)
    m->first = psnr;
  if (t < FROM)
    return;
  m->psnr += psnr;
  m->flicker += change_of_error(c, clean, out);
  m->counted++;
  for (int y = 0; y + BLOCK <= c->height; y += BLOCK)
    for (int x = 0; x + BLOCK <= c->width; x += BLOCK) {
      const int at = y * c->width + x;
      const int class = 2 * (mean_gradient(c, clean + at) > TEXTURED) +
                        (mean_difference(c, clean + at, clean + at - c->size) > MOVING);
      m->error[class] += block_error(c, out + at, clean + at);
      m->samples[class] += BLOCK * BLOCK;
    }
}

/* --- runs --- */

static int lookahead_of(const char *profile) {
  const char *colon = strchr(profile, ':');
  const int lookahead = colon ? atoi(colon + 1) : 0;
  if (lookahead < 0 || lookahead > ZSD_MAX_LOOKAHEAD)
    fail(profile, "lookahead is 0 to 16");
  return lookahead;
}

static ZsdSettings settings_of(const char *profile, const Options *o) {
  static const char *const names[] = {"realtime", "balanced", "best"};
  ZsdSettings s = zsd_settings_default();
  const size_t n = strcspn(profile, ":");
  for (int i = 0; i < 3; i++)
    if (strlen(names[i]) == n && !strncmp(profile, names[i], n))
      s.profile = (ZsdProfile)i;
  s.temporal = strcmp(profile + n, ":alone") != 0;
  s.patches = s.profile == ZSD_PROFILE_BEST && lookahead_of(profile) > MOTION_LOOKAHEAD;
  s.threads = o->threads;
  return s;
}

static double processor_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * now.tv_sec + 1e-6 * now.tv_nsec;
}

static FILE *open_output(const Options *o, const char *name, const char *profile,
                         const Clip *c) {
  char path[600];
  if (!o->prefix)
    return NULL;
  snprintf(path, sizeof path, "%s-%s-%s.y4m", o->prefix, name, profile);
  FILE *file = fopen(path, "wb");
  if (!file)
    fail(path, "cannot be written");
  fprintf(file, "YUV4MPEG2 W%d H%d F25:1 Ip A1:1 C420jpeg\n", c->width, c->height);
  return file;
}

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static void print(const Measures *m, const char *name, const char *profile, double ms) {
  double all = 0;
  for (int i = 0; i < CLASSES; i++)
    all += m->error[i];
  printf("%-28.28s %-15s %7.2f %7.2f %8.1f %7.2f   %3.0f %3.0f %3.0f %3.0f\n", name, profile,
         m->psnr / m->counted, m->first, ms / m->counted, m->flicker / m->counted,
         100 * m->error[0] / all, 100 * m->error[1] / all, 100 * m->error[2] / all,
         100 * m->error[3] / all);
  fflush(stdout);
}

static Clip add_noise(const Options *o, const Clip *c) {
  ZsdNoise *noise = zsd_noise_new(1);
  Clip noisy = *c;
  if (!noise || !(noisy.data = malloc(c->frames * c->size)))
    fail("", "no memory");
  memcpy(noisy.data, c->data, c->frames * c->size);
  for (int t = 0; t < c->frames; t++) {
    ZsdImage image = image_of(c, noisy.data + t * c->size);
    zsd_noise_add(noise, &image, o->kind, o->degree);
  }
  zsd_noise_free(noise);
  return noisy;
}

/* Denoises a frame of the clip. Returns the processor time. */
static double denoise(ZsdDenoiser *d, const Clip *noisy, int t, const ZsdSettings *settings,
                      int lookahead) {
  uint8_t *frame = noisy->data + t * noisy->size;
  ZsdImage image = image_of(noisy, frame), later[ZSD_MAX_LOOKAHEAD];
  int n = 0;
  for (; n < lookahead && t + n + 1 < noisy->frames; n++)
    later[n] = image_of(noisy, frame + (n + 1) * noisy->size);
  const double start = processor_ms();
  if (zsd_denoiser_process_ahead(d, &image, 0, later, (unsigned)n, settings) != ZSD_OK)
    fail("", "a frame cannot be denoised");
  return processor_ms() - start;
}

static void run(const Options *o, const char *path, const Clip *c, const char *profile) {
  const ZsdSettings settings = settings_of(profile, o);
  const bool noisy = !strcmp(profile, "noisy");
  const int lookahead = lookahead_of(profile);
  char error[200];
  ZsdDenoiser *d = zsd_denoiser_new(error, sizeof error);
  if (!d)
    fail("", error);
  const Clip out = add_noise(o, c);
  Measures m = {0};
  double ms = 0;
  FILE *file = open_output(o, base_name(path), profile, c);
  for (int t = 0; t < c->frames; t++) {
    const double spent = noisy ? 0 : denoise(d, &out, t, &settings, lookahead);
    ms += t >= FROM ? spent : 0;
    measure(&m, c, t, out.data + t * c->size);
    if (file) {
      fputs("FRAME\n", file);
      fwrite(out.data + t * c->size, c->size, 1, file);
    }
  }
  if (file)
    fclose(file);
  print(&m, base_name(path), profile, ms);
  free(out.data);
  zsd_denoiser_free(d);
}

static void measure_result(const Options *o, const char *path, const Clip *c) {
  const Clip out = read_clip(o->result, c->frames);
  Measures m = {0};
  if (out.width != c->width || out.height != c->height || out.frames != c->frames)
    fail(o->result, "has another size or number of frames");
  for (int t = 0; t < c->frames; t++)
    measure(&m, c, t, out.data + t * c->size);
  print(&m, base_name(path), "", 0);
  free(out.data);
}

static void set_noise(Options *o, const char *text) {
  const char *colon = strchr(text, ':');
  const double level = colon ? atof(colon + 1) : 0;
  if (!strncmp(text, "white:", 6))
    o->kind = ZSD_NOISE_GAUSSIAN;
  else if (!strncmp(text, "correlated:", 11))
    o->kind = ZSD_NOISE_CORRELATED;
  else if (!strncmp(text, "poisson:", 8))
    o->kind = ZSD_NOISE_POISSON;
  else
    fail(text, "there are white:, correlated: and poisson:");
  if (level <= 0)
    fail(text, "give a level above 0");
  o->degree = o->kind == ZSD_NOISE_POISSON ? 1 / sqrt(level) : level / 255;
}

int main(int argc, char **argv) {
  Options o = {.frames = 12, .threads = 1};
  set_noise(&o, "white:25");
  for (int option; (option = getopt(argc, argv, "n:p:f:t:o:r:")) != -1;) {
    if (option == 'n')
      set_noise(&o, optarg);
    else if (option == 'p' && o.profiles < MAX_PROFILES)
      o.profile[o.profiles++] = optarg;
    else if (option == 'f')
      o.frames = atoi(optarg);
    else if (option == 't')
      o.threads = (unsigned)atoi(optarg);
    else if (option == 'o')
      o.prefix = optarg;
    else if (option == 'r')
      o.result = optarg;
    else
      fail("usage", "bench-detail [-n NOISE] [-p PROFILE]... [-f FRAMES] CLEAN.y4m...");
  }
  if (!o.profiles)
    o.profile[o.profiles++] = "balanced";
  printf("%-28s %-15s %7s %7s %8s %7s   flat, moving; textured, moving: %% of error\n", "clip",
         "profile", "dB", "first", "ms", "flicker");
  for (int i = optind; i < argc; i++) {
    const Clip clip = read_clip(argv[i], o.frames);
    if (o.result)
      measure_result(&o, argv[i], &clip);
    for (int p = 0; p < o.profiles && !o.result; p++)
      run(&o, argv[i], &clip, o.profile[p]);
    free(clip.data);
  }
  return 0;
}
