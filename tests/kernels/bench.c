/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Speed of the kernels on one thread, with data in the cache. */
#define _POSIX_C_SOURCE 200112L /* clock_gettime */
#include "check.h"

#include "base/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  ROW = 68,
  ROWS = 20,
  AROUND = ROW + 1,
  PLANE = AROUND + ROW * ROWS + ZSD_SLACK + AROUND
};

typedef struct {
  const char *name;
  int n_in, n_out, taps;
  bool grad;
} Job;

static const Job jobs[] = {
    {"conv3x3 52->52", 52, 52, 9, false},   {"conv3x3 6->52", 6, 52, 9, false},
    {"conv1x1 52->6", 52, 6, 1, false},     {"conv3x3_grad 52->52", 52, 52, 9, true},
    {"conv3x3_grad 6->52", 6, 52, 9, true}, {"conv1x1_grad 52->6", 52, 6, 1, true},
};

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + 1e-9 * now.tv_nsec;
}

static float *new_floats(size_t n) {
  float *x = malloc(n * sizeof(float));
  if (!x)
    abort();
  for (size_t i = 0; i < n; i++)
    x[i] = 0.01f * (float)(i % 101) - 0.5f;
  return x;
}

static void run(const ZsdKernels *k, const Job *job, ZsdPlanes in, ZsdPlanes out,
                float *weights) {
  if (job->grad) {
    const ZsdConvGrad g = {.in = in,
                           .grad = out,
                           .n_in = job->n_in,
                           .n_out = job->n_out,
                           .row = ROW,
                           .n = ROW * ROWS,
                           .weights = weights};
    (job->taps == 9 ? k->conv3x3_grad : k->conv1x1_grad)(&g);
  } else {
    const ZsdConv c = {.in = in,
                       .out = out,
                       .n_in = job->n_in,
                       .n_out = job->n_out,
                       .row = ROW,
                       .n = ROW * ROWS,
                       .weights = weights,
                       .epilogue = ZSD_LEAKY};
    (job->taps == 9 ? k->conv3x3 : k->conv1x1)(&c);
  }
}

/* The shortest of many runs, the one that other processes disturbed least. Seconds. */
static double best_time(const ZsdKernels *k, const Job *job) {
  float *in = new_floats((size_t)job->n_in * PLANE),
        *out = new_floats((size_t)job->n_out * PLANE);
  float *weights = new_floats(zsd_packed_size(k, job->n_in, job->n_out, job->taps));
  const double start = seconds();
  double best = 1e9;
  for (int runs = 0; runs < 10 || seconds() - start < 0.3; runs++) {
    const double before = seconds();
    run(k, job, (ZsdPlanes){in + AROUND, PLANE}, (ZsdPlanes){out + AROUND, PLANE}, weights);
    const double time = seconds() - before;
    best = time < best ? time : best;
  }
  free(in);
  free(out);
  free(weights);
  return best;
}

/* --- the pass --- */

static void *new_memory(size_t size) {
  void *memory = aligned_alloc(ZSD_PASS_ALIGNMENT, size);
  if (!memory)
    abort();
  memset(memory, 0, size);
  return memory;
}

static double best_pass_time(const ZsdPassKernel *kernel, ZsdShape shape, int width,
                             int height) {
  const ptrdiff_t row = width + 4, plane = row * (height + 4) + ZSD_SLACK;
  const size_t n_params = 9 * (size_t)shape.hidden * (shape.inputs + shape.hidden) +
                          2 * shape.hidden + (size_t)shape.outputs * (shape.hidden + 1);
  float *in = new_floats(shape.inputs * plane), *out = new_floats(shape.outputs * plane);
  float *params = new_floats(n_params);
  void *weights = new_memory(kernel->weights_size(shape));
  void *scratch = new_memory(kernel->scratch_size(shape, width, height));
  const ZsdPass pass = {.shape = shape,
                        .in = {in + 2 * row + 2, plane},
                        .out = {out + 2 * row + 2, plane},
                        .row = row,
                        .width = width,
                        .height = height,
                        .weights = weights,
                        .scratch = scratch};
  kernel->pack(weights, shape, params);
  const double start = seconds();
  double best = 1e9;
  for (int runs = 0; runs < 10 || seconds() - start < 0.3; runs++) {
    const double before = seconds();
    kernel->run(&pass);
    const double time = seconds() - before;
    best = time < best ? time : best;
  }
  free(in);
  free(out);
  free(params);
  free(weights);
  free(scratch);
  return best;
}

/* Multiply-adds are those of direct convolution on the tile's own samples, however the kernel
 * computes them. The second shape consists mostly of two layers 52->52. */
static void benchmark_pass(const ZsdKernels *set, ZsdPrecision precision) {
  static const ZsdShape shapes[] = {{15, 52, 6}, {52, 52, 1}};
  const ZsdPassKernel *kernel = &set->pass[precision];
  const int width = kernel->tile_width, height = kernel->tile_height;
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    const ZsdShape s = shapes[i];
    const double products =
        (double)width * height * s.hidden * (9 * (s.inputs + s.hidden) + s.outputs);
    printf("%-6s pass %d-%d-%d %-7s %7.1f GMAC/s\n", zsd_cpu_name(set->flags), s.inputs,
           s.hidden, s.outputs, zsd_precision_name(precision),
           1e-9 * products / best_pass_time(kernel, s, width, height));
  }
}

