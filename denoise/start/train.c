/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trains the built-in weights of one network:
 *
 *   zsdenoise-train --channels C --hidden H --steps N --pairs P --seed S --out FILE \
 *     PICTURE.ppm...
 *
 * Training is that of the denoiser itself: inputs are frames after temporal fusion, with the
 * noise estimated on the way; the target is the difference between them and other noisy
 * versions of the same frame, never a clean picture (Noise2Noise). The same seed gives the same
 * weights. */
#include "synthetic_clip.h"
#include "base/cpu.h"
#include "base/processors.h"
#include "network/input_features.h"
#include "learning/n2n_loss.h"
#include "network/built_in_weights.h"
#include "learning/trainer.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  PLANAR = 3, /* channels of a picture that is not packed */
  PAIR_WIDTH = CLIP_WIDTH / 2,
  PAIR_HEIGHT = CLIP_HEIGHT / 2,
  PATCHES = 16, /* a step */
  /* Noisy frames whose mean is the target. The expected gradient is that of a single one, with
   * less variance. */
  TARGET_FRAMES = 8,
  REPORT = 500, /* steps between two lines of progress */
};

static const double LEARNING_RATE = 3e-3;
static const double FINAL_RATE = 0.02;           /* last learning rate, relative to the first */
static const double FIRST_FRAME_SHARE = 1 / 3.0; /* share of the pairs without a fused past */

typedef struct {
  int channels, hidden, pairs;
  unsigned steps;
  uint64_t seed;
  const char *out;
} Options;

typedef struct {
  Options options;
  Pictures pictures;
  const ZsdKernels *kernels;
  int threads;
  ZsdPair **pairs;
} Session;

static void die(const char *what) {
  fprintf(stderr, "zsdenoise-train: %s\n", what);
  exit(EXIT_FAILURE);
}

static void *need(void *memory) {
  if (!memory)
    die("not enough memory");
  return memory;
}

/* --- pairs --- */

/* Working memory for the pair of one clip. */
typedef struct {
  const Session *session;
  ZsdRandom random;
  Clip clip;
  ZsdLayout layout;
  ZsdFrame frame;
  ZsdFusion *fusion;
  float *clean, *noisy;
} PairMaker;

/* Adds frame `t` with noise, clipped and rounded to 8 bits as by a camera, to the fusion. */
static void add_frame(PairMaker *m, int t) {
  const float *from = m->noisy;
  if (clip_render(&m->clip, &m->session->pictures, t, m->clean) ||
      clip_add_noise(&m->clip, m->clean, 1, &m->random, m->noisy))
    need(NULL);
  for (int i = 0; i < m->frame.components; i++) {
    const ZsdFrameComponent *c = &m->frame.component[i];
    for (int k = 0; k < c->width * c->height; k++)
      c->y[k] = rintf(fmaxf(0, fminf(255, *from++))) / 255;
  }
  zsd_fusion_add(m->fusion, &m->frame, NULL, 1);
}

/* A random number of 0..n - 1; for n = 1 none is taken from the generator. */
static int random_below(ZsdRandom *random, int n) {
  return n > 1 ? (int)zsd_random_below(random, n) : 0;
}

/* target = (fused frame - noisy frame) / unit. The noisy frames of a target are not clipped:
 * clipping would shift their mean, and the network would learn that black is gray. */
static void fill_target(PairMaker *m, const ZsdTensor *target, int left, int top, float unit) {
  if (clip_add_noise(&m->clip, m->clean, TARGET_FRAMES, &m->random, m->noisy))
    need(NULL);
  for (int i = 0; i < m->frame.components; i++) {
    const ZsdFrameComponent *c = &m->frame.component[i];
    const float *noisy = clip_component(&m->clip, m->noisy, i);
    for (int o = 0; o < m->layout.channels; o++)
      for (int y = 0; y < target->height && m->layout.channel[o].component == i; y++) {
        const int row = (top + y) * m->layout.channel[o].y_step + m->layout.channel[o].y;
        const int step = m->layout.channel[o].x_step;
        const ptrdiff_t at = (ptrdiff_t)row * c->width + left * step + m->layout.channel[o].x;
        float *to = zsd_tensor_row(target, o, y);
        for (int x = 0; x < target->width; x++)
          to[x] = (c->z[at + x * step] - noisy[at + x * step] / 255) / unit;
      }
  }
}

/* A pair covers the whole of a packed picture, and a random part of a planar one, which is
 * larger. */
