/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "still/nl_bayes.h"

#include "base/clamp.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum {
  STEP = 2,  /* from one patch that others are compared with to the next, each way */
  BAND = 32, /* rows of these that one thread does at a time */
  SLOTS = 2, /* bands for each worker, before their sums are added up */
  MANY = 4,  /* times as many patches as are wanted are taken where so many are the same */
};

/* Patches are the same that differ by no more than this part of the noise's variance. */
static const float SAME = 0.08f;

/* Noise of neighbours that share it has hardly any of the highest frequencies. Rounding has;
 * and what the lags do not say may. A part of the variance: */
static const float ROUGH = 0.002f;

/* What noise is taken for where there is none. */
static const float LEAST_VARIANCE = 1e-7f;

/* Patches as one component has them. */
typedef struct {
  const ZsdFrameComponent *plane;
  ZsdNoiseVariance noise;
  int half_x, half_y; /* shifts from places of brightness to its own */
  int width, height;  /* of a patch */
  int first;          /* of its samples among a patch's */
} Part;

/* Position of a patch's first sample, in the first component. */
typedef struct {
  int x, y;
} Place;

/* What each thread has for itself. Patches are rows of samples. */
typedef struct {
  float *memory;
  float *unlike;        /* of each place in search_radius, row by row */
  float *half;          /* of a row of places, those that subsampled components have */
  float *sorted;        /* a copy of what is to be chosen from */
  Place *place;         /* of the patches taken */
  float *noisy, *clean; /* the patches, less their mean, in deviations of the noise */
  float *off;           /* what is taken off them */
  float *covariance, *filter;
  float *mean, *deviation; /* of each sample of a patch; that of the noise */
} Worker;

/* A band's sums, of each component: `sum` and `count` have the rows that its patches
 * search_radius. */
typedef struct {
  float *memory;
  float *sum[ZSD_MAX_COMPONENTS], *count[ZSD_MAX_COMPONENTS];
  unsigned char *done; /* of the band's places: it was among the patches that were taken */
} Slot;

typedef struct {
  const ZsdNlBayes *nl_bayes;
  const ZsdKernels *kernels;
  Part part[ZSD_MAX_COMPONENTS];
  int parts;
  int across, down;   /* places of patches */
  int grid_x, grid_y; /* from one place to the next: 2 where there is a subsampled component */
  int samples, row;   /* of a patch; floats from one to the next */
  int most;           /* patches taken at most */
  bool white;
  float *noise; /* covariance within a patch, in units of its variance */
  float *total[ZSD_MAX_COMPONENTS], *counts[ZSD_MAX_COMPONENTS];
  Worker *workers;
  Slot *slots;
  int n_workers, n_slots;
} Job;

/* --- what is done --- */

static bool set_parts(Job *job) {
  const ZsdNlBayes *s = job->nl_bayes;
  const ZsdFrameComponent *whole = &s->frame->component[0];
  job->parts = s->frame->components;
  job->grid_x = job->grid_y = 1;
  job->white = true;
  for (int i = 0; i < job->parts; i++) {
    const ZsdFrameComponent *plane = &s->frame->component[i];
    const ZsdNoiseModel *noise = &s->noise[i];
    Part *part = &job->part[i];
    *part = (Part){.plane = plane,
                   .noise = {(float)noise->base, (float)noise->slope, zsd_noise_least(noise)},
                   .half_x = plane->half_width,
                   .half_y = plane->half_height,
                   .width = s->patch_size >> plane->half_width,
                   .height = s->patch_size >> plane->half_height,
                   .first = job->samples};
    job->samples += part->width * part->height;
    job->grid_x = part->half_x ? 2 : job->grid_x;
    job->grid_y = part->half_y ? 2 : job->grid_y;
    job->white = job->white && noise->lag1 <= 0 && noise->lag2 <= 0;
  }
  job->row = (job->samples + ZSD_MATRIX_ALIGN - 1) / ZSD_MATRIX_ALIGN * ZSD_MATRIX_ALIGN;
  job->across = whole->width - s->patch_size + 1;
  job->down = whole->height - s->patch_size + 1;
  const int window =
      (2 * s->search_radius / job->grid_x + 1) * (2 * s->search_radius / job->grid_y + 1);
  job->most = zsd_smaller(MANY * s->group_size, window);
  return job->across > 0 && job->down > 0;
}

