/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wiener filter of blocks: identical to the bit in all instruction sets, and equal to a direct
 * two-dimensional DCT of each block in double precision within rounding. */
#include "check.h"

#include <math.h>
#include <string.h>

enum { SIDE = ZSD_WIENER_SIDE, ROW = ZSD_WIENER_ROW, MAX_BLOCKS = ZSD_WIENER_BLOCKS };

static float uniform(Check *check, float low, float high) {
  return low + (high - low) * (float)check_random(check, 0, 1 << 20) / (1 << 20);
}

/* Place of a row's sample. */
static int at(int x) {
  return x % 4 * ZSD_WIENER_PHASE + x / 4;
}

static void fill(Check *check, Buffer *buffer, float low, float high) {
  for (size_t i = 0; i < buffer->size / sizeof(float); i++)
    ((float *)buffer->data)[i] = check_random(check, 0, 15) ? uniform(check, low, high) : low;
}

/* --- blocks --- */

typedef struct {
  Buffer y, z, p, noise, v; /* SIDE rows */
  Buffer sum, weight;       /* of the tested set */
  Buffer plain_sum, plain_weight;
  float spectrum[SIDE * SIDE];
  double tolerance; /* of weights, relative */
  ZsdWienerBlocks blocks;
} Job;

static Buffer rows(Check *check, int n, float low, float high) {
  Buffer buffer = buffer_new(check, (size_t)n * ROW * sizeof(float), sizeof(float));
  fill(check, &buffer, low, high);
  return buffer;
}

/* Rows of noise whose variance `left` is that of the fused picture: as much as `all`, or less.
 */
static void make_variances(Check *check, Job *job, float sigma) {
  float *noise = job->noise.data, *v = job->v.data;
  const int kind = check_random(check, 0, 2);
  for (int i = 0; i < SIDE * ROW; i++) {
    noise[i] = sigma * sigma * uniform(check, 0.5f, 1.5f);
    v[i] = kind == 0 ? noise[i] : noise[i] * uniform(check, 0.01f, 1);
  }
}

static void job_new(Check *check, Job *job) {
  const float sigma = check_random(check, 0, 3) ? uniform(check, 0.01f, 0.2f) : 1e-4f;
  /* In fp32, the difference of two coefficients of up to 8 has an error of about 1e-6; it
   * counts in units of the noise. */
  *job = (Job){.y = rows(check, SIDE, 0, 1),
               .noise = rows(check, SIDE, 0, 0),
               .tolerance = 1e-3 + 1e-6 / (double)sigma};
  job->z = rows(check, SIDE, 0, 1);
  job->p = rows(check, SIDE, 0, 1);
  job->v = rows(check, SIDE, 0, 0);
  job->sum = rows(check, SIDE, -1, 1);
  job->weight = rows(check, 1, 0, 0);
  job->plain_sum = rows(check, SIDE, 0, 0);
  job->plain_weight = rows(check, 1, 0, 0);
  make_variances(check, job, sigma);
  if (check_random(check, 0, 1)) /* the fused picture and the pilot are near the frame */
    for (int i = 0; i < SIDE * ROW; i++) {
      ((float *)job->z.data)[i] = ((float *)job->y.data)[i] + uniform(check, -sigma, sigma);
      ((float *)job->p.data)[i] = ((float *)job->y.data)[i] + uniform(check, -sigma, sigma);
    }
  if (check_random(check, 0, 7) == 0)
    memset(job->p.data, 0, job->p.size);
  for (int i = 0; i < SIDE * SIDE; i++)
    job->spectrum[i] = uniform(check, 0.1f, 3);
  job->blocks = (ZsdWienerBlocks){.spectrum = job->spectrum,
                                  .first = 2 * check_random(check, 0, 1),
                                  .n = check_random(check, 1, MAX_BLOCKS)};
  for (int i = 0; i < SIDE; i++)
    job->blocks.row[i] =
        (ZsdWienerRow){(float *)job->y.data + i * ROW, (float *)job->z.data + i * ROW,
                       (float *)job->p.data + i * ROW, (float *)job->noise.data + i * ROW,
                       (float *)job->v.data + i * ROW};
  memcpy(job->plain_sum.data, job->sum.data, job->sum.size);
  buffer_remember(&job->sum);
}

static void job_free(Check *check, Job *job) {
  buffer_free(check, &job->y, "frame");
  buffer_free(check, &job->z, "fused picture");
  buffer_free(check, &job->p, "pilot");
  buffer_free(check, &job->noise, "noise");
  buffer_free(check, &job->v, "remaining noise");
  buffer_free(check, &job->sum, "sums");
  buffer_free(check, &job->weight, "weights");
  buffer_free(check, &job->plain_sum, "sums of plain C");
  buffer_free(check, &job->plain_weight, "weights of plain C");
}

