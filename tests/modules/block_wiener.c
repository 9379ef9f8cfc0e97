/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Wiener filter of blocks of a picture, compared with a direct one in double precision that
 * filters each block of the mirrored picture. */
#include "base/cpu.h"
#include "base/random.h"
#include "filter/block_wiener.h"
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = ZSD_WIENER_SIDE };

typedef struct {
  int width, height;
  ZsdFrameComponent component;
  uint16_t *pilot;
  ZsdBlockWiener wiener;
  ZsdBlockWienerScratch *scratch;
} Rig;

static float uniform(ZsdRandom *random, float low, float high) {
  return low + (high - low) * (float)zsd_random_below(random, 1 << 20) / (1 << 20);
}

static void rig_new(Rig *rig, int width, int height, const ZsdNoiseModel *noise) {
  ZsdRandom random;
  const size_t n = (size_t)width * height;
  const ZsdNoiseVariance variance = {(float)noise->base, (float)noise->slope, 1e-6f};
  zsd_random_seed(&random, (uint64_t)(width * 1000 + height));
  *rig = (Rig){.width = width, .height = height};
  rig->component = (ZsdFrameComponent){.width = width, .height = height};
  rig->component.y = malloc(n * sizeof(float));
  rig->component.z = malloc(n * sizeof(float));
  rig->component.k = malloc(n * sizeof(float));
  rig->pilot = malloc(n * sizeof(uint16_t));
  rig->scratch = zsd_block_wiener_scratch_new();
  ck_assert(rig->component.y && rig->component.z && rig->component.k && rig->pilot);
  for (size_t i = 0; i < n; i++) {
    const float clean = 0.5f + 0.3f * sinf((float)(i % width) / 3) * cosf((float)i / width / 5);
    rig->component.y[i] = clean + uniform(&random, -0.15f, 0.15f);
    rig->component.z[i] = clean + uniform(&random, -0.08f, 0.08f);
    rig->component.k[i] = uniform(&random, 0.05f, 1);
    rig->pilot[i] = (uint16_t)(65535 * (clean + uniform(&random, -0.03f, 0.03f)));
  }
  rig->wiener = (ZsdBlockWiener){.component = &rig->component, .pilot = rig->pilot};
  zsd_block_wiener_set_noise(&rig->wiener, noise, &variance);
}

static void rig_free(Rig *rig) {
  free(rig->component.y);
  free(rig->component.z);
  free(rig->component.k);
  free(rig->pilot);
  free(rig->scratch);
}

/* --- the direct filter --- */

static int mirror(int at, int length) {
  while (at < 0 || at >= length)
    at = at < 0 ? -1 - at : 2 * length - 1 - at;
  return at;
}

static double basis(int k, int x) {
  return sqrt((k ? 2.0 : 1.0) / SIDE) * cos(M_PI * (2 * x + 1) * k / (2 * SIDE));
}

typedef double Block[SIDE][SIDE];

static void transform(Block to, Block from) {
  for (int u = 0; u < SIDE; u++)
    for (int v = 0; v < SIDE; v++) {
      to[u][v] = 0;
      for (int a = 0; a < SIDE; a++)
        for (int b = 0; b < SIDE; b++)
          to[u][v] += basis(u, a) * basis(v, b) * from[a][b];
    }
}

/* Adds the estimate of the block at (x, y), which may begin outside the picture. */
static void add_block(const Rig *rig, int x, int y, double *sums, double *weights) {
  const ZsdFrameComponent *c = &rig->component;
  Block samples[3], coefficients[3];
  double noise = 0, left = 0, total = 0;
  for (int a = 0; a < SIDE; a++)
    for (int b = 0; b < SIDE; b++) {
      const int at = mirror(y + a, rig->height) * rig->width + mirror(x + b, rig->width);
      const double pilot = rig->pilot[at] / 65535.0;
      const double variance =
          fmax((double)rig->wiener.noise.base + (double)rig->wiener.noise.slope * pilot,
               (double)rig->wiener.noise.least);
      samples[0][a][b] = (double)c->y[at];
      samples[1][a][b] = (double)c->z[at];
      samples[2][a][b] = pilot;
      noise += variance / (SIDE * SIDE);
      left += (double)c->k[at] * variance / (SIDE * SIDE);
    }
  for (int i = 0; i < 3; i++)
    transform(coefficients[i], samples[i]);
  Block estimate;
  const double limit = (noise - left) * (1.2 + 0.6 * (noise - left) / left);
  for (int u = 0; u < SIDE; u++)
    for (int v = 0; v < SIDE; v++) {
      const double s = (double)rig->wiener.spectrum[u * SIDE + v], p = coefficients[2][u][v];
      const double d = coefficients[0][u][v] - coefficients[1][u][v];
      const double trust = fmin(1, s * limit / (d * d + 1e-30));
      const double remaining = s * (noise - trust * (noise - left));
      const double factor = u + v ? p * p / (p * p + (double)ZSD_WIENER_FACTOR * remaining) : 1;
      estimate[u][v] = factor * (coefficients[0][u][v] - trust * d);
      total += factor * factor * remaining;
    }
  for (int a = 0; a < SIDE; a++)
    for (int b = 0; b < SIDE; b++) {
      if (y + a < 0 || y + a >= rig->height || x + b < 0 || x + b >= rig->width)
        continue;
      const int at = (y + a) * rig->width + x + b;
      double value = 0;
      for (int u = 0; u < SIDE; u++)
        for (int v = 0; v < SIDE; v++)
          value += basis(u, a) * basis(v, b) * estimate[u][v];
      sums[at] += value / total;
      weights[at] += 1 / total;
    }
}