static float shared(const ZsdNoiseModel *noise, int distance) {
  const double lags[] = {1, noise->lag1, noise->lag2};
  return distance < 3 ? (float)lags[distance] : 0;
}

/* The noise's covariance: as it falls across, so it does down, and on a diagonal as both do. */
static void set_noise(Job *job) {
  memset(job->noise, 0, (size_t)job->samples * job->row * sizeof(float));
  for (int i = 0; i < job->parts; i++) {
    const Part *part = &job->part[i];
    for (int a = 0; a < part->width * part->height; a++)
      for (int b = 0; b < part->width * part->height; b++) {
        const int dx = abs(a % part->width - b % part->width);
        const int dy = abs(a / part->width - b / part->width);
        const ZsdNoiseModel *noise = &job->nl_bayes->noise[i];
        job->noise[(part->first + a) * job->row + part->first + b] =
            shared(noise, dx) * shared(noise, dy) * (1 - ROUGH) + (a == b ? ROUGH : 0);
      }
  }
}

/* --- memory --- */

static int make_worker(const Job *job, Worker *w) {
  const size_t search_radius = (size_t)(2 * job->nl_bayes->search_radius + 1),
               patches = job->most;
  const size_t row = job->row, matrix = (size_t)job->samples * row;
  const size_t sizes[] = {search_radius * search_radius,
                          2 * search_radius,
                          search_radius * search_radius,
                          patches * row,
                          patches * row,
                          patches * row,
                          matrix,
                          matrix,
                          row,
                          row};
  float **const members[] = {&w->unlike, &w->half,       &w->sorted, &w->noisy, &w->clean,
                             &w->off,    &w->covariance, &w->filter, &w->mean,  &w->deviation};
  enum { N = sizeof sizes / sizeof *sizes };
  size_t sum = 0;
  for (int i = 0; i < N; i++)
    sum += sizes[i];
  if (!(w->memory = calloc(sum, sizeof(float))) ||
      !(w->place = malloc(patches * sizeof *w->place)))
    return -1;
  float *next = w->memory;
  for (int i = 0; i < N; next += sizes[i++])
    *members[i] = next;
  return 0;
}

/* The first row of a component that a band's patches search_radius, and how many there are at
 * most. */
static int first_row(const Job *job, const Part *part, int band) {
  const int top = band * BAND - job->nl_bayes->search_radius;
  return (top > 0 ? top : 0) >> part->half_y;
}

static int rows_of(const Job *job, const Part *part) {
  return ((BAND + 2 * job->nl_bayes->search_radius + job->nl_bayes->patch_size) >>
          part->half_y) +
         1;
}

static int make_slot(const Job *job, Slot *slot) {
  size_t sum = 0;
  for (int i = 0; i < job->parts; i++)
    sum += 2 * (size_t)rows_of(job, &job->part[i]) * job->part[i].plane->width;
  if (!(slot->memory = malloc(sum * sizeof(float))) ||
      !(slot->done = malloc((size_t)BAND * job->across)))
    return -1;
  float *next = slot->memory;
  for (int i = 0; i < job->parts; i++) {
    const size_t n = (size_t)rows_of(job, &job->part[i]) * job->part[i].plane->width;
    slot->sum[i] = next;
    slot->count[i] = next + n;
    next += 2 * n;
  }
  return 0;
}

static int make(Job *job) {
  int failed = !(job->noise = malloc((size_t)job->samples * job->row * sizeof(float))) ||
               !(job->workers = calloc(job->n_workers, sizeof *job->workers)) ||
               !(job->slots = calloc(job->n_slots, sizeof *job->slots));
  for (int i = 0; i < job->n_workers && !failed; i++)
    failed = make_worker(job, &job->workers[i]);
  for (int i = 0; i < job->n_slots && !failed; i++)
    failed = make_slot(job, &job->slots[i]);
  for (int i = 0; i < job->parts && !failed; i++) {
    const size_t n = (size_t)job->part[i].plane->width * job->part[i].plane->height;
    failed = !(job->total[i] = calloc(n, sizeof(float))) ||
             !(job->counts[i] = calloc(n, sizeof(float)));
  }
  return failed ? -1 : 0;
}

