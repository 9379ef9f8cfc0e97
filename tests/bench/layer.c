/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How fast the network's middle layer is, 52 to 52 channels, 3x3, on 768x512 samples, against
 * oneDNN's: bench-layer [ROUNDS]
 *
 * The pass kernels compute three layers in one go, so what is timed of ours is a network of 52,
 * 52, 52 and 1 channels: two such layers, and next to nothing. Both sides take all processors
 * that the process may use (`taskset -c 0` for one thread). ZSDENOISE_CPU and
 * ONEDNN_MAX_CPU_ISA hold them back to an instruction set. */
#define _POSIX_C_SOURCE 200112L /* clock_gettime */
#include "onednn.h"

#include "base/cpu.h"
#include "base/team.h"
#include "network/packed_weights.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  CHANNELS = 52,
  WIDTH = 768,
  HEIGHT = 512,
  TILE_WIDTH = 38, /* at most, as the filter has them */
  TILE_HEIGHT = 30,
  ACROSS = (WIDTH + TILE_WIDTH - 1) / TILE_WIDTH,
  DOWN = (HEIGHT + TILE_HEIGHT - 1) / TILE_HEIGHT,
  MARGIN = 2,
  ROW = WIDTH + 2 * MARGIN,
  PLANE = ROW * (HEIGHT + 2 * MARGIN) + ZSD_SLACK,
  OUT = ROW * TILE_HEIGHT + ZSD_SLACK,
  RUNS = 3, /* timed in a turn */
  MAX_ROUNDS = 100,
};

static void fail(const char *why) {
  fprintf(stderr, "bench-layer: %s\n", why);
  exit(1);
}

static void *checked(void *memory) {
  if (!memory)
    fail("no memory");
  return memory;
}

/* --- ours --- */

typedef struct {
  int threads;
  ZsdWeights weights;
  float *in;
  float **out;
  void **scratch; /* of each worker */
} Ours;

static Ours *ours_new(const ZsdPassKernel *kernel, int threads) {
  const ZsdShape shape = {CHANNELS, CHANNELS, 1};
  const int workers = threads;
  Ours *o = checked(calloc(1, sizeof *o));
  ZsdNetwork net = {0};
  o->threads = threads;
  o->in = checked(calloc((size_t)CHANNELS * PLANE, sizeof(float)));
  for (int c = 0; c < CHANNELS; c++)
    for (int y = MARGIN; y < HEIGHT + MARGIN; y++)
      for (int x = MARGIN; x < WIDTH + MARGIN; x++)
        o->in[(size_t)c * PLANE + y * ROW + x] = (float)((x * y + c) % 101) / 101;
  if (zsd_network_resize(&net, shape) || zsd_weights_resize(&o->weights, kernel, shape))
    fail("no memory");
  zsd_network_init(&net, 1);
  zsd_weights_update(&o->weights, &net);
  zsd_network_clear(&net);
  o->out = checked(calloc(workers, sizeof *o->out));
  o->scratch = checked(calloc(workers, sizeof *o->scratch));
  const size_t size = kernel->scratch_size(shape, TILE_WIDTH, TILE_HEIGHT);
  for (int i = 0; i < workers; i++) {
    o->out[i] = checked(calloc(OUT, sizeof(float)));
    o->scratch[i] = memset(checked(aligned_alloc(ZSD_PASS_ALIGNMENT, size)), 0, size);
  }
  return o;
}

static void ours_free(Ours *o) {
  for (int i = 0; i < o->threads; i++) {
    free(o->out[i]);
    free(o->scratch[i]);
  }
  free(o->out);
  free(o->scratch);
  free(o->in);
  zsd_weights_clear(&o->weights);
  free(o);
}

static void run_tile(const Ours *o, int worker, int item) {
  const int column = item % ACROSS, row = item / ACROSS;
  const int x = column * WIDTH / ACROSS, end = (column + 1) * WIDTH / ACROSS;
  const int y = row * HEIGHT / DOWN, bottom = (row + 1) * HEIGHT / DOWN;
  const ZsdPass pass = {.shape = o->weights.shape,
                        .in = {o->in + (y + MARGIN) * ROW + MARGIN + x, PLANE},
                        .out = {o->out[worker], OUT},
                        .row = ROW,
                        .width = end - x,
                        .height = bottom - y,
                        .left = x == 0,
                        .top = y == 0,
                        .right = end == WIDTH,
                        .bottom = bottom == HEIGHT,
                        .weights = o->weights.data,
                        .scratch = o->scratch[worker]};
  o->weights.kernel->run(&pass);
}

static void ours_run(void *self) {
  Ours *o = self;
#pragma omp parallel for schedule(dynamic) num_threads(o->threads)
  for (int item = 0; item < ACROSS * DOWN; item++)
    run_tile(o, omp_get_thread_num(), item);
}

/* --- taking turns --- */

typedef struct {
  char name[60];
  const char *note;
  void (*run)(void *self);
  void *self;
  bool ours;
  double gmacs; /* of a run; later: a second, the median */
  double times[MAX_ROUNDS * RUNS];
} Contestant;