static void run(const ZsdKernels *kernels, Job *job, Buffer *sum, Buffer *weight) {
  for (int i = 0; i < SIDE; i++)
    job->blocks.sum[i] = (float *)sum->data + i * ROW;
  job->blocks.weight = weight->data;
  kernels->wiener_blocks(&job->blocks);
}

static double basis(int k, int x) {
  return sqrt((k ? 2.0 : 1.0) / SIDE) * cos(M_PI * (2 * x + 1) * k / (2 * SIDE));
}

/* Coefficient (u, i) of the block that begins at column x. */
static double coefficient(const float *samples, int x, int u, int i) {
  double sum = 0;
  for (int a = 0; a < SIDE; a++)
    for (int b = 0; b < SIDE; b++)
      sum += basis(u, a) * basis(i, b) * (double)samples[a * ROW + at(x + b)];
  return sum;
}

static double mean(const float *samples, int x) {
  return coefficient(samples, x, 0, 0) / SIDE;
}

/* Adds the estimate of the block that begins at column x. */
static void add_block(const Job *job, int x, double (*sum)[4 * MAX_BLOCKS + 16],
                      double *weights) {
  const double noise = mean(job->noise.data, x), left = mean(job->v.data, x);
  const double limit = (noise - left) * (1.2 + 0.6 * (noise - left) / left);
  double estimate[SIDE][SIDE], total = 0;
  for (int u = 0; u < SIDE; u++)
    for (int i = 0; i < SIDE; i++) {
      const double s = (double)job->spectrum[u * SIDE + i];
      const double y = coefficient(job->y.data, x, u, i);
      const double d = y - coefficient(job->z.data, x, u, i);
      const double p = coefficient(job->p.data, x, u, i);
      const double trust = fmin(1, s * limit / (d * d + 1e-30));
      const double remaining = s * (noise - trust * (noise - left));
      const double factor = u + i ? p * p / (p * p + (double)ZSD_WIENER_FACTOR * remaining) : 1;
      estimate[u][i] = factor * (y - trust * d);
      total += factor * factor * remaining;
    }
  for (int a = 0; a < SIDE; a++)
    for (int b = 0; b < SIDE; b++)
      for (int u = 0; u < SIDE; u++)
        for (int i = 0; i < SIDE; i++)
          sum[a][x + b] += basis(u, a) * basis(i, b) * estimate[u][i] / total;
  for (int b = 0; b < SIDE; b++)
    weights[x + b] += 1 / total;
}

static void check_job(Check *check, Job *job) {
  static double sum[SIDE][4 * MAX_BLOCKS + 16], weights[4 * MAX_BLOCKS + 16];
  const ZsdWienerBlocks *b = &job->blocks;
  memset(sum, 0, sizeof sum);
  memset(weights, 0, sizeof weights);
  for (int m = 0; m < b->n; m++)
    add_block(job, b->first + 4 * m, sum, weights);
  for (int x = b->first + 4; x < b->first + 4 * b->n; x++) {
    const double weight = (double)((float *)job->weight.data)[at(x)];
    if (!(fabs(weight - weights[x]) <= job->tolerance * weights[x]))
      check_fail(check, "weight of column %d of %d blocks: %g, not %g", x, b->n, weight,
                 weights[x]);
    for (int a = 0; a < SIDE; a++) {
      float before;
      memcpy(&before, job->sum.copy + (a * ROW + at(x)) * sizeof before, sizeof before);
      const double got = (double)((float *)job->sum.data)[a * ROW + at(x)];
      const double expected = (double)before + sum[a][x];
      if (!(fabs(got - expected) <= job->tolerance * (weights[x] + 1)))
        check_fail(check, "sum in column %d, row %d: %g, not %g", x, a, got, expected);
    }
    for (int a = 0; a < SIDE; a++)
      if (memcmp((float *)job->sum.data + a * ROW + at(x),
                 (float *)job->plain_sum.data + a * ROW + at(x), sizeof(float)) != 0)
        check_fail(check, "sum in column %d, row %d: not as plain C", x, a);
    if (memcmp((float *)job->weight.data + at(x), (float *)job->plain_weight.data + at(x),
               sizeof(float)) != 0)
      check_fail(check, "weight of column %d: not as plain C", x);
  }
}

void check_wiener_blocks(Check *check) {
  for (int trial = 0; trial < 40; trial++) {
    Job job;
    if (!check_wanted(check))
      continue;
    job_new(check, &job);
    run(check->set, &job, &job.sum, &job.weight);
    run(check->plain, &job, &job.plain_sum, &job.plain_weight);
    check_job(check, &job);
    job_free(check, &job);
  }
}

/* --- rows --- */

enum { Y, Z, P, NOISE, V, PLANES };

static ZsdWienerRow row_of(Buffer planes[PLANES]) {
  return (ZsdWienerRow){planes[Y].data, planes[Z].data, planes[P].data, planes[NOISE].data,
                        planes[V].data};
}