static void clear(Job *job) {
  for (int i = 0; i < job->n_workers && job->workers; i++) {
    free(job->workers[i].memory);
    free(job->workers[i].place);
  }
  for (int i = 0; i < job->n_slots && job->slots; i++) {
    free(job->slots[i].memory);
    free(job->slots[i].done);
  }
  for (int i = 0; i < job->parts; i++) {
    free(job->total[i]);
    free(job->counts[i]);
  }
  free(job->workers);
  free(job->slots);
  free(job->noise);
}

/* --- patches that look group_size --- */

static ptrdiff_t at(const Part *part, int x, int y) {
  return (ptrdiff_t)(y >> part->half_y) * part->plane->width + (x >> part->half_x);
}

/* Takes the samples of a patch, of each component. */
static void take(const Job *job, float *to, int x, int y, bool clean) {
  for (int i = 0; i < job->parts; i++) {
    const Part *part = &job->part[i];
    const float *from = (clean ? part->plane->z : part->plane->y) + at(part, x, y);
    for (int r = 0; r < part->height; r++, to += part->width)
      memcpy(to, from + (ptrdiff_t)r * part->plane->width, part->width * sizeof(float));
  }
}

/* The noise's deviation in each component of a patch. Returns what the squared differences of
 * each are to be multiplied by, in `weight`. */
static void see_noise(const Job *job, Worker *w, const float *patch, float *weight) {
  for (int i = 0; i < job->parts; i++) {
    const Part *part = &job->part[i];
    const int n = part->width * part->height;
    float sum = 0;
    for (int a = 0; a < n; a++)
      sum += patch[part->first + a];
    const float variance = zsd_noise_variance_at(&part->noise, sum / n) + LEAST_VARIANCE;
    weight[i] = 1 / variance;
    for (int a = 0; a < n; a++)
      w->deviation[part->first + a] = sqrtf(variance);
  }
}

/* How unlike the patch the n places of a row from (x, y) on are. */
static void compare_row(const Job *job, const Worker *w, const float *patch,
                        const float *weight, int x, int y, int n, float *unlike) {
  const int steps = job->grid_x, places = steps * (n - 1) + 1;
  float *whole = steps > 1 ? w->sorted : unlike;
  memset(whole, 0, places * sizeof(float));
  memset(w->half, 0, n * sizeof(float));
  for (int i = 0; i < job->parts; i++) {
    const Part *part = &job->part[i];
    const ZsdTemplate t = {patch + part->first, part->width, part->height, weight[i]};
    const bool half = part->half_x;
    job->kernels->patch_ssd(half ? w->half : whole, part->plane->z + at(part, x, y),
                            part->plane->width, &t, half ? n : places);
  }
  for (int i = 0; i < n && steps > 1; i++)
    unlike[i] = whole[steps * i] + w->half[i];
}

/* The k-th least of n numbers, which are put in another order (Hoare, "Algorithm 65: Find",
 * 1961). */
static float find_least(float *a, int n, int k) {
  int low = 0, high = n - 1;
  while (low < high) {
    const float pivot = a[low + (high - low) / 2];
    int i = low, j = high;
    while (i <= j) {
      while (a[i] < pivot)
        i++;
      while (pivot < a[j])
        j--;
      if (i <= j) {
        const float swap = a[i];
        a[i++] = a[j];
        a[j--] = swap;
      }
    }
    if (k <= j)
      high = j;
    else if (k >= i)
      low = i;
    else
      break;
  }
  return a[k];
}

/* Chooses the patches that are most group_size, and those that differ by nothing but what the
 * estimate may be wrong by. Returns how many. */
static int choose(const Job *job, Worker *w, int left, int top, int columns, int rows) {
  const int places = rows * columns;
  int same = 0, n = 0;
  for (int i = 0; i < places; i++)
    same += w->unlike[i] < SAME * (float)job->samples;
  const int least = zsd_smaller(job->nl_bayes->group_size, places);
  const int wanted = zsd_clamp(same, least, zsd_smaller(job->most, places));
  memcpy(w->sorted, w->unlike, places * sizeof(float));
  const float limit = find_least(w->sorted, places, wanted - 1);
  for (int pass = 0; pass < 2; pass++)
    for (int i = 0; i < places && n < wanted; i++)
      if (pass == 0 ? w->unlike[i] < limit : w->unlike[i] == limit)
        w->place[n++] =
            (Place){left + i % columns * job->grid_x, top + i / columns * job->grid_y};
  return n;
}

