/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Motion that is known, because the frames are made up, and what is found of it. */
#include "temporal/motion.h"

#include "base/cpu.h"
#include "base/random.h"
#include "suite.h"
#include "temporal/gate.h"
#include "temporal/hypotheses.h"
#include "temporal/reference.h"
#include "temporal/subpixel.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* --- pictures --- */

typedef struct {
  int width, height;
  float *data;
} Plane;

static Plane plane_new(int width, int height) {
  const Plane plane = {width, height, calloc((size_t)width * height, sizeof(float))};
  ck_assert_ptr_nonnull(plane.data);
  return plane;
}

static float *row_of(const Plane *plane, int y) {
  return plane->data + (ptrdiff_t)y * plane->width;
}

/* Adds random values on a grid of this many samples, and between them what lies between. */
static void add_octave(const Plane *plane, int grid, float amplitude, ZsdRandom *random) {
  const int across = plane->width / grid + 2, down = plane->height / grid + 2;
  const Plane knots = plane_new(across, down);
  for (int i = 0; i < across * down; i++)
    knots.data[i] = amplitude * (float)(2 * zsd_random_uniform(random) - 1);
  for (int y = 0; y < plane->height; y++) {
    const float *upper = row_of(&knots, y / grid), *lower = upper + across;
    const float down_part = (float)(y % grid) / grid;
    float *row = row_of(plane, y);
    for (int x = 0; x < plane->width; x++) {
      const int i = x / grid;
      const float part = (float)(x % grid) / grid;
      const float above = upper[i] + part * (upper[i + 1] - upper[i]);
      const float below = lower[i] + part * (lower[i + 1] - lower[i]);
      row[x] += above + down_part * (below - above);
    }
  }
  free(knots.data);
}

/* Coarse shapes, and details of this amplitude: 0.15 for a deviation of some 30 of 255. */
static Plane texture(int width, int height, float detail, uint64_t seed) {
  const Plane plane = plane_new(width, height);
  ZsdRandom random;
  zsd_random_seed(&random, seed);
  for (int i = 0; i < width * height; i++)
    plane.data[i] = 0.5f;
  add_octave(&plane, 64, 0.15f, &random);
  add_octave(&plane, 16, 0.1f, &random);
  add_octave(&plane, 5, detail, &random);
  add_octave(&plane, 2, detail, &random);
  return plane;
}

static Plane normals(int width, int height, uint64_t seed) {
  const Plane plane = plane_new(width, height);
  ZsdRandom random;
  zsd_random_seed(&random, seed);
  for (int i = 0; i < width * height; i++)
    plane.data[i] = (float)zsd_random_normal(&random);
  return plane;
}

/* The part of the canvas from (left, top) on, with noise, of 8 bits. */
static void take(const Plane *frame, const Plane *canvas, int left, int top, const Plane *noise,
                 double sigma) {
  for (int y = 0; y < frame->height; y++) {
    const float *source = row_of(canvas, top + y) + left, *grain = row_of(noise, y);
    float *row = row_of(frame, y);
    for (int x = 0; x < frame->width; x++)
      row[x] = fminf(fmaxf(source[x] + (float)sigma * grain[x], 0), 1);
  }
}

/* --- a search between two frames --- */

typedef struct {
  int threads;
  ZsdPyramid now, before;
  ZsdMotion *motion;
} Searcher;

static void searcher_new(Searcher *s, int width, int height, int threads) {
  *s = (Searcher){.threads = threads, .motion = zsd_motion_new(width, height)};
  ck_assert_ptr_nonnull(s->motion);
  ck_assert_int_eq(zsd_pyramid_resize(&s->now, width, height), 0);
  ck_assert_int_eq(zsd_pyramid_resize(&s->before, width, height), 0);
}

static void searcher_free(Searcher *s) {
  zsd_motion_free(s->motion);
  zsd_pyramid_clear(&s->now);
  zsd_pyramid_clear(&s->before);
}

