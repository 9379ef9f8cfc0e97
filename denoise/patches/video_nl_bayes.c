/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "patches/video_nl_bayes.h"

#include "base/clamp.h"
#include "base/observer.h"
#include "patches/group.h"
#include "patches/trajectories.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum {
  PATCH = 8, /* width and height, in samples of a component that is not subsampled */
  SAMPLES = PATCH * PATCH,
  STEP = 4,    /* between reference patches, samples each way */
  RADIUS = 10, /* of the window for similar patches, samples each way */
  SIDE = 2 * RADIUS + 1,
  WINDOW = SIDE * SIDE,
  GROUP = 24, /* trajectories that are denoised together */
  BAND = 32,  /* rows of reference patches that one thread denoises at a time */
  MAX_FRAMES = ZSD_VIDEO_NL_BAYES_MAX_FRAMES,
};

/* Bands that are denoised at the same time, every other one, do not reach the same samples. */
_Static_assert(2 * RADIUS + PATCH <= BAND, "bands overlap");

/* Mean squared distance of the reference patch to the one in another frame, relative to the
 * noise variance, above which the other frame takes no part. */
static const float MAX_DISTANCE = 2;

/* Noise variance that the filters assume, relative to that of the model. Estimates of patches
 * are averaged, which removes noise as well. */
static const float ASSUMED_VARIANCE = 0.9f;

/* Deviation of the noise left in a pilot, relative to that in the frame. */
static const double PILOT_NOISE = 0.3;

static const float FULL_SCALE = 65535;

/* One component of the patches. */
typedef struct {
  int width, height;                           /* of the component */
  int half_x, half_y;                          /* shifts from luma's positions to its own */
  int patch_width, patch_height, samples, row; /* of a patch; floats to the next one */
  ZsdNoiseVariance variance;
  bool white;
  float *noise;       /* covariance of the noise in a patch, relative to its variance */
  float *sum, *count; /* of the estimates of each sample */
} Part;

/* Position of a patch's first sample in luma. */
typedef struct {
  int x, y;
} Position;

/* Trajectories of a group, and scratch memory of a thread. The first frame of a trajectory is
 * the current one. Patches are in standard deviations of the noise. */
typedef struct {
  int frame[MAX_FRAMES], n_frames;
  Position position[MAX_FRAMES][GROUP];
  int n; /* trajectories */
  float distances[WINDOW], sorted[WINDOW];
  float mean[2][SAMPLES];            /* over the group and time: of noisy and clean patches */
  float average[2][GROUP * SAMPLES]; /* over time: noisy, clean */
  float deviation[2][MAX_FRAMES * GROUP * SAMPLES]; /* from it */
  float noise[2][GROUP * SAMPLES];                  /* estimated, of averages and deviations */
  float covariance[SAMPLES * SAMPLES], work[SAMPLES * SAMPLES];
} Scratch;

struct ZsdVideoNlBayes {
  const ZsdKernels *kernels;
  Part part[ZSD_MAX_COMPONENTS];
  int parts, luma;    /* `luma`: the component that patches are compared in */
  int columns, rows;  /* positions of patches */
  float *now, *other; /* luma of pilots: of the current frame and one of the others */
  ZsdPyramid pyramid, other_pyramid;
  ZsdMotion *motion;
  ZsdTrajectories trajectories[MAX_FRAMES]; /* to each frame */
  uint8_t *done;    /* of each position: its patch has been in a group of its band */
  Scratch *scratch; /* of each thread */
  int threads;
};

/* --- memory --- */

static int part_new(Part *part, const ZsdFrameComponent *shape) {
  *part = (Part){.width = shape->width,
                 .height = shape->height,
                 .half_x = shape->half_width,
                 .half_y = shape->half_height,
                 .patch_width = PATCH >> shape->half_width,
                 .patch_height = PATCH >> shape->half_height};
  const size_t n = zsd_component_size(shape);
  part->samples = part->patch_width * part->patch_height;
  part->row = zsd_group_row(part->samples);
  part->noise = calloc((size_t)part->samples * part->row, sizeof(float));
  part->sum = malloc(n * sizeof(float));
  part->count = malloc(n * sizeof(float));
  return part->noise && part->sum && part->count ? 0 : -1;
}