/* Finds the patches that are most like the one at (x, y). Returns how many. */
static int find_alike(const Job *job, Worker *w, const float *patch, int x, int y) {
  const int search_radius = job->nl_bayes->search_radius;
  const int left = x > search_radius ? x - search_radius : 0,
            top = y > search_radius ? y - search_radius : 0;
  const int right = zsd_smaller(x + search_radius, job->across - 1);
  const int bottom = zsd_smaller(y + search_radius, job->down - 1);
  const int columns = (right - left) / job->grid_x + 1, rows = (bottom - top) / job->grid_y + 1;
  float weight[ZSD_MAX_COMPONENTS];

  see_noise(job, w, patch, weight);
  for (int r = 0; r < rows; r++)
    compare_row(job, w, patch, weight, left, top + r * job->grid_y, columns,
                w->unlike + r * columns);
  return choose(job, w, left, top, columns, rows);
}

/* --- what they have in common --- */

/* Takes the patches off their mean, in deviations of the noise. Returns the mean of `patches`
 * in `mean`. */
static void centre(const Job *job, const Worker *w, float *patches, float *mean, int n) {
  memset(mean, 0, job->row * sizeof(float));
  for (int q = 0; q < n; q++)
    for (int i = 0; i < job->samples; i++)
      mean[i] += patches[q * job->row + i];
  for (int i = 0; i < job->samples; i++)
    mean[i] /= (float)n;
  for (int q = 0; q < n; q++)
    for (int i = 0; i < job->samples; i++)
      patches[q * job->row + i] = (patches[q * job->row + i] - mean[i]) / w->deviation[i];
}

static void gather(const Job *job, Worker *w, int n) {
  for (int q = 0; q < n; q++) {
    const Place *place = &w->place[q];
    take(job, w->noisy + q * job->row, place->x, place->y, false);
    take(job, w->clean + q * job->row, place->x, place->y, true);
  }
  centre(job, w, w->clean, w->mean, n);
  centre(job, w, w->noisy, w->mean, n);
}

/* Finds what is noise in the patches: of each, which is a row x, x (C + N)^-1 N. */
static void find_noise(const Job *job, Worker *w, int n) {
  const int row = job->row, samples = job->samples;
  const ZsdKernels *kernels = job->kernels;
  const ZsdMatrixProduct squares = {w->clean, 1,       row, w->clean, w->covariance,
                                    row,      samples, row, n};
  kernels->matrix_multiply(&squares);
  for (int i = 0; i < samples * row; i++)
    w->covariance[i] = w->covariance[i] / (float)(n > 1 ? n - 1 : 1) + job->noise[i];
  kernels->matrix_invert(w->covariance, row, samples);
  const ZsdMatrixProduct filter = {w->covariance, row,     1,   job->noise, w->filter,
                                   row,           samples, row, samples};
  if (!job->white)
    kernels->matrix_multiply(&filter);
  const ZsdMatrixProduct found = {
      w->noisy, row, 1, job->white ? w->covariance : w->filter, w->off, row, n, row, samples};
  kernels->matrix_multiply(&found);
}

/* Adds what the patches were taken for to the band's sums. */
static void scatter(const Job *job, const Worker *w, Slot *slot, int band, int n) {
  for (int q = 0; q < n; q++) {
    const float *noisy = w->noisy + q * job->row, *off = w->off + q * job->row;
    const int x = w->place[q].x, y = w->place[q].y;
    for (int i = 0; i < job->parts; i++) {
      const Part *part = &job->part[i];
      const ptrdiff_t from = (ptrdiff_t)first_row(job, part, band) * part->plane->width;
      for (int a = 0, s = part->first; a < part->width * part->height; a++, s++) {
        const ptrdiff_t to = at(part, x, y) - from +
                             (ptrdiff_t)(a / part->width) * part->plane->width +
                             a % part->width;
        slot->sum[i][to] += w->mean[s] + w->deviation[s] * (noisy[s] - off[s]);
        slot->count[i][to] += 1;
      }
    }
    const int row = y - band * BAND;
    if (row >= 0 && row < BAND)
      slot->done[row * job->across + x] = 1;
  }
}