static ZsdMotionField *search(Searcher *s, const Plane *now, const Plane *before, double sigma,
                              int go_on) {
  const ZsdMotionParams how = {zsd_kernels(zsd_cpu_detect()), s->threads, sigma};
  zsd_pyramid_fill(&s->now, now->data, how.kernels, s->threads);
  zsd_pyramid_fill(&s->before, before->data, how.kernels, s->threads);
  return zsd_motion_search(s->motion, &s->now, &s->before, &how, go_on);
}

/* Two frames, a noise for each, and the search between them. */
typedef struct {
  Plane noise[2], now, before;
  Searcher search;
} Frames;

static void frames_new(Frames *f, int width, int height, uint64_t seed) {
  *f = (Frames){.noise = {normals(width, height, seed), normals(width, height, seed + 1)},
                .now = plane_new(width, height),
                .before = plane_new(width, height)};
  searcher_new(&f->search, width, height, 2);
}

static void frames_free(Frames *f) {
  searcher_free(&f->search);
  free(f->noise[0].data);
  free(f->noise[1].data);
  free(f->now.data);
  free(f->before.data);
}

static ZsdMotionVector vector_at(const ZsdMotionField *field, int x, int y) {
  return field->vector[y / ZSD_BLOCK * field->across + x / ZSD_BLOCK];
}

/* --- pans --- */

enum { WIDTH = 1920, HEIGHT = 1080, ROOM = 64 }; /* room to move */
enum { W = 480, H = 320 };                       /* where less will do */

static const ZsdMotionVector pans[] = {{.x = 0, .y = 0},  {.x = 3, .y = -5},
                                       {.x = 17, .y = 9}, {.x = -40, .y = 23},
                                       {.x = 64, .y = 0}, {.x = 0, .y = -64}};
enum { N_PANS = sizeof pans / sizeof *pans };

static bool is(ZsdMotionVector a, ZsdMotionVector b) {
  return a.x == b.x && a.y == b.y;
}

/* The part of the blocks with the right vector among those whose source the frame before had.
 */
static double share_of_right(const ZsdMotionField *field, int width, int height,
                             ZsdMotionVector v) {
  int right = 0, all = 0;
  for (int j = 0; j < field->down; j++)
    for (int i = 0; i < field->across; i++) {
      const int x = i * ZSD_BLOCK + v.x, y = j * ZSD_BLOCK + v.y;
      if (x < 0 || y < 0 || x + ZSD_BLOCK > width || y + ZSD_BLOCK > height)
        continue;
      all++;
      right += is(field->vector[j * field->across + i], v);
    }
  return (double)right / all;
}

START_TEST(test_pan) {
  static const double sigmas[] = {0, 10, 25};
  const double sigma = sigmas[_i] / 255;
  const Plane canvas = texture(WIDTH + 2 * ROOM, HEIGHT + 2 * ROOM, 0.15f, 1);
  Frames f;
  frames_new(&f, WIDTH, HEIGHT, 2);
  take(&f.before, &canvas, ROOM, ROOM, &f.noise[0], sigma);
  for (int i = 0; i < N_PANS; i++) {
    take(&f.now, &canvas, ROOM + pans[i].x, ROOM + pans[i].y, &f.noise[1], sigma);
    const double share =
        share_of_right(search(&f.search, &f.now, &f.before, sigma, 0), WIDTH, HEIGHT, pans[i]);
    ck_assert_msg(share >= 0.95, "noise %g, pan (%d, %d): %.3f right", sigmas[_i], pans[i].x,
                  pans[i].y, share);
  }
  frames_free(&f);
  free(canvas.data);
}
END_TEST

/* --- fractions of a sample --- */