/* Allocates what depends on luma's size alone. */
static int luma_new(ZsdVideoNlBayes *b, int width, int height) {
  const size_t n = (size_t)width * height;
  b->now = malloc(n * sizeof(float));
  b->other = malloc(n * sizeof(float));
  b->done = malloc(n);
  b->motion = zsd_motion_new(width, height);
  int failed = !b->now || !b->other || !b->done || !b->motion;
  failed |= zsd_pyramid_resize(&b->pyramid, width, height);
  failed |= zsd_pyramid_resize(&b->other_pyramid, width, height);
  return failed ? -1 : 0;
}

ZsdVideoNlBayes *zsd_video_nl_bayes_new(const ZsdFrame *shape, const ZsdKernels *kernels) {
  ZsdVideoNlBayes *b = calloc(1, sizeof *b);
  const ZsdFrameComponent *luma = &shape->component[shape->brightness];
  int failed = !b;
  if (b) {
    b->kernels = kernels;
    b->parts = shape->components;
    b->luma = shape->brightness;
    b->columns = luma->width - PATCH + 1;
    b->rows = luma->height - PATCH + 1;
  }
  for (int i = 0; i < shape->components && !failed; i++)
    failed = part_new(&b->part[i], &shape->component[i]);
  if (failed || luma_new(b, luma->width, luma->height)) {
    zsd_video_nl_bayes_free(b);
    return NULL;
  }
  return b;
}

void zsd_video_nl_bayes_free(ZsdVideoNlBayes *b) {
  if (!b)
    return;
  for (int i = 0; i < b->parts; i++) {
    free(b->part[i].noise);
    free(b->part[i].sum);
    free(b->part[i].count);
  }
  for (int i = 0; i < MAX_FRAMES; i++)
    zsd_trajectories_clear(&b->trajectories[i]);
  free(b->now);
  free(b->other);
  free(b->done);
  zsd_pyramid_clear(&b->pyramid);
  zsd_pyramid_clear(&b->other_pyramid);
  zsd_motion_free(b->motion);
  free(b->scratch);
  free(b);
}

/* Allocates for as many threads and frames. */
static int reserve(ZsdVideoNlBayes *b, int threads, int frames) {
  const Part *luma = &b->part[b->luma];
  for (int i = 0; i < frames; i++)
    if (!b->trajectories[i].vector &&
        zsd_trajectories_new(&b->trajectories[i], luma->width, luma->height, PATCH))
      return -1;
  if (threads <= b->threads)
    return 0;
  Scratch *scratch = calloc(threads, sizeof *scratch);
  if (!scratch)
    return -1;
  free(b->scratch);
  b->scratch = scratch;
  b->threads = threads;
  return 0;
}

/* --- set-up for a frame --- */

static void set_noise(Part *part, const ZsdNoiseModel *noise) {
  part->variance =
      (ZsdNoiseVariance){(float)noise->base, (float)noise->slope, zsd_noise_least(noise)};
  part->white = zsd_noise_is_white(noise);
  zsd_patch_noise_covariance(part->noise, part->row, part->patch_width, part->patch_height,
                             noise);
}

static void load_plane(const ZsdVideoNlBayes *b, float *to, const uint16_t *from, int threads) {
  const Part *luma = &b->part[b->luma];
#pragma omp parallel for num_threads(threads)
  for (int y = 0; y < luma->height; y++) {
    const ptrdiff_t row = (ptrdiff_t)y * luma->width;
    b->kernels->load16(to + row, (const uint8_t *)(from + row), sizeof *from, luma->width,
                       1 / FULL_SCALE, 0);
  }
}