static void fill_pair(PairMaker *m, const ZsdPair *pair) {
  const ZsdView view = {&m->frame, &m->layout, m->fusion, false, 1};
  const ptrdiff_t plane = (ptrdiff_t)pair->input.width * pair->input.height;
  const int left = random_below(&m->random, m->layout.width - pair->input.width + 1);
  const int top = random_below(&m->random, m->layout.height - pair->input.height + 1);
  for (int y = 0; y < pair->input.height; y++)
    zsd_inputs_row(&view, left, top + y, pair->input.width, zsd_tensor_row(&pair->input, 0, y),
                   plane);
  fill_target(m, &pair->target, left, top, zsd_view_unit(&view));
  for (ptrdiff_t i = 0; i < plane; i++)
    pair->weight.data[i] = 1;
}

/* Each pair has a clip and a random generator of its own, so that the result does not depend on
 * the number of threads. */
static void make_pair(const Session *session, int item) {
  const int samples = 3 * CLIP_WIDTH * CLIP_HEIGHT;
  PairMaker m = {.session = session};
  zsd_random_seed(&m.random, session->options.seed ^ (uint64_t)(item + 1) << 32);
  clip_random(&m.clip, &session->pictures, session->options.channels, &m.random);
  zsd_layout_make(&m.layout, &m.clip.image, session->options.channels != PLANAR);
  m.clean = need(malloc(2 * samples * sizeof(float)));
  m.noisy = m.clean + samples;
  if (zsd_frame_resize(&m.frame, &m.clip.image))
    need(NULL);
  m.fusion = need(zsd_fusion_new(&m.frame, session->kernels));

  /* The noise is known from two frames on; forgetting the past simulates a cut. */
  const bool first = zsd_random_uniform(&m.random) < FIRST_FRAME_SHARE;
  const int least = first ? 2 : 1;
  const int last = least + (int)zsd_random_below(&m.random, CLIP_FRAMES - least);
  for (int t = 0; t < last; t++) {
    add_frame(&m, t);
    zsd_fusion_commit(m.fusion, &m.frame, 1);
  }
  if (first)
    zsd_fusion_drop_past(m.fusion);
  add_frame(&m, last);
  fill_pair(&m, session->pairs[item]);

  zsd_fusion_free(m.fusion);
  zsd_frame_clear(&m.frame);
  free(m.clean);
}

/* --- training --- */

static ZsdN2nLoss *make_pairs(Session *t, ZsdShape shape) {
  const int n = t->options.pairs;
  ZsdN2nLoss *loss = need(zsd_n2n_loss_new(shape, n, t->threads));
  t->pairs = need(malloc(n * sizeof(ZsdPair *)));
  for (int i = 0; i < n; i++)
    t->pairs[i] = need(zsd_n2n_loss_next_pair(loss, PAIR_HEIGHT, PAIR_WIDTH));
#pragma omp parallel for schedule(dynamic) num_threads(t->threads)
  for (int i = 0; i < n; i++)
    make_pair(t, i);
  free(t->pairs);
  return loss;
}

static void report(void *user, const ZsdTraining *training) {
  double *sum = user;
  *sum += training->loss;
  if (training->step % REPORT == 0) {
    fprintf(stderr, "%u of %u steps, loss %.5f, %.0f s\n", training->step, training->steps,
            *sum / REPORT, training->seconds);
    *sum = 0;
  }
}

/* Removes the mean from the first layer's random weights on the picture channels, and zeroes
 * the last layer. Where the noise is weak, the picture's mean level is about a hundred
 * deviations; random weights would turn it into first gradients so large that Adam's second
 * moments take thousands of steps to forget them. */
static void init_weights(ZsdNetwork *net) {
  const ZsdLayer *first = &net->layers[0], *last = &net->layers[ZSD_LAYERS - 1];
  const int picture = net->shape.outputs * first->taps;
  for (int o = 0; o < first->n_out; o++) {
    float *weights = net->params + first->weights + (size_t)o * first->n_in * first->taps;
    double sum = 0;
    for (int i = 0; i < picture; i++)
      sum += weights[i];
    for (int i = 0; i < picture; i++)
      weights[i] -= (float)(sum / picture);
  }
  memset(net->params + last->weights, 0,
         (last->bias + last->n_out - last->weights) * sizeof(float));
}