static float clipped(float x) {
  return fminf(fmaxf(x, 0), 1);
}

static bool same(float a, float b) {
  return !(a < b || a > b);
}

static void check_load(Check *check, int n) {
  const ZsdNoiseVariance noise = {uniform(check, -0.01f, 0.02f), uniform(check, -0.01f, 0.02f),
                                  uniform(check, 0, 0.001f)};
  const float least = 1e-6f;
  Buffer y = buffer_new(check, 4 * n * sizeof(float), sizeof(float));
  Buffer z = buffer_new(check, 4 * n * sizeof(float), sizeof(float));
  Buffer k = buffer_new(check, 4 * n * sizeof(float), sizeof(float));
  Buffer pilot = buffer_new(check, 4 * n * sizeof(uint16_t), sizeof(uint16_t));
  Buffer planes[PLANES], plain[PLANES];
  for (int i = 0; i < PLANES; i++) {
    planes[i] = rows(check, 1, 0, 0);
    plain[i] = rows(check, 1, 0, 0);
  }
  fill(check, &y, -0.2f, 1.3f);
  fill(check, &z, -0.2f, 1.3f);
  fill(check, &k, 0, 1);
  for (int i = 0; i < 4 * n; i++)
    ((uint16_t *)pilot.data)[i] = (uint16_t)check_random(check, 0, 65535);
  const ZsdWienerRow to = row_of(planes), plain_to = row_of(plain);
  check->set->wiener_load(&to, y.data, z.data, k.data, pilot.data, n, &noise, least);
  check->plain->wiener_load(&plain_to, y.data, z.data, k.data, pilot.data, n, &noise, least);
  for (int x = 0; x < 4 * n; x++) {
    const double p = ((uint16_t *)pilot.data)[x] / 65535.0;
    const double all = fmax((double)noise.base + (double)noise.slope * p, (double)noise.least);
    const double left = (double)((float *)k.data)[x] * all;
    if (!same(to.y[at(x)], clipped(((float *)y.data)[x])) ||
        !same(to.z[at(x)], clipped(((float *)z.data)[x])))
      check_fail(check, "sample %d of %d is not in its place", x, 4 * n);
    if (!(fabs((double)to.p[at(x)] - p) < 1e-6) ||
        !(fabs((double)to.noise[at(x)] - fmax(all, (double)least)) < 1e-6) ||
        !(fabs((double)to.v[at(x)] - fmax(left, (double)least)) < 1e-6))
      check_fail(check, "sample %d of %d: wrong pilot or variance", x, 4 * n);
  }
  for (int i = 0; i < PLANES; i++) {
    if (memcmp(planes[i].data, plain[i].data, planes[i].size) != 0)
      check_fail(check, "row %d: not as plain C", i);
    buffer_free(check, &planes[i], "row");
    buffer_free(check, &plain[i], "row of plain C");
  }
  buffer_free(check, &y, "frame");
  buffer_free(check, &z, "fused picture");
  buffer_free(check, &k, "variance");
  buffer_free(check, &pilot, "pilot");
}

void check_wiener_load(Check *check) {
  for (int trial = 0; trial < 60; trial++)
    if (check_wanted(check))
      check_load(check, check_random(check, 1, MAX_BLOCKS + 2));
}

static void check_finish(Check *check, int n) {
  Buffer out = buffer_new(check, 4 * n * sizeof(float), sizeof(float));
  Buffer plain = buffer_new(check, 4 * n * sizeof(float), sizeof(float));
  Buffer sum = rows(check, 1, -100, 100), weight = rows(check, ZSD_WIENER_OVERLAP, 1, 1000);
  const float *w = weight.data, *const weights[] = {w, w + ROW, w + 2 * ROW, w + 3 * ROW};
  check->set->wiener_finish(out.data, sum.data, weights, n);
  check->plain->wiener_finish(plain.data, sum.data, weights, n);
  for (int x = 0; x < 4 * n; x++) {
    double total = 0;
    for (int i = 0; i < ZSD_WIENER_OVERLAP; i++)
      total += (double)weights[i][at(x)];
    const double expected = (double)((float *)sum.data)[at(x)] / total;
    if (!(fabs((double)((float *)out.data)[x] - expected) <= 1e-5 * (1 + fabs(expected))))
      check_fail(check, "sample %d of %d: %g, not %g", x, 4 * n, (double)((float *)out.data)[x],
                 expected);
  }
  if (memcmp(out.data, plain.data, out.size) != 0)
    check_fail(check, "not as plain C");
  buffer_free(check, &out, "output");
  buffer_free(check, &plain, "output of plain C");
  buffer_free(check, &sum, "sums");
  buffer_free(check, &weight, "weights");
}

void check_wiener_finish(Check *check) {
  for (int trial = 0; trial < 60; trial++)
    if (check_wanted(check))
      check_finish(check, check_random(check, 1, MAX_BLOCKS + 2));
}
