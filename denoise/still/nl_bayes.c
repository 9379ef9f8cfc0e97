/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "still/nl_bayes.h"

#include "base/clamp.h"
#include "base/observer.h"
#include "patches/group.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum {
  STEP = 4,             /* between reference patches, samples each way */
  BAND = 32,            /* rows of reference patches that one thread denoises at a time */
  BANDS_PER_THREAD = 2, /* between two additions of the bands' sums */
  MAX_GROUPS = 4,       /* largest group, as a multiple of `group_size` */
};

/* Mean squared distance of nearly equal patches, at most, relative to the noise variance. */
static const float EQUAL_DISTANCE = 0.08f;

/* One component of the patches. */
typedef struct {
  const ZsdFrameComponent *plane;
  ZsdNoiseVariance noise;
  int half_x, half_y; /* shifts from positions in component 0 to its own */
  int width, height;  /* of a patch in this component */
  int first;          /* index of its first sample in a patch */
} Part;

/* Position of a patch's first sample in component 0. */
typedef struct {
  int x, y;
} Position;

/* Scratch memory of a thread. A group is a matrix with a patch in each row. */
typedef struct {
  float *memory;
  float *distances;      /* of the patches in the search window, row by row */
  float *half_distances; /* of a row, the subsampled components' part */
  float *sorted;         /* copy of `distances`, partially sorted */
  Position *group;       /* positions of the similar patches */
  float *noisy, *clean; /* patches of y and z, less the mean, in standard deviations of noise */
  float *noise;         /* estimated noise of the patches */
  float *covariance, *filter;
  float *mean;                  /* of y over the group, for each sample */
  float *deviation, *precision; /* standard deviation of noise, and its reciprocal, likewise */
  float *counts; /* of the patches above a row of samples that reach it, for each column */
} Scratch;

/* Sum of the estimates of each sample that a band's patches reach, and number of groups that
 * each of their positions has been in. */
typedef struct {
  float *memory;
  float *sum[ZSD_MAX_COMPONENTS];
  uint16_t *groups;
} BandSums;

typedef struct {
  const ZsdNlBayes *params;
  const ZsdKernels *kernels;
  Part part[ZSD_MAX_COMPONENTS];
  int parts;
  int columns, rows;  /* positions of patches */
  int grid_x, grid_y; /* between positions: 2 if a component is subsampled, otherwise 1 */
  int samples, row;   /* of a patch; floats from one patch of a group to the next */
  int max_group;      /* patches in the largest group */
  bool white;         /* noise without correlation */
  float *noise;       /* covariance of the noise in a patch, relative to its variance */
  float *total[ZSD_MAX_COMPONENTS]; /* sums of all bands */
  uint16_t *groups;
  Scratch *scratch;
  BandSums *bands;
  int n_threads, n_bands; /* elements of `scratch` and `bands` */
} Job;

/* --- set-up --- */

static bool set_parts(Job *job) {
  const ZsdNlBayes *params = job->params;
  const ZsdFrameComponent *whole = &params->frame->component[0];
  job->parts = params->frame->components;
  job->grid_x = job->grid_y = 1;
  job->white = true;
  for (int i = 0; i < job->parts; i++) {
    const ZsdFrameComponent *plane = &params->frame->component[i];
    const ZsdNoiseModel *noise = &params->noise[i];
    Part *part = &job->part[i];
    *part = (Part){.plane = plane,
                   .noise = {(float)noise->base, (float)noise->slope, zsd_noise_least(noise)},
                   .half_x = plane->half_width,
                   .half_y = plane->half_height,
                   .width = params->patch_size >> plane->half_width,
                   .height = params->patch_size >> plane->half_height,
                   .first = job->samples};
    job->samples += part->width * part->height;
    job->grid_x = part->half_x ? 2 : job->grid_x;
    job->grid_y = part->half_y ? 2 : job->grid_y;
    job->white = job->white && zsd_noise_is_white(noise);
  }
  job->row = zsd_group_row(job->samples);
  job->columns = whole->width - params->patch_size + 1;
  job->rows = whole->height - params->patch_size + 1;
  const int window = (2 * params->search_radius / job->grid_x + 1) *
                     (2 * params->search_radius / job->grid_y + 1);
  job->max_group = zsd_smaller(MAX_GROUPS * params->group_size, window);
  return job->columns > 0 && job->rows > 0;
}