/* Finds the trajectories from the current frame to each other one. */
static void find_trajectories(ZsdVideoNlBayes *b, const ZsdVideoWindow *w, int threads) {
  const Part *luma = &b->part[b->luma];
  const ZsdMotionParams params = {b->kernels, threads, PILOT_NOISE * w->noise[b->luma].sigma};
  const ZsdTrajectoryPlanes planes = {b->now, b->other, luma->width, luma->height, PATCH};
  load_plane(b, b->now, w->frames[w->current].pilot[b->luma], threads);
  zsd_pyramid_fill(&b->pyramid, b->now, b->kernels, threads);
  for (int i = 0; i < w->n_frames; i++) {
    if (i == w->current)
      continue;
    load_plane(b, b->other, w->frames[i].pilot[b->luma], threads);
    zsd_pyramid_fill(&b->other_pyramid, b->other, b->kernels, threads);
    const ZsdMotionField *field =
        zsd_motion_search(b->motion, &b->pyramid, &b->other_pyramid, &params, 0);
    zsd_trajectories_find(&b->trajectories[i], &planes, field, b->kernels, threads);
  }
}

/* --- groups --- */

/* Makes the patches of the current frame most similar to the one at (x, y) the group, with this
 * one first. */
static void find_group(const ZsdVideoNlBayes *b, Scratch *s, const float *patch, int x, int y) {
  const int left = x > RADIUS ? x - RADIUS : 0, top = y > RADIUS ? y - RADIUS : 0;
  const int columns = zsd_smaller(x + RADIUS, b->columns - 1) - left + 1;
  const int rows = zsd_smaller(y + RADIUS, b->rows - 1) - top + 1;
  const int positions = columns * rows, size = zsd_smaller(GROUP, positions);
  const int width = b->part[b->luma].width;
  const ZsdTemplate t = {patch, PATCH, PATCH, 1};
  memset(s->distances, 0, positions * sizeof(float));
  for (int r = 0; r < rows; r++)
    b->kernels->patch_ssd(s->distances + r * columns,
                          b->now + (ptrdiff_t)(top + r) * width + left, width, &t, columns);
  memcpy(s->sorted, s->distances, positions * sizeof(float));
  const float limit = zsd_select_smallest(s->sorted, positions, size - 1);
  s->n = 0;
  for (int pass = 0; pass < 2; pass++) /* of equal distances the first positions count */
    for (int i = 0; i < positions && s->n < size; i++)
      if (pass == 0 ? s->distances[i] < limit : s->distances[i] == limit)
        s->position[0][s->n++] = (Position){left + i % columns, top + i / columns};
  for (int q = 1; q < s->n; q++)
    if (s->position[0][q].x == x && s->position[0][q].y == y) {
      s->position[0][q] = s->position[0][0];
      s->position[0][0] = (Position){x, y};
    }
}

/* Follows the group into the frames where the reference patch at (x, y) is found. */
static void follow_group(const ZsdVideoNlBayes *b, Scratch *s, const ZsdVideoWindow *w, int x,
                         int y, float variance) {
  s->frame[0] = w->current;
  s->n_frames = 1;
  for (int i = 0; i < w->n_frames; i++) {
    const ZsdTrajectories *t = &b->trajectories[i];
    if (i == w->current ||
        t->distance[zsd_trajectory_at(t, x, y)] >= MAX_DISTANCE * SAMPLES * variance)
      continue;
    for (int q = 0; q < s->n; q++) {
      const Position *p = &s->position[0][q];
      const ZsdMotionVector v = t->vector[zsd_trajectory_at(t, p->x, p->y)];
      s->position[s->n_frames][q] = (Position){zsd_clamp(p->x + v.x, 0, b->columns - 1),
                                               zsd_clamp(p->y + v.y, 0, b->rows - 1)};
    }
    s->frame[s->n_frames++] = i;
  }
}

/* --- estimate of a group --- */

/* Index of the first sample of a patch in its component. */
static ptrdiff_t at(const Part *part, const Position *p) {
  return (ptrdiff_t)(p->y >> part->half_y) * part->width + (p->x >> part->half_x);
}

static void load_patch(const Part *part, float *restrict to, const uint16_t *from) {
  for (int y = 0; y < part->patch_height; y++)
    for (int x = 0; x < part->patch_width; x++)
      *to++ = from[(ptrdiff_t)y * part->width + x] * (1 / FULL_SCALE);
}

/* Loads the noisy or clean patches of all frames, and their sums along the trajectories. Of
 * noisy patches only those of the current frame are kept: the others serve for the sums. */