/* Waves in all directions, of 5 samples and more, displaced by (dx, dy), with noise. */
static void waves(const Plane *frame, double dx, double dy, const Plane *noise, double sigma) {
  enum { WAVES = 24 };
  double across[WAVES], down[WAVES];
  ZsdRandom random;
  zsd_random_seed(&random, 12);
  for (int i = 0; i < WAVES; i++) {
    across[i] = 1.2 * zsd_random_uniform(&random);
    down[i] = 2.4 * zsd_random_uniform(&random) - 1.2;
  }
  for (int y = 0; y < frame->height; y++)
    for (int x = 0; x < frame->width; x++) {
      double value = 0.5 + sigma * row_of(noise, y)[x];
      for (int i = 0; i < WAVES; i++)
        value += 0.04 * sin(across[i] * (x + dx) + down[i] * (y + dy) + i);
      row_of(frame, y)[x] = (float)value;
    }
}

static const ZsdMotionField *refined(Searcher *s, const Plane *now, const Plane *before,
                                     double sigma) {
  const ZsdMotionParams how = {zsd_kernels(zsd_cpu_detect()), s->threads, sigma};
  ZsdMotionField *field = search(s, now, before, sigma, 0);
  zsd_subpixel_refine(field, &s->now, &s->before, &how);
  uint8_t *kinds = calloc((size_t)field->across * field->down, 1);
  ck_assert_ptr_nonnull(kinds);
  zsd_motion_kinds(kinds, field, s->threads);
  free(kinds);
  return field;
}

/* Root mean square distance of the vectors from (dx, dy), without the outer four blocks. */
static double distance_from(const ZsdMotionField *field, double dx, double dy) {
  double sum = 0;
  int n = 0;
  for (int j = 4; j < field->down - 4; j++)
    for (int i = 4; i < field->across - 4; i++, n++) {
      const ZsdMotionVector v = field->vector[j * field->across + i];
      ck_assert(v.eighths_x >= -4 && v.eighths_x <= 3 && v.eighths_y >= -4 && v.eighths_y <= 3);
      sum += pow(v.x + v.eighths_x / 8.0 - dx, 2) + pow(v.y + v.eighths_y / 8.0 - dy, 2);
    }
  return sqrt(sum / n);
}

/* Displacements are found to within a tenth of a sample, and a fifth in noise. */
START_TEST(test_fractions) {
  static const double shifts[][2] = {{0.5, 0}, {-0.25, 0.5}, {2.375, -1.625}, {-7.5, 3.125}};
  static const double sigmas[] = {0, 10, 20};
  const double sigma = sigmas[_i] / 255;
  Frames f;
  frames_new(&f, W, H, 7);
  waves(&f.before, 0, 0, &f.noise[0], sigma / 3);
  for (int i = 0; i < 4; i++) {
    waves(&f.now, shifts[i][0], shifts[i][1], &f.noise[1], sigma);
    const ZsdMotionField *field = refined(&f.search, &f.now, &f.before, sigma);
    const double error = distance_from(field, shifts[i][0], shifts[i][1]);
    ck_assert_msg(error < (_i ? 0.2 : 0.1), "noise %g, shift (%g, %g): off by %.3f", sigmas[_i],
                  shifts[i][0], shifts[i][1], error);
  }
  frames_free(&f);
}
END_TEST

/* Kinds of motion: the right half moves, one block in it otherwise; so does a single block of
 * the left half, which is noise. */
START_TEST(test_kinds) {
  enum { SIDE = 16 };
  static const int odd[] = {12, 8}, single[] = {3, 8};
  ZsdMotionVector vector[SIDE * SIDE] = {0};
  uint8_t moves[SIDE * SIDE] = {0}, kinds[SIDE * SIDE];
  ZsdMotionField field = {SIDE, SIDE, vector, moves};
  for (int i = 0; i < SIDE * SIDE; i++)
    if (i % SIDE >= SIDE / 2) {
      vector[i] = (ZsdMotionVector){.x = 5, .y = (int16_t)(i % 2), .eighths_x = 3};
      moves[i] = i % 3 ? ZSD_MOVES : ZSD_RESTS; /* low contrast */
    }
  vector[odd[1] * SIDE + odd[0]].y = 9;
  vector[single[1] * SIDE + single[0]].eighths_x = -2;
  moves[single[1] * SIDE + single[0]] = ZSD_MAY_MOVE;
  zsd_motion_kinds(kinds, &field, 2);
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++) {
      const int distance = abs(x - odd[0]) + abs(y - odd[1]);
      const ZsdMotionKind expected = x < SIDE / 2                     ? ZSD_STILL
                                     : x == SIDE / 2 || distance <= 1 ? ZSD_IRREGULAR
                                                                      : ZSD_REGULAR;
      ck_assert_int_eq(kinds[y * SIDE + x], expected);
    }
  ck_assert_int_eq(vector[single[1] * SIDE + single[0]].eighths_x, 0);
  ck_assert_int_eq(moves[single[1] * SIDE + single[0]], ZSD_RESTS);
}
END_TEST