/* The covariance of the noise of part i of a patch with that of part j. */
static float *covariance_of(const Job *job, int i, int j) {
  return job->noise + (ptrdiff_t)job->part[i].first * job->row + job->part[j].first;
}

/* Least correlation of the components' noise; 0 where they are not alike. */
static float common_noise(const Job *job) {
  double least = 1;
  for (int i = 0; i < job->parts; i++)
    least = job->part[i].half_x || job->part[i].half_y || job->parts == 1
                ? 0
                : fmin(least, job->params->noise[i].common);
  return (float)least;
}

/* Sets the covariance of the noise in a patch whose components have noise in common. They all
 * get the mean of their correlations: otherwise it might not be positive definite. */
static void set_common_noise(const Job *job, float common) {
  const int n = job->part[0].width * job->part[0].height;
  ZsdNoiseModel mean = {0};
  for (int i = 0; i < job->parts; i++) {
    mean.lag1 += job->params->noise[i].lag1 / job->parts;
    mean.lag2 += job->params->noise[i].lag2 / job->parts;
  }
  for (int i = 0; i < job->parts; i++)
    for (int j = 0; j < job->parts; j++) {
      float *to = covariance_of(job, i, j);
      zsd_patch_noise_covariance(to, job->row, job->part[0].width, job->part[0].height, &mean);
      for (int a = 0; a < n && i != j; a++)
        for (int b = 0; b < n; b++)
          to[a * job->row + b] *= common;
    }
}

/* Sets the covariance of the noise in a patch. */
static void set_noise(const Job *job) {
  const float common = common_noise(job);
  memset(job->noise, 0, (size_t)job->samples * job->row * sizeof(float));
  if (common > 0) {
    set_common_noise(job, common);
    return;
  }
  for (int i = 0; i < job->parts; i++)
    zsd_patch_noise_covariance(covariance_of(job, i, i), job->row, job->part[i].width,
                               job->part[i].height, &job->params->noise[i]);
}

/* --- memory --- */

static int make_scratch(const Job *job, Scratch *s) {
  const size_t side = (size_t)(2 * job->params->search_radius + 1), patches = job->max_group;
  const size_t row = job->row, matrix = (size_t)job->samples * row;
  const size_t sizes[] = {side * side,   2 * side,      side * side, patches * row,
                          patches * row, patches * row, matrix,      matrix,
                          row,           row,           row,         job->columns};
  float **const members[] = {&s->distances, &s->half_distances, &s->sorted,     &s->noisy,
                             &s->clean,     &s->noise,          &s->covariance, &s->filter,
                             &s->mean,      &s->deviation,      &s->precision,  &s->counts};
  enum { N = sizeof sizes / sizeof *sizes };
  size_t sum = 0;
  for (int i = 0; i < N; i++)
    sum += sizes[i];
  if (!(s->memory = calloc(sum, sizeof(float))) ||
      !(s->group = malloc(patches * sizeof *s->group)))
    return -1;
  float *next = s->memory;
  for (int i = 0; i < N; next += sizes[i++])
    *members[i] = next;
  return 0;
}

/* First row of positions of a band's groups, and their number of rows, at most. */
static int first_position(const Job *job, int band) {
  return zsd_larger(band * BAND - job->params->search_radius, 0);
}

static int position_rows(const Job *job) {
  return BAND + 2 * job->params->search_radius;
}

/* Number of rows of a component that the patches of a band's groups reach, at most. */
static int rows_of(const Job *job, const Part *part) {
  return ((position_rows(job) + job->params->patch_size) >> part->half_y) + 1;
}

static size_t sum_size(const Job *job, const Part *part) {
  return (size_t)rows_of(job, part) * part->plane->width;
}

static size_t groups_size(const Job *job) {
  return (size_t)position_rows(job) * job->columns;
}

static int make_band_sums(const Job *job, BandSums *sums) {
  size_t size = 0;
  for (int i = 0; i < job->parts; i++)
    size += sum_size(job, &job->part[i]);
  if (!(sums->memory = malloc(size * sizeof(float))) ||
      !(sums->groups = malloc(groups_size(job) * sizeof *sums->groups)))
    return -1;
  float *next = sums->memory;
  for (int i = 0; i < job->parts; next += sum_size(job, &job->part[i++]))
    sums->sum[i] = next;
  return 0;
}