static void train(Session *t, ZsdNetwork *net) {
  const Options *o = &t->options;
  ZsdN2nLoss *loss = make_pairs(t, net->shape);
  const ZsdObjective objective = zsd_n2n_loss_objective(loss);
  const ZsdSchedule schedule = {.steps = o->steps,
                                .patches = PATCHES,
                                .learning_rate = LEARNING_RATE,
                                .step_size = 1,
                                .gamma = pow(FINAL_RATE, 1.0 / o->steps),
                                .threads = t->threads,
                                .seed = o->seed};
  ZsdTrainer *trainer = need(zsd_trainer_new(t->kernels));
  ZsdTraining training;
  double sum = 0;
  const ZsdObserver observer = {&sum, report, NULL};
  fprintf(stderr, "%d pairs made\n", o->pairs);
  if (zsd_trainer_run(trainer, net, &objective, &schedule, &observer, &training) != ZSD_TRAINED)
    die("training failed: nothing was learned");
  zsd_trainer_free(trainer);
  zsd_n2n_loss_free(loss);
}

/* --- writing --- */

static void write_float(FILE *f, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  for (int i = 0; i < 4; i++)
    fputc(bits >> (8 * i) & 255, f);
}

/* One output channel: scale, bias and weights of 8 bits; the largest weight becomes 127
 * (network/built_in_weights.h). */
static void write_channel(FILE *f, const float *weights, float bias, int n) {
  float most = 0;
  for (int i = 0; i < n; i++)
    most = fmaxf(most, fabsf(weights[i]));
  const float scale = most / 127;
  write_float(f, scale);
  write_float(f, bias);
  for (int i = 0; i < n; i++)
    fputc((int)(most > 0 ? lrintf(weights[i] / scale) : 0) & 255, f);
}

static void save(const Options *o, const ZsdNetwork *net) {
  FILE *f = fopen(o->out, "wb");
  if (!f)
    die("cannot write the file");
  fputc(o->channels, f);
  fputc(o->hidden, f);
  for (int l = 0; l < ZSD_LAYERS; l++) {
    const ZsdLayer *layer = &net->layers[l];
    const int n = layer->n_in * layer->taps;
    for (int i = 0; i < layer->n_out; i++)
      write_channel(f, net->params + layer->weights + (size_t)i * n,
                    net->params[layer->bias + i], n);
  }
  const int failed = ferror(f);
  if (fclose(f) || failed)
    die("cannot write the file");
}

/* --- the command --- */

static long number(const char *text, long least, long most) {
  char *end;
  const long value = strtol(text, &end, 10);
  if (!*text || *end || value < least || value > most)
    die("a number is out of its range");
  return value;
}

static Options read_options(int argc, char **argv) {
  static const struct option known[] = {{"channels", required_argument, NULL, 'c'},
                                        {"hidden", required_argument, NULL, 'h'},
                                        {"steps", required_argument, NULL, 'n'},
                                        {"pairs", required_argument, NULL, 'p'},
                                        {"seed", required_argument, NULL, 's'},
                                        {"out", required_argument, NULL, 'o'},
                                        {0}};
  Options o = {.channels = 6, .hidden = 32, .steps = 4000, .pairs = 1500, .seed = 1};
  for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;)
    switch (c) {
    case 'c':
      o.channels = (int)number(optarg, PLANAR, 8);
      break;
    case 'h':
      o.hidden = (int)number(optarg, 1, 255);
      break;
    case 'n':
      o.steps = (unsigned)number(optarg, 1, 1000000000);
      break;
    case 'p':
      o.pairs = (int)number(optarg, 1, 100000);
      break;
    case 's':
      o.seed = (uint64_t)number(optarg, 0, 2147483647);
      break;
    case 'o':
      o.out = optarg;
      break;
    default:
      die("an option is not known");
    }
  if (!o.out || optind == argc)
    die("--out FILE and pictures are needed");
  if (o.channels != PLANAR && o.channels != 4 && o.channels != 6 && o.channels != 8)
    die("--channels is 3, 4, 6 or 8");
  return o;
}

int main(int argc, char **argv) {
  Session t = {.options = read_options(argc, argv),
               .kernels = zsd_kernels(zsd_cpu_detect()),
               .threads = zsd_processors()};
  const Options *o = &t.options;
  ZsdNetwork net = {0};
  if (pictures_read(&t.pictures, argv + optind, argc - optind))
    die("cannot read the pictures");
  if (zsd_network_resize(
          &net, (ZsdShape){zsd_inputs_count(o->channels, true), o->hidden, o->channels}))
    need(NULL);
  zsd_network_init(&net, o->seed);
  init_weights(&net);
  train(&t, &net);
  save(o, &net);
  zsd_network_clear(&net);
  pictures_clear(&t.pictures);
  return EXIT_SUCCESS;
}