/* Noise displaces nothing that the search found to stand still, with texture or without. */
START_TEST(test_stillness) {
  const double sigma = 20.0 / 255;
  const Plane canvas = texture(W, H, _i ? 0.15f : 0, 9);
  Frames f;
  int moving = 0;
  frames_new(&f, W, H, 10);
  take(&f.before, &canvas, 0, 0, &f.noise[0], 0.7 * sigma);
  take(&f.now, &canvas, 0, 0, &f.noise[1], sigma);
  const ZsdMotionField *found = search(&f.search, &f.now, &f.before, sigma, 0);
  const int blocks = found->across * found->down;
  bool *still = calloc(blocks, sizeof *still);
  ck_assert_ptr_nonnull(still);
  for (int i = 0; i < blocks; i++)
    still[i] = is(found->vector[i], (ZsdMotionVector){0});
  const ZsdMotionField *field = refined(&f.search, &f.now, &f.before, sigma);
  for (int i = 0; i < blocks; i++) {
    const ZsdMotionVector v = field->vector[i];
    moving += still[i] && (v.x || v.y || v.eighths_x || v.eighths_y);
  }
  ck_assert_int_eq(moving, 0);
  free(still);
  frames_free(&f);
  free(canvas.data);
}
END_TEST

/* Noise that nearly hides what there is to see does not draw blocks to even vectors, as those
 * found on halved frames are. */
START_TEST(test_odd_as_even) {
  static const ZsdMotionVector pairs[][2] = {{{.x = 16, .y = 8}, {.x = 17, .y = 9}},
                                             {{.x = -4, .y = 6}, {.x = -5, .y = 7}}};
  const double sigma = 25.0 / 255;
  const Plane canvas = texture(W + 2 * ROOM, H + 2 * ROOM, 0.1f, 4);
  Frames f;
  frames_new(&f, W, H, 5);
  take(&f.before, &canvas, ROOM, ROOM, &f.noise[0], sigma);
  for (int i = 0; i < 2; i++) {
    double share[2];
    for (int odd = 0; odd < 2; odd++) {
      const ZsdMotionVector v = pairs[i][odd];
      take(&f.now, &canvas, ROOM + v.x, ROOM + v.y, &f.noise[1], sigma);
      share[odd] = share_of_right(search(&f.search, &f.now, &f.before, sigma, 0), W, H, v);
    }
    ck_assert_double_gt(share[0], 0.7);
    ck_assert_double_eq_tol(share[1], share[0], 0.05);
  }
  frames_free(&f);
  free(canvas.data);
}
END_TEST

/* --- a square that moves over what stands still --- */

enum { LEFT = 160, TOP = 104, SQUARE = 96 };

static void put_square(const Plane *frame, const Plane *square, int left, int top) {
  for (int y = 0; y < SQUARE; y++)
    memcpy(row_of(frame, top + y) + left, row_of(square, y), SQUARE * sizeof(float));
}

/* The samples from (x, y) on, and `around` more each way, are the square's: 1; are not: 0; it
 * is both: -1. */