enum { MOST = 3 * ZSD_PRECISIONS }; /* each in ours and in two ways of oneDNN's */
static Contestant contestants[MOST];
static int n_contestants;

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + 1e-9 * now.tv_nsec;
}

/* The threads of the one before may spin a while; the first run gets the memory back. */
static void take_turn(Contestant *c, int round) {
  const struct timespec pause = {0, 30000000};
  nanosleep(&pause, NULL);
  c->run(c->self);
  for (int i = 0; i < RUNS; i++) {
    const double start = seconds();
    c->run(c->self);
    c->times[round * RUNS + i] = seconds() - start;
  }
}

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void measure(int rounds) {
  for (int r = 0; r < rounds; r++)
    for (int i = 0; i < n_contestants; i++)
      take_turn(&contestants[i], r);
  for (int i = 0; i < n_contestants; i++) {
    Contestant *c = &contestants[i];
    qsort(c->times, rounds * RUNS, sizeof *c->times, compare);
    c->gmacs /= c->times[rounds * RUNS / 2];
  }
}

/* --- who takes part --- */

static void enter(bool ours, ZsdPrecision precision, const char *way, const char *note,
                  void (*run)(void *), void *self) {
  const double pixels = (double)WIDTH * HEIGHT, layer = 9.0 * CHANNELS * CHANNELS;
  Contestant *c = &contestants[n_contestants++];
  *c = (Contestant){.note = note, .run = run, .self = self, .ours = ours};
  snprintf(c->name, sizeof c->name, "%s, %s%s", ours ? "zsdenoise" : "oneDNN",
           zsd_precision_name(precision), way);
  c->gmacs = 1e-9 * pixels * (ours ? 2 * layer + CHANNELS : layer);
}

static void enter_ours(unsigned flags, int threads) {
  const ZsdKernels *kernels = zsd_kernels(flags), *plain = zsd_kernels(0);
  for (int p = 0; p < ZSD_PRECISIONS; p++) {
    const ZsdPassKernel *kernel = &kernels->pass[p];
    if (kernel->run && (kernel->run != plain->pass[p].run || (flags == 0 && p == ZSD_FP32)))
      enter(true, p, "", zsd_cpu_name(flags), ours_run, ours_new(kernel, threads));
    else
      printf("zsdenoise has no kernel of its own for %s on %s\n", zsd_precision_name(p),
             zsd_cpu_name(flags));
  }
}

static void enter_onednn(void) {
  const int before = n_contestants;
  for (int p = ZSD_FP32; p <= ZSD_BF16; p++)
    for (int winograd = 0; winograd < 2; winograd++) {
      OneDnnLayer *layer = onednn_layer_new(CHANNELS, WIDTH, HEIGHT, p == ZSD_BF16, winograd);
      if (layer)
        enter(false, p, winograd ? ", Winograd" : "", onednn_layer_name(layer),
              onednn_layer_run, layer);
    }
  if (n_contestants == before)
    printf("no oneDNN in this build (Debian: libdnnl-dev): zsdenoise alone\n");
}

static void leave(void) {
  for (int i = 0; i < n_contestants; i++)
    if (contestants[i].ours)
      ours_free(contestants[i].self);
    else
      onednn_layer_free(contestants[i].self);
}

/* --- what came of it --- */

static const Contestant *fastest(bool ours, const char *precision) {
  const Contestant *best = NULL;
  for (int i = 0; i < n_contestants; i++) {
    const Contestant *c = &contestants[i];
    if (c->ours == ours && strstr(c->name, precision) && (!best || c->gmacs > best->gmacs))
      best = c;
  }
  return best;
}

static void print_ratio(const char *what, const char *precision) {
  const Contestant *ours = fastest(true, precision), *theirs = fastest(false, precision);
  if (ours && theirs)
    printf("%-60s%9.2f times   %s against %s\n", what, ours->gmacs / theirs->gmacs, ours->name,
           theirs->name);
}

int main(int argc, char **argv) {
  const int rounds = argc > 1 ? atoi(argv[1]) : 7;
  unsigned flags;
  char error[200];
  if (rounds < 1 || rounds > MAX_ROUNDS)
    fail("give a number of rounds, 1 to 100");
  if (zsd_cpu_choose(&flags, error, sizeof error))
    fail(error);
  ZsdTeam *team = checked(zsd_team_new(0));
  const int threads = zsd_team_begin(team);
  enter_ours(flags, threads);
  enter_onednn();
  measure(rounds);
  for (int i = 0; i < n_contestants; i++) {
    const Contestant *c = &contestants[i];
    printf("layer 52 to 52, 3x3, 768x512: %-30s%9.1f GMAC/s   %d threads, %s\n", c->name,
           c->gmacs, threads, c->note);
  }
  print_ratio("the fastest of each", "");
  for (int p = 0; p < ZSD_PRECISIONS; p++)
    print_ratio(zsd_precision_name(p), zsd_precision_name(p));
  leave();
  zsd_team_free(team);
  return 0;
}