static int allocate(Job *job) {
  int failed = !(job->noise = malloc((size_t)job->samples * job->row * sizeof(float))) ||
               !(job->scratch = calloc(job->n_threads, sizeof *job->scratch)) ||
               !(job->bands = calloc(job->n_bands, sizeof *job->bands)) ||
               !(job->groups = calloc((size_t)job->rows * job->columns, sizeof *job->groups));
  for (int i = 0; i < job->n_threads && !failed; i++)
    failed = make_scratch(job, &job->scratch[i]);
  for (int i = 0; i < job->n_bands && !failed; i++)
    failed = make_band_sums(job, &job->bands[i]);
  for (int i = 0; i < job->parts && !failed; i++)
    failed = !(job->total[i] = calloc(zsd_component_size(job->part[i].plane), sizeof(float)));
  return failed ? -1 : 0;
}

static void clear(Job *job) {
  for (int i = 0; i < job->n_threads && job->scratch; i++) {
    free(job->scratch[i].memory);
    free(job->scratch[i].group);
  }
  for (int i = 0; i < job->n_bands && job->bands; i++) {
    free(job->bands[i].memory);
    free(job->bands[i].groups);
  }
  for (int i = 0; i < job->parts; i++)
    free(job->total[i]);
  free(job->groups);
  free(job->scratch);
  free(job->bands);
  free(job->noise);
}

/* --- similar patches --- */

/* Index of the sample of a component at position (x, y) in component 0. */
static ptrdiff_t at(const Part *part, int x, int y) {
  return (ptrdiff_t)(y >> part->half_y) * part->plane->width + (x >> part->half_x);
}

/* Copies a patch's row. The usual widths are constants, as calls of memcpy() take longer. */
static void copy_samples(float *to, const float *from, int width) {
  if (width == 5)
    memcpy(to, from, 5 * sizeof(float));
  else if (width == 6)
    memcpy(to, from, 6 * sizeof(float));
  else
    for (int x = 0; x < width; x++)
      to[x] = from[x];
}

/* Copies the samples of a patch, of z if `clean`, otherwise of y. */
static void load_patch(const Job *job, float *to, int x, int y, bool clean) {
  for (int i = 0; i < job->parts; i++) {
    const Part *part = &job->part[i];
    const float *from = (clean ? part->plane->z : part->plane->y) + at(part, x, y);
    for (int r = 0; r < part->height; r++, to += part->width, from += part->plane->width)
      copy_samples(to, from, part->width);
  }
}

/* Sets the standard deviation of the noise for each sample of a patch, from the patch's mean
 * brightness in each component. `weight`: receives 1 / variance for each component. */
static void set_deviation(const Job *job, Scratch *s, const float *patch, float *weight) {
  for (int i = 0; i < job->parts; i++) {
    const Part *part = &job->part[i];
    const int n = part->width * part->height;
    const float variance = zsd_patch_variance(&part->noise, patch + part->first, n);
    weight[i] = 1 / variance;
    for (int a = part->first; a < part->first + n; a++) {
      s->deviation[a] = sqrtf(variance);
      s->precision[a] = 1 / s->deviation[a];
    }
  }
}

/* Sum of squared differences, each divided by the noise's variance, between a patch and those
 * at n positions of a row, from (x, y) on. */
static void row_distances(const Job *job, const Scratch *s, const float *patch,
                          const float *weight, int x, int y, int n, float *distances) {
  const int step = job->grid_x, width = step * (n - 1) + 1;
  float *whole = step > 1 ? s->sorted : distances;
  memset(whole, 0, width * sizeof(float));
  memset(s->half_distances, 0, n * sizeof(float));
  for (int i = 0; i < job->parts; i++) {
    const Part *part = &job->part[i];
    const ZsdTemplate t = {patch + part->first, part->width, part->height, weight[i]};
    const bool half = part->half_x;
    job->kernels->patch_ssd(half ? s->half_distances : whole, part->plane->z + at(part, x, y),
                            part->plane->width, &t, half ? n : width);
  }
  for (int i = 0; i < n && step > 1; i++)
    distances[i] = whole[step * i] + s->half_distances[i];
}

/* Makes the patches with the smallest distances the group: `group_size` of them, or as many as
 * are nearly equal, up to the largest group. Of equal distances the first positions count.
 * Returns their number. */