static int in_square(int x, int y, int left, int top, int around) {
  const int from_x = x - around, from_y = y - around, size = ZSD_BLOCK + 2 * around;
  if (from_x >= left && from_y >= top && from_x + size <= left + SQUARE &&
      from_y + size <= top + SQUARE)
    return 1;
  return from_x >= left + SQUARE || from_y >= top + SQUARE || from_x + size <= left ||
                 from_y + size <= top
             ? 0
             : -1;
}

/* Blocks that see nothing but the square, and those that see nothing of it. */
static void check_square(const ZsdMotionField *field, ZsdMotionVector v, double sigma) {
  int inside = 0, inside_right = 0, outside = 0, outside_right = 0;
  for (int y = 0; y < H; y += ZSD_BLOCK)
    for (int x = 0; x < W; x += ZSD_BLOCK) {
      const ZsdMotionVector found = vector_at(field, x, y);
      if (in_square(x, y, LEFT, TOP, 4) == 1) {
        inside++;
        inside_right += is(found, v);
      }
      if (in_square(x, y, LEFT, TOP, 12) == 0 &&
          in_square(x, y, LEFT + v.x, TOP + v.y, 12) == 0) {
        outside++;
        outside_right += is(found, (ZsdMotionVector){0});
      }
    }
  ck_assert_msg(inside_right >= 0.95 * inside && inside > 80, "noise %g, (%d, %d): %d of %d",
                sigma, v.x, v.y, inside_right, inside);
  ck_assert_msg(outside_right >= 0.99 * outside && outside > 1500,
                "noise %g, around (%d, %d): %d of %d", sigma, v.x, v.y, outside_right, outside);
}

START_TEST(test_square) {
  static const ZsdMotionVector vectors[] = {
      {.x = -12, .y = 6}, {.x = 7, .y = 0}, {.x = 1, .y = -1}, {.x = -30, .y = -25}};
  const double sigma = 10.0 * _i / 255;
  const Plane back = texture(W, H, 0.15f, 7), square = texture(SQUARE, SQUARE, 0.15f, 8);
  const Plane noise[] = {normals(W, H, 9), normals(W, H, 10)};
  const Plane scene = plane_new(W, H), now = plane_new(W, H), before = plane_new(W, H);
  Searcher s;
  searcher_new(&s, W, H, 2);
  for (int i = 0; i < 4; i++) {
    memcpy(scene.data, back.data, W * H * sizeof(float));
    put_square(&scene, &square, LEFT + vectors[i].x, TOP + vectors[i].y);
    take(&before, &scene, 0, 0, &noise[0], sigma);
    memcpy(scene.data, back.data, W * H * sizeof(float));
    put_square(&scene, &square, LEFT, TOP);
    take(&now, &scene, 0, 0, &noise[1], sigma);
    check_square(search(&s, &now, &before, sigma, 0), vectors[i], 255 * sigma);
  }
  searcher_free(&s);
  const Plane *const all[] = {&back, &square, &noise[0], &noise[1], &scene, &now, &before};
  for (int i = 0; i < 7; i++)
    free(all[i]->data);
}
END_TEST

/* --- two motions in a block --- */

/* Vector that sample (x, y) is predicted by. */
static ZsdMotionVector sample_vector(const ZsdMotionField *field, const ZsdHypotheses *h, int x,
                                     int y) {
  const int block = y / ZSD_BLOCK * field->across + x / ZSD_BLOCK;
  const int bit = y % ZSD_BLOCK * ZSD_BLOCK + x % ZSD_BLOCK;
  return h->samples[block] >> bit & 1 ? h->vector[block] : field->vector[block];
}

/* Share of the samples near the edge of a square at (left, top), which the earlier frame
 * shows, that are predicted by the vector of what they show. */