static void load_group(const Part *part, int component, Scratch *s, const ZsdVideoWindow *w,
                       bool clean) {
  const int size = s->n * part->row;
  float *restrict sum = s->average[clean];
  for (int f = 0; f < s->n_frames; f++) {
    const ZsdVideoFrame *frame = &w->frames[s->frame[f]];
    const uint16_t *plane = clean ? frame->pilot[component] : frame->noisy[component];
    float *restrict patches = s->deviation[clean] + (clean ? f : f > 0) * size;
    for (int q = 0; q < s->n; q++)
      load_patch(part, patches + q * part->row, plane + at(part, &s->position[f][q]));
    for (int i = 0; i < size; i++)
      sum[i] = f > 0 ? sum[i] + patches[i] : patches[i];
  }
}

/* Splits patches into the mean of the group, the average of each trajectory less this mean, and
 * deviations from the average, with `unit` as standard deviation of the noise in each. */
static void split(const ZsdVideoNlBayes *b, const Part *part, Scratch *s, bool clean,
                  float unit) {
  float average_scale[SAMPLES];
  const int size = s->n * part->row, kept = clean ? s->n_frames : 1;
  const float frames = (float)s->n_frames, scale = 1 / unit;
  float *restrict average = s->average[clean];
  for (int i = 0; i < size; i++)
    average[i] /= frames;
  for (int f = 0; f < kept; f++) {
    float *restrict deviation = s->deviation[clean] + f * size;
    for (int i = 0; i < size; i++)
      deviation[i] = (deviation[i] - average[i]) * scale;
  }
  for (int i = 0; i < part->samples; i++)
    average_scale[i] = sqrtf(frames) * scale;
  b->kernels->matrix_centre(&(ZsdMatrixCentre){average, part->row, s->n, part->samples,
                                               average_scale, s->mean[clean]});
}

/* Adds the estimates of the current frame's patches to the sums. */
static void add_group(const Part *part, const Scratch *s, float unit) {
  const float average_unit = unit / sqrtf((float)s->n_frames);
  for (int q = 0; q < s->n; q++) {
    const ptrdiff_t to = at(part, &s->position[0][q]);
    const float *average = s->average[0] + q * part->row, *noise = s->noise[0] + q * part->row;
    const float *deviation = s->deviation[0] + q * part->row;
    const float *deviation_noise = s->noise[1] + q * part->row;
    for (int y = 0, i = 0; y < part->patch_height; y++)
      for (int x = 0; x < part->patch_width; x++, i++) {
        part->sum[to + (ptrdiff_t)y * part->width + x] +=
            s->mean[0][i] + average_unit * (average[i] - noise[i]) +
            unit * (deviation[i] - deviation_noise[i]);
        part->count[to + (ptrdiff_t)y * part->width + x] += 1;
      }
  }
}

/* Denoises the patches of a component. */
static void denoise_group(const ZsdVideoNlBayes *b, Scratch *s, const ZsdVideoWindow *w,
                          int component) {
  const Part *part = &b->part[component];
  const ZsdWiener wiener = {b->kernels,  part->samples, part->row, part->white,
                            part->noise, s->covariance, s->work};
  load_group(part, component, s, w, true);
  load_group(part, component, s, w, false);
  /* That of the current frame's reference patch, which is the first, stands for all. */
  const float unit = sqrtf(ASSUMED_VARIANCE *
                           zsd_patch_variance(&part->variance, s->deviation[1], part->samples));
  split(b, part, s, true, unit);
  split(b, part, s, false, unit);
  zsd_wiener_make(&wiener, s->average[1], s->n, s->n - 1);
  zsd_wiener_noise(&wiener, s->average[0], s->noise[0], s->n);
  if (s->n_frames > 1) {
    zsd_wiener_make(&wiener, s->deviation[1], s->n * s->n_frames, s->n * (s->n_frames - 1));
    zsd_wiener_noise(&wiener, s->deviation[0], s->noise[1], s->n);
  } else {
    memset(s->noise[1], 0, (size_t)s->n * part->row * sizeof(float));
  }
  add_group(part, s, unit);
}

/* --- the frame --- */