/* --- bands --- */

static bool is_cancelled(const Job *job) {
  const ZsdObserver *o = job->nl_bayes->observer;
  return o->cancelled && o->cancelled(o->user);
}

/* The place after this one, of those that others are compared with: the last one is among them.
 */
static int next(int place, int places, int grid) {
  const int last = (places - 1) / grid * grid;
  return place < last ? zsd_smaller(place + STEP, last) : places;
}

static void denoise_band(const Job *job, Worker *w, Slot *slot, int band) {
  float patch[ZSD_MAX_COMPONENTS * ZSD_NL_BAYES_MAX_PATCH * ZSD_NL_BAYES_MAX_PATCH];
  for (int i = 0; i < job->parts; i++) {
    const size_t n = (size_t)rows_of(job, &job->part[i]) * job->part[i].plane->width;
    memset(slot->sum[i], 0, 2 * n * sizeof(float)); /* and the counts behind them */
  }
  memset(slot->done, 0, (size_t)BAND * job->across);
  for (int y = 0; y < job->down; y = next(y, job->down, job->grid_y))
    for (int x = 0; y / BAND == band && x < job->across && !is_cancelled(job);
         x = next(x, job->across, job->grid_x)) {
      if (slot->done[(y - band * BAND) * job->across + x])
        continue;
      take(job, patch, x, y, true);
      const int n = find_alike(job, w, patch, x, y);
      gather(job, w, n);
      find_noise(job, w, n);
      scatter(job, w, slot, band, n);
    }
}

/* Adds a band's sums to those of the picture. */
static void add_band(const Job *job, const Slot *slot, int band) {
  for (int i = 0; i < job->parts; i++) {
    const ZsdFrameComponent *c = job->part[i].plane;
    const int first = first_row(job, &job->part[i], band);
    const int rows = zsd_smaller(rows_of(job, &job->part[i]), c->height - first);
    const ptrdiff_t to = (ptrdiff_t)first * c->width;
    for (int k = 0; k < rows * c->width; k++) {
      job->total[i][to + k] += slot->sum[i][k];
      job->counts[i][to + k] += slot->count[i][k];
    }
  }
}

static void finish(const Job *job) {
  for (int i = 0; i < job->parts; i++) {
    const ZsdFrameComponent *c = job->part[i].plane;
    for (size_t k = 0; k < zsd_component_size(c); k++)
      if (job->counts[i][k] > 0)
        c->z[k] = job->total[i][k] / job->counts[i][k];
  }
}

int zsd_nl_bayes_bands(int height) {
  return (height + BAND - 1) / BAND;
}

int zsd_nl_bayes_patch_samples(const ZsdFrame *frame, int patch) {
  int samples = 0;
  for (int i = 0; i < frame->components; i++)
    samples +=
        (patch >> frame->component[i].half_width) * (patch >> frame->component[i].half_height);
  return samples;
}

static ZsdResult run(Job *job, int threads) {
  const int bands = zsd_nl_bayes_bands(job->nl_bayes->frame->component[0].height);
  ZsdTraining *training = job->nl_bayes->training;
  const ZsdObserver *observer = job->nl_bayes->observer;
  for (int first = 0; first < bands; first += job->n_slots) {
    const int n = zsd_smaller(job->n_slots, bands - first);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int i = 0; i < n; i++)
      denoise_band(job, &job->workers[omp_get_thread_num()], &job->slots[i], first + i);
    if (is_cancelled(job))
      return ZSD_CANCELLED;
    for (int i = 0; i < n; i++)
      add_band(job, &job->slots[i], first + i);
    training->step += n;
    if (observer->progress)
      observer->progress(observer->user, training);
  }
  finish(job);
  return ZSD_OK;
}

ZsdResult zsd_nl_bayes_run(const ZsdNlBayes *nl_bayes, const ZsdKernels *kernels, int threads) {
  Job job = {.nl_bayes = nl_bayes,
             .kernels = kernels,
             .n_workers = threads,
             .n_slots = SLOTS * threads};
  ZsdResult result = ZSD_OK;
  if (set_parts(&job)) {
    result = ZSD_NO_MEMORY;
    if (make(&job) == 0) {
      set_noise(&job);
      result = run(&job, threads);
    }
    clear(&job);
  }
  return result;
}