static double *filter_directly(const Rig *rig) {
  double *sums = calloc((size_t)rig->width * rig->height, sizeof *sums);
  double *weights = calloc((size_t)rig->width * rig->height, sizeof *weights);
  ck_assert(sums && weights);
  for (int y = -6; y < rig->height; y += 2)
    for (int x = -8 + (y & 2); x < rig->width; x += 4)
      add_block(rig, x, y, sums, weights);
  for (int i = 0; i < rig->width * rig->height; i++)
    sums[i] /= weights[i];
  free(weights);
  return sums;
}

/* --- tests --- */

static const struct {
  int width, height;
  ZsdNoiseModel noise;
} pictures[] = {
    {1, 1, {.base = 0.01}},
    {3, 5, {.base = 0.01}},
    {8, 1, {.base = 0.01}},
    {64, 48, {.base = 0.01}},
    {45, 37, {.base = 0.002, .slope = 0.01}},
    {50, 34, {.base = 0.006, .lag1 = 0.6, .lag2 = 0.2}},
    {330, 12, {.base = 0.01}}, /* wider than a region */
};
enum { N_PICTURES = sizeof pictures / sizeof *pictures };

/* Compares regions of this size, from the upper left corner on, with the direct filter. */
static void compare(Rig *rig, const double *expected, int across, int down) {
  const ZsdKernels *kernels = zsd_kernels(zsd_cpu_detect());
  for (int y = 0; y < rig->height; y += down)
    for (int x = 0; x < rig->width; x += across) {
      const int width = x + across < rig->width ? across : rig->width - x;
      const int height = y + down < rig->height ? down : rig->height - y;
      zsd_block_wiener_run(&rig->wiener, x, y, width, height, rig->scratch, kernels);
      for (int j = 0; j < height; j++)
        for (int i = 0; i < width; i++) {
          const double got = (double)zsd_block_wiener_row(rig->scratch, j)[i];
          const double direct = expected[(y + j) * rig->width + x + i];
          ck_assert_msg(fabs(got - direct) < 1e-4, "(%d, %d) of %dx%d: %f, not %f", x + i,
                        y + j, rig->width, rig->height, got, direct);
        }
    }
}

START_TEST(test_as_the_direct_filter) {
  Rig rig;
  rig_new(&rig, pictures[_i].width, pictures[_i].height, &pictures[_i].noise);
  double *expected = filter_directly(&rig);
  compare(&rig, expected, ZSD_BLOCK_WIENER_WIDTH, ZSD_BLOCK_WIENER_HEIGHT);
  compare(&rig, expected, 13, 7);
  compare(&rig, expected, 38, 30);
  free(expected);
  rig_free(&rig);
}
END_TEST

/* The spectrum is the variance of the DCT's coefficients of noise with the model's correlation,
 * here made by a filter whose lags are known. */
START_TEST(test_spectrum) {
  enum { BLOCKS = 20000 };
  const double a = 0.5; /* weights 1, a of a sample and its neighbour, each way */
  const ZsdNoiseModel noise = {.base = 0.01, .lag1 = a / (1 + a * a)};
  double found[SIDE] = {0};
  ZsdRandom random;
  Rig rig;
  rig_new(&rig, 8, 8, &noise);
  zsd_random_seed(&random, 1);
  for (int n = 0; n < BLOCKS; n++) {
    double white[SIDE + 1], row[SIDE];
    for (int i = 0; i <= SIDE; i++)
      white[i] = sqrt(12) * (double)uniform(&random, -0.5f, 0.5f);
    for (int i = 0; i < SIDE; i++)
      row[i] = (white[i] + a * white[i + 1]) / sqrt(1 + a * a);
    for (int k = 0; k < SIDE; k++) {
      double coefficient = 0;
      for (int i = 0; i < SIDE; i++)
        coefficient += basis(k, i) * row[i];
      found[k] += coefficient * coefficient / BLOCKS;
    }
  }
  for (int k = 0; k < SIDE; k++)
    ck_assert_msg(fabs(sqrt((double)rig.wiener.spectrum[k * SIDE + k]) - found[k]) <
                      0.05 * found[k] + 0.02,
                  "coefficient %d: %.3f, not %.3f", k,
                  sqrt((double)rig.wiener.spectrum[k * SIDE + k]), found[k]);
  rig_free(&rig);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("block_wiener");
  TCase *tests = tcase_create("filter");
  tcase_set_timeout(tests, 120);
  tcase_add_loop_test(tests, test_as_the_direct_filter, 0, N_PICTURES);
  tcase_add_test(tests, test_spectrum);
  suite_add_tcase(suite, tests);
  return suite;
}