static int select_group(const Job *job, Scratch *s, int left, int top, int columns, int rows) {
  const int positions = rows * columns;
  int equal = 0, n = 0;
  for (int i = 0; i < positions; i++)
    equal += s->distances[i] < EQUAL_DISTANCE * (float)job->samples;
  const int least = zsd_smaller(job->params->group_size, positions);
  const int size = zsd_clamp(equal, least, zsd_smaller(job->max_group, positions));
  memcpy(s->sorted, s->distances, positions * sizeof(float));
  const float limit = zsd_select_smallest(s->sorted, positions, size - 1);
  for (int pass = 0; pass < 2; pass++)
    for (int i = 0; i < positions && n < size; i++)
      if (pass == 0 ? s->distances[i] < limit : s->distances[i] == limit)
        s->group[n++] =
            (Position){left + i % columns * job->grid_x, top + i / columns * job->grid_y};
  return n;
}

/* Makes the patches most similar to the one at (x, y) the group. Returns their number. */
static int find_group(const Job *job, Scratch *s, const float *patch, int x, int y) {
  const int radius = job->params->search_radius;
  const int left = x > radius ? x - radius : 0, top = y > radius ? y - radius : 0;
  const int right = zsd_smaller(x + radius, job->columns - 1);
  const int bottom = zsd_smaller(y + radius, job->rows - 1);
  const int columns = (right - left) / job->grid_x + 1, rows = (bottom - top) / job->grid_y + 1;
  float weight[ZSD_MAX_COMPONENTS];

  set_deviation(job, s, patch, weight);
  for (int r = 0; r < rows; r++)
    row_distances(job, s, patch, weight, left, top + r * job->grid_y, columns,
                  s->distances + r * columns);
  return select_group(job, s, left, top, columns, rows);
}

/* --- estimate of a group --- */

/* Subtracts the mean of n patches from each, and divides by the noise's standard deviation. */
static void centre(const Job *job, const Scratch *s, float *patches, int n) {
  const ZsdMatrixCentre matrix = {patches, job->row, n, job->samples, s->precision, s->mean};
  job->kernels->matrix_centre(&matrix);
}

/* Loads the patches of the group. `mean` is that of y afterwards. */
static void load_group(const Job *job, Scratch *s, int n) {
  for (int q = 0; q < n; q++) {
    const Position *position = &s->group[q];
    load_patch(job, s->noisy + q * job->row, position->x, position->y, false);
    load_patch(job, s->clean + q * job->row, position->x, position->y, true);
  }
  centre(job, s, s->clean, n);
  centre(job, s, s->noisy, n);
}

/* Estimates the noise in the patches of the group. */
static void estimate_noise(const Job *job, Scratch *s, int n) {
  const ZsdWiener wiener = {job->kernels, job->samples,  job->row, job->white,
                            job->noise,   s->covariance, s->filter};
  zsd_wiener_make(&wiener, s->clean, n, n - 1);
  zsd_wiener_noise(&wiener, s->noisy, s->noise, n);
}

static void add_samples(float *restrict to, const float *restrict from, int width) {
  for (int x = 0; x < width; x++)
    to[x] += from[x];
}

/* Adds the group's estimates, y less the noise, to the band's sums. */
static void add_group(const Job *job, const Scratch *s, BandSums *sums, int band, int n) {
  const int top = first_position(job, band);
  for (int q = 0; q < n; q++) {
    float *restrict estimate = s->noisy + q * job->row;
    const float *noise = s->noise + q * job->row;
    const int x = s->group[q].x, y = s->group[q].y;
    for (int k = 0; k < job->samples; k++)
      estimate[k] = s->mean[k] + s->deviation[k] * (estimate[k] - noise[k]);
    for (int i = 0; i < job->parts; i++) {
      const Part *part = &job->part[i];
      const int width = part->plane->width;
      float *to = sums->sum[i] + at(part, x, y) - (ptrdiff_t)(top >> part->half_y) * width;
      for (int r = 0; r < part->height; r++, to += width, estimate += part->width)
        add_samples(to, estimate, part->width);
    }
    sums->groups[(y - top) * job->columns + x]++;
  }
}

/* --- bands --- */

/* Denoises the groups of the reference patches that begin in a band. Patches that have been in
 * a group are no references. */