/* --- motion search --- */

/* Compares blocks of two pictures, at scattered positions as in a motion search. */
static double best_sad_time(const ZsdKernels *k, int blocks) {
  enum { WIDTH = 128 };
  static uint8_t now[WIDTH * WIDTH], before[WIDTH * WIDTH];
  static volatile unsigned sum; /* keeps the calls from being optimised away */
  const double start = seconds();
  double best = 1e9;
  for (int i = 0; i < WIDTH * WIDTH; i++) {
    now[i] = (uint8_t)(i * i % 251);
    before[i] = (uint8_t)(i * i % 241);
  }
  while (seconds() - start < 0.1) {
    const double begin = seconds();
    for (int i = 0; i < blocks; i++)
      sum =
          sum + k->sad16(now + 8 * WIDTH + 8, WIDTH, before + i % 97 * WIDTH + i % 111, WIDTH);
    const double time = seconds() - begin;
    best = time < best ? time : best;
  }
  return best;
}

static void benchmark_sad(const ZsdKernels *set) {
  enum { BLOCKS = 10000 };
  printf("%-6s %-20s %7.1f million blocks/s\n", zsd_cpu_name(set->flags), "sad16",
         1e-6 * BLOCKS / best_sad_time(set, BLOCKS));
}

/* --- matrices --- */

enum { PATCHES = 150, SAMPLES = 75, ALIGNED = 80 };

/* Steps of NL-Bayes on a group of 150 RGB patches of 5x5 samples. */
typedef enum { COVARIANCE, INVERSE, FILTER, STEPS } Step;

static const struct {
  const char *name;
  double products;
} steps[STEPS] = {
    [COVARIANCE] = {"covariance 150x75", (double)PATCHES *SAMPLES *SAMPLES},
    [INVERSE] = {"inverse 75x75", (double)SAMPLES *SAMPLES *SAMPLES},
    [FILTER] = {"filter 150x75", (double)PATCHES *SAMPLES *SAMPLES},
};

typedef struct {
  const ZsdKernels *set;
  float *patches, *covariance, *inverse, *out;
} Group;

static void run_step(const Group *g, Step step) {
  const ZsdMatrixProduct squares = {.a = g->patches,
                                    .a_row = 1,
                                    .a_column = ALIGNED,
                                    .b = g->patches,
                                    .c = g->covariance,
                                    .row = ALIGNED,
                                    .rows = SAMPLES,
                                    .columns = ALIGNED,
                                    .depth = PATCHES,
                                    .symmetric = true};
  const ZsdMatrixProduct filter = {.a = g->patches,
                                   .a_row = ALIGNED,
                                   .a_column = 1,
                                   .b = g->inverse,
                                   .c = g->out,
                                   .row = ALIGNED,
                                   .rows = PATCHES,
                                   .columns = ALIGNED,
                                   .depth = SAMPLES};
  switch (step) {
  case COVARIANCE:
    g->set->matrix_multiply(&squares);
    for (int i = 0; i < SAMPLES; i++)
      g->covariance[i * ALIGNED + i] += PATCHES;
    break;
  case INVERSE:
    memcpy(g->inverse, g->covariance, ALIGNED * ALIGNED * sizeof(float));
    g->set->matrix_invert(g->inverse, ALIGNED, SAMPLES);
    break;
  case FILTER:
    g->set->matrix_multiply(&filter);
    break;
  case STEPS:
    break;
  }
}

static void benchmark_matrices(const ZsdKernels *set) {
  enum { TIMES = 20 };
  const Group group = {set, new_floats(PATCHES * ALIGNED), new_floats(ALIGNED * ALIGNED),
                       new_floats(ALIGNED * ALIGNED), new_floats(PATCHES * ALIGNED)};
  for (Step step = 0; step < STEPS; step++) {
    const double start = seconds();
    double best = 1e9;
    while (seconds() - start < 0.1) {
      const double begin = seconds();
      for (int i = 0; i < TIMES; i++)
        run_step(&group, step);
      const double time = (seconds() - begin) / TIMES;
      best = time < best ? time : best;
    }
    printf("%-6s %-20s %7.1f GMAC/s\n", zsd_cpu_name(set->flags), steps[step].name,
           1e-9 * steps[step].products / best);
  }
  free(group.patches);
  free(group.covariance);
  free(group.inverse);
  free(group.out);
}

void benchmark(const ZsdKernels *set) {
  for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
    const Job *job = &jobs[i];
    const double products = (double)ROW * ROWS * job->n_in * job->n_out * job->taps;
    printf("%-6s %-20s %7.1f GMAC/s\n", zsd_cpu_name(set->flags), job->name,
           1e-9 * products / best_time(set, job));
  }
  for (int i = 0; i < ZSD_PRECISIONS; i++)
    if (set->pass[i].run)
      benchmark_pass(set, i);
  benchmark_sad(set);
  benchmark_matrices(set);
}