static double right_at_edge(const ZsdMotionField *field, const ZsdHypotheses *h, int left,
                            int top, ZsdMotionVector v) {
  int all = 0, right = 0;
  for (int y = top - ZSD_BLOCK; y < top + SQUARE + ZSD_BLOCK; y++)
    for (int x = left - ZSD_BLOCK; x < left + SQUARE + ZSD_BLOCK; x++) {
      const int outer = in_square(x, y, left, top, 0),
                within = x >= left && y >= top && x < left + SQUARE && y < top + SQUARE;
      const int uncovered = !within && x >= left + v.x && y >= top + v.y &&
                            x < left + v.x + SQUARE && y < top + v.y + SQUARE;
      if (outer == 1 || uncovered)
        continue;
      all++;
      right += is(sample_vector(field, h, x, y), within ? v : (ZsdMotionVector){0});
    }
  ck_assert_int_gt(all, 2000);
  return (double)right / all;
}

/* A square whose edges are not those of blocks. */
START_TEST(test_two_motions) {
  const ZsdMotionVector v = {.x = -12, .y = 6};
  const int left = LEFT + 3, top = TOP + 5;
  const double sigma = 10.0 * _i / 255;
  const Plane back = texture(W, H, 0.15f, 7), square = texture(SQUARE, SQUARE, 0.15f, 8);
  const Plane scene = plane_new(W, H);
  const ZsdMotionParams how = {zsd_kernels(zsd_cpu_detect()), 2, sigma};
  ZsdHypotheses h = {0}, none = {0};
  Frames f;
  frames_new(&f, W, H, 9);
  memcpy(scene.data, back.data, W * H * sizeof(float));
  put_square(&scene, &square, left + v.x, top + v.y);
  take(&f.before, &scene, 0, 0, &f.noise[0], sigma);
  memcpy(scene.data, back.data, W * H * sizeof(float));
  put_square(&scene, &square, left, top);
  take(&f.now, &scene, 0, 0, &f.noise[1], sigma);
  ZsdMotionField *field = search(&f.search, &f.now, &f.before, sigma, 0);
  const int blocks = field->across * field->down;
  uint8_t *kinds = calloc((size_t)blocks, 1);
  ck_assert_ptr_nonnull(kinds);
  ck_assert_int_eq(zsd_hypotheses_resize(&h, blocks), 0);
  ck_assert_int_eq(zsd_hypotheses_resize(&none, blocks), 0);
  zsd_motion_kinds(kinds, field, 2);
  zsd_hypotheses_choose(&h, field, kinds, &f.search.now, &f.search.before, &how);
  const double one = right_at_edge(field, &none, left, top, v);
  const double two = right_at_edge(field, &h, left, top, v);
  ck_assert_msg(two > 0.9 && 1 - two < 0.65 * (1 - one), "noise %g: %g with one, %g with two",
                255 * sigma, one, two);
  zsd_hypotheses_clear(&h);
  zsd_hypotheses_clear(&none);
  frames_free(&f);
  free(kinds);
  free(back.data);
  free(square.data);
  free(scene.data);
}
END_TEST