static void denoise_band(const Job *job, Scratch *s, BandSums *sums, int band) {
  float patch[ZSD_MAX_COMPONENTS * ZSD_NL_BAYES_MAX_PATCH * ZSD_NL_BAYES_MAX_PATCH];
  const int top = first_position(job, band);
  for (int i = 0; i < job->parts; i++)
    memset(sums->sum[i], 0, sum_size(job, &job->part[i]) * sizeof(float));
  memset(sums->groups, 0, groups_size(job) * sizeof *sums->groups);
  for (int y = 0; y < job->rows; y = zsd_next_reference(y, job->rows, STEP, job->grid_y))
    for (int x = 0;
         y / BAND == band && x < job->columns && !zsd_is_cancelled(job->params->observer);
         x = zsd_next_reference(x, job->columns, STEP, job->grid_x)) {
      if (sums->groups[(y - top) * job->columns + x] > 0)
        continue;
      load_patch(job, patch, x, y, true);
      const int n = find_group(job, s, patch, x, y);
      load_group(job, s, n);
      estimate_noise(job, s, n);
      add_group(job, s, sums, band, n);
    }
}

/* Adds a band's sums to those of the picture. */
static void add_band(const Job *job, const BandSums *sums, int band) {
  const int top = first_position(job, band);
  for (int i = 0; i < job->parts; i++) {
    const Part *part = &job->part[i];
    const int first = top >> part->half_y, width = part->plane->width;
    const int n = zsd_smaller(rows_of(job, part), part->plane->height - first) * width;
    float *restrict total = job->total[i] + (ptrdiff_t)first * width;
    for (int k = 0; k < n; k++)
      total[k] += sums->sum[i][k];
  }
  const int n = zsd_smaller(position_rows(job), job->rows - top) * job->columns;
  uint16_t *restrict groups = job->groups + (ptrdiff_t)top * job->columns;
  for (int k = 0; k < n; k++)
    groups[k] = (uint16_t)(groups[k] + sums->groups[k]);
}

/* Counts the patches above row y of a component that reach it, for each of their columns there.
 * `counts` has as many elements as there are columns of positions in the component. */
static void count_patches(const Job *job, const Part *part, float *counts, int columns, int y) {
  memset(counts, 0, columns * sizeof(float));
  for (int r = zsd_larger(0, y - part->height + 1); r <= y; r++) {
    const int row = r << part->half_y;
    if (row >= job->rows)
      break;
    const uint16_t *groups = job->groups + (ptrdiff_t)row * job->columns;
    for (int x = 0; x < columns; x++)
      counts[x] += groups[x << part->half_x];
  }
}

/* Makes row y of z the mean of the estimates of each sample. */
static void average_row(const Job *job, int component, Scratch *s, int y) {
  const Part *part = &job->part[component];
  const ZsdFrameComponent *plane = part->plane;
  const int columns = ((job->columns - 1) >> part->half_x) + 1;
  const float *total = job->total[component] + (ptrdiff_t)y * plane->width;
  float *z = plane->z + (ptrdiff_t)y * plane->width;
  count_patches(job, part, s->counts, columns, y);
  for (int x = 0; x < plane->width; x++) {
    float count = 0;
    for (int c = zsd_larger(0, x - part->width + 1); c <= zsd_smaller(x, columns - 1); c++)
      count += s->counts[c];
    if (count > 0)
      z[x] = total[x] / count;
  }
}

static void average(const Job *job, int threads) {
  for (int i = 0; i < job->parts; i++)
#pragma omp parallel for num_threads(threads)
    for (int y = 0; y < job->part[i].plane->height; y++)
      average_row(job, i, &job->scratch[omp_get_thread_num()], y);
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
  const int bands = zsd_nl_bayes_bands(job->params->frame->component[0].height);
  ZsdTraining *training = job->params->training;
  const ZsdObserver *observer = job->params->observer;
  for (int first = 0; first < bands; first += job->n_bands) {
    const int n = zsd_smaller(job->n_bands, bands - first);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int i = 0; i < n; i++)
      denoise_band(job, &job->scratch[omp_get_thread_num()], &job->bands[i], first + i);
    if (zsd_is_cancelled(job->params->observer))
      return ZSD_CANCELLED;
    for (int i = 0; i < n; i++)
      add_band(job, &job->bands[i], first + i);
    training->step += n;
    zsd_report(observer, training);
  }
  average(job, threads);
  return ZSD_OK;
}

ZsdResult zsd_nl_bayes_run(const ZsdNlBayes *params, const ZsdKernels *kernels, int threads) {
  Job job = {.params = params,
             .kernels = kernels,
             .n_threads = threads,
             .n_bands = BANDS_PER_THREAD * threads};
  ZsdResult result = ZSD_OK;
  if (set_parts(&job)) {
    result = ZSD_NO_MEMORY;
    if (allocate(&job) == 0) {
      set_noise(&job);
      result = run(&job, threads);
    }
    clear(&job);
  }
  return result;
}