/* Denoises the group of the reference patch at (x, y). */
static void denoise_patch(const ZsdVideoNlBayes *b, Scratch *s, const ZsdVideoWindow *w, int x,
                          int y) {
  const Part *luma = &b->part[b->luma];
  float patch[SAMPLES];
  for (int r = 0; r < PATCH; r++)
    memcpy(patch + r * PATCH, b->now + (ptrdiff_t)(y + r) * luma->width + x,
           PATCH * sizeof(float));
  find_group(b, s, patch, x, y);
  follow_group(b, s, w, x, y, zsd_patch_variance(&luma->variance, patch, SAMPLES));
  for (int i = 0; i < b->parts; i++)
    denoise_group(b, s, w, i);
  for (int q = 0; q < s->n; q++)
    if (s->position[0][q].y / BAND == y / BAND)
      b->done[(ptrdiff_t)s->position[0][q].y * b->columns + s->position[0][q].x] = 1;
}

/* Denoises the groups of the reference patches that begin in a band. Patches that have been in
 * a group are no references. */
static void denoise_band(const ZsdVideoNlBayes *b, Scratch *s, const ZsdVideoWindow *w,
                         int band) {
  for (int y = 0; y < b->rows; y = zsd_next_reference(y, b->rows, STEP, 1))
    for (int x = 0; y / BAND == band && x < b->columns;
         x = zsd_next_reference(x, b->columns, STEP, 1))
      if (!b->done[(ptrdiff_t)y * b->columns + x] && !zsd_is_cancelled(w->observer))
        denoise_patch(b, s, w, x, y);
}

/* Stores the mean of the estimates of each sample. The pilot remains where there are none, and
 * where it is the noisy sample: there is no noise then, as in letterbox bars. */
static void store_row(const Part *part, uint16_t *to, const ZsdVideoFrame *frame, int component,
                      int y) {
  const ptrdiff_t row = (ptrdiff_t)y * part->width;
  const uint16_t *noisy = frame->noisy[component] + row, *pilot = frame->pilot[component] + row;
  const float *sum = part->sum + row, *count = part->count + row;
  for (int x = 0; x < part->width; x++) {
    const float scaled = count[x] > 0 ? sum[x] / count[x] * FULL_SCALE + 0.5f : 0;
    const float clipped = scaled < 0 ? 0 : scaled > FULL_SCALE ? FULL_SCALE : scaled;
    to[row + x] = count[x] > 0 && noisy[x] != pilot[x] ? (uint16_t)clipped : pilot[x];
  }
}

static void store(const ZsdVideoNlBayes *b, const ZsdVideoWindow *w,
                  uint16_t *const out[ZSD_MAX_COMPONENTS], int threads) {
  for (int i = 0; i < b->parts; i++) {
    const Part *part = &b->part[i];
#pragma omp parallel for num_threads(threads)
    for (int y = 0; y < part->height; y++)
      store_row(part, out[i], &w->frames[w->current], i, y);
  }
}

static void denoise(ZsdVideoNlBayes *b, const ZsdVideoWindow *w, int threads) {
  const int bands = (b->rows + BAND - 1) / BAND;
  find_trajectories(b, w, threads);
  memset(b->done, 0, (size_t)b->columns * b->rows);
  for (int odd = 0; odd < 2; odd++)
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int band = odd; band < bands; band += 2)
      denoise_band(b, &b->scratch[omp_get_thread_num()], w, band);
}

ZsdResult zsd_video_nl_bayes_run(ZsdVideoNlBayes *b, const ZsdVideoWindow *window,
                                 uint16_t *const out[ZSD_MAX_COMPONENTS], int threads) {
  const bool fits = b->columns > 0 && b->rows > 0;
  if (fits && reserve(b, threads, window->n_frames))
    return ZSD_NO_MEMORY;
  for (int i = 0; i < b->parts; i++) {
    Part *part = &b->part[i];
    const size_t n = (size_t)part->width * part->height;
    set_noise(part, &window->noise[i]);
    memset(part->sum, 0, n * sizeof(float));
    memset(part->count, 0, n * sizeof(float));
  }
  if (fits)
    denoise(b, window, threads);
  if (zsd_is_cancelled(window->observer))
    return ZSD_CANCELLED;
  store(b, window, out, threads);
  return ZSD_OK;
}