/* Rows predicted by two vectors a block are those by each of the two, sample by sample. */
START_TEST(test_two_predictions) {
  const bool half_width = _i & 1, half_height = _i & 2;
  const int width = 97 >> half_width, height = 61 >> half_height, across = 13, down = 8;
  const ZsdKernels *kernels = zsd_kernels(zsd_cpu_detect());
  const ZsdFrameComponent shape = {
      .width = width, .height = height, .half_width = half_width, .half_height = half_height};
  ZsdMotionVector vectors[13 * 8];
  const ZsdMotionField first = {across, down, vectors, NULL};
  ZsdReference reference;
  ZsdHypotheses h = {0};
  ZsdRandom random;
  zsd_random_seed(&random, 77);
  ck_assert_int_eq(zsd_reference_new(&reference, &shape, kernels), 0);
  ck_assert_int_eq(zsd_hypotheses_resize(&h, across * down), 0);
  for (int i = 0; i < width * height; i++) {
    reference.z[i] = (uint16_t)zsd_random_next(&random);
    reference.k[i] = (uint8_t)zsd_random_next(&random);
  }
  for (int i = 0; i < across * down; i++) {
    h.samples[i] = i % 3 ? zsd_random_next(&random) : 0;
    vectors[i] = (ZsdMotionVector){.x = (int16_t)(i % 7 - 3), .eighths_y = (int8_t)(i % 4)};
    h.vector[i] = (ZsdMotionVector){.y = (int16_t)(i % 5 - 9), .eighths_x = (int8_t)(i % 3)};
  }
  const ZsdMotionField second = {across, down, h.vector, NULL};
  for (int y = 0; y < height; y++) {
    float z[3][97], k[3][97];
    zsd_reference_predict_row(&reference, &first, y, z[0], k[0]);
    zsd_reference_predict_row(&reference, &second, y, z[1], k[1]);
    const int begin = ZSD_BLOCK * (y % 2), n = width - begin;
    const ZsdPrediction prediction = zsd_reference_prediction(&reference, &first, y);
    memcpy(z[2], z[0] + begin, n * sizeof(float));
    memcpy(k[2], k[0] + begin, n * sizeof(float));
    zsd_hypotheses_predict(&h, &first, prediction, kernels, y, begin, width, z[2], k[2]);
    for (int x = begin; x < width; x++) {
      const int luma_x = x << half_width, luma_y = y << half_height;
      const uint64_t bits = h.samples[luma_y / 8 * across + luma_x / 8];
      const int which = bits >> (luma_y % 8 * 8 + luma_x % 8) & 1;
      ck_assert_float_eq(z[2][x - begin], z[which][x]);
      ck_assert_float_eq(k[2][x - begin], k[which][x]);
    }
  }
  zsd_reference_clear(&reference);
  zsd_hypotheses_clear(&h);
}
END_TEST

/* --- the way of the search --- */

/* A motion that has grown beyond what one search reaches is followed from frame to frame. */
START_TEST(test_go_on) {
  enum { SMALL_W = 160, SMALL_H = 96, STEP = 6, STEPS = 9 };
  const Plane canvas = texture(SMALL_W + 2 * ROOM, SMALL_H + 2 * ROOM, 0.15f, 11);
  const Plane none = plane_new(SMALL_W, SMALL_H);
  const Plane now = plane_new(SMALL_W, SMALL_H), before = plane_new(SMALL_W, SMALL_H);
  Searcher s;
  searcher_new(&s, SMALL_W, SMALL_H, 1);
  take(&before, &canvas, ROOM, ROOM, &none, 0);
  for (int i = 1; i <= STEPS; i++) {
    const ZsdMotionVector v = {.x = STEP * i};
    take(&now, &canvas, ROOM + v.x, ROOM, &none, 0);
    const ZsdMotionField *field = search(&s, &now, &before, 0.01, i > 1);
    ck_assert_double_ge(share_of_right(field, SMALL_W, SMALL_H, v), 0.95);
    if (i == STEPS) {
      field = search(&s, &now, &before, 0.01, 0);
      ck_assert_double_lt(share_of_right(field, SMALL_W, SMALL_H, v), 0.5);
    }
  }
  searcher_free(&s);
  free(canvas.data);
  free(none.data);
  free(now.data);
  free(before.data);
}
END_TEST

/* Small and odd sizes: a vector for each block, and none where nothing moves. */
START_TEST(test_sizes) {
  static const int sizes[][2] = {{1, 1},   {7, 5},   {97, 65},  {1, 300}, {300, 1},
                                 {8, 8},   {9, 8},   {191, 97}, {95, 96}, {96, 95},
                                 {127, 3}, {5, 130}, {193, 385}};
  const double sigma = 30.0 / 255;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    const int w = sizes[i][0], h = sizes[i][1];
    const Plane canvas = texture(w + 2 * ROOM, h + 2 * ROOM, 0.1f, 12);
    const Plane now = plane_new(w, h), before = plane_new(w, h);
    const Plane noise = normals(w, h, 13), other = normals(w, h, 14);
    Searcher s;
    searcher_new(&s, w, h, 2);
    take(&before, &canvas, ROOM, ROOM, &noise, sigma);
    const ZsdMotionField *field = search(&s, &before, &before, sigma, 0);
    ck_assert_int_eq(field->across, (w + 7) / 8);
    ck_assert_int_eq(field->down, (h + 7) / 8);
    ck_assert_double_eq(share_of_right(field, w + 8, h + 8, (ZsdMotionVector){0}), 1);
    for (int k = 0; k < 4; k++) { /* anything, as far as it leads */
      take(&now, &canvas, ROOM + 20 * k, ROOM - 21 * k, &other, sigma);
      field = search(&s, &now, &before, sigma, k);
      for (int b = 0; b < field->across * field->down; b++) {
        ck_assert_int_le(abs(field->vector[b].x), w + 64);
        ck_assert_int_le(abs(field->vector[b].y), h + 64);
      }
    }
    searcher_free(&s);
    const Plane *const all[] = {&canvas, &now, &before, &noise, &other};
    for (int k = 0; k < 5; k++)
      free(all[k]->data);
  }
}
END_TEST

/* Samples above white or below black are clipped. */
START_TEST(test_outside_the_range) {
  const Plane plane = plane_new(96, 96);
  Searcher s;
  searcher_new(&s, plane.width, plane.height, 1);
  for (int i = 0; i < 96 * 96; i++)
    plane.data[i] = i < 96 * 48 ? 1.03f : -0.03f;
  zsd_pyramid_fill(&s.now, plane.data, zsd_kernels(zsd_cpu_detect()), s.threads);
  for (int l = 0; l < s.now.levels; l++) {
    const ZsdGrayPlane *gray = &s.now.level[l];
    ck_assert_uint_eq(gray->data[0], 255);
    ck_assert_uint_eq(gray->data[(gray->height - 1) * gray->row], 0);
  }
  searcher_free(&s);
  free(plane.data);
}
END_TEST

START_TEST(test_threads) {
  const Plane canvas = texture(W + 2 * ROOM, H + 2 * ROOM, 0.1f, 15);
  const Plane noise[] = {normals(W, H, 16), normals(W, H, 17)};
  const Plane now = plane_new(W, H), before = plane_new(W, H);
  Searcher one, two;
  searcher_new(&one, W, H, 1);
  searcher_new(&two, W, H, 2);
  take(&before, &canvas, ROOM, ROOM, &noise[0], 0.1);
  for (int i = 0; i < 3; i++) {
    take(&now, &canvas, ROOM + 9 * i, ROOM - 5 * i, &noise[1], 0.1);
    const ZsdMotionField *a = search(&one, &now, &before, 0.1, i);
    const ZsdMotionField *b = search(&two, &now, &before, 0.1, i);
    ck_assert_mem_eq(a->vector, b->vector, (size_t)a->across * a->down * sizeof *a->vector);
  }
  searcher_free(&one);
  searcher_free(&two);
  const Plane *const all[] = {&canvas, &noise[0], &noise[1], &now, &before};
  for (int i = 0; i < 5; i++)
    free(all[i]->data);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("motion");
  TCase *tc = tcase_create("known motion");
  tcase_add_loop_test(tc, test_pan, 0, 3);
  tcase_add_test(tc, test_odd_as_even);
  tcase_add_loop_test(tc, test_fractions, 0, 3);
  tcase_add_loop_test(tc, test_stillness, 0, 2);
  tcase_add_test(tc, test_kinds);
  tcase_add_loop_test(tc, test_square, 0, 2);
  tcase_add_loop_test(tc, test_two_motions, 0, 2);
  tcase_add_loop_test(tc, test_two_predictions, 0, 4);
  tcase_add_test(tc, test_go_on);
  tcase_add_test(tc, test_sizes);
  tcase_add_test(tc, test_outside_the_range);
  tcase_add_test(tc, test_threads);
  tcase_set_timeout(tc, 30);
  suite_add_tcase(suite, tc);
  return suite;
}
