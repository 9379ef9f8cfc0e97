/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernels of rows of a frame: identical to the bit in all instruction sets, and equal to their
 * formulas in double precision within rounding. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LENGTH = 700 }; /* samples of a row */

/* A random row length, mostly short, so that all remainders of a vector's width occur. */
static int random_length(Check *check) {
  return check_random(check, 0, 3) ? check_random(check, 1, 70)
                                   : check_random(check, 70, MAX_LENGTH);
}

static float uniform(Check *check, float low, float high) {
  return low + (high - low) * (float)check_random(check, 0, 1 << 20) / (1 << 20);
}

static Buffer floats(Check *check, int n, float low, float high) {
  Buffer buffer = buffer_new(check, n * sizeof(float), sizeof(float));
  for (int i = 0; i < n; i++)
    ((float *)buffer.data)[i] = check_random(check, 0, 15)  ? uniform(check, low, high)
                                : check_random(check, 0, 1) ? low
                                                            : high;
  return buffer;
}

static ZsdNoiseVariance random_noise(Check *check) {
  return (ZsdNoiseVariance){.base = uniform(check, -0.001f, 0.01f),
                            .slope = uniform(check, -0.01f, 0.02f),
                            .least = uniform(check, 1e-6f, 1e-3f)};
}

static double variance_of(const ZsdNoiseVariance *v, double brightness) {
  return fmax(v->base + v->slope * brightness, v->least);
}

/* n floats of output, of the tested set and of plain C, which must be identical. */
typedef struct {
  Buffer set, plain;
} Output;

static Output output_new(Check *check, int n, float begin) {
  Output o = {buffer_new(check, n * sizeof(float), sizeof(float)),
              buffer_new(check, n * sizeof(float), sizeof(float))};
  for (int i = 0; i < n; i++)
    ((float *)o.set.data)[i] = ((float *)o.plain.data)[i] = begin;
  return o;
}

static float output_at(const Output *o, int i) {
  return ((const float *)o->set.data)[i];
}

static void output_free(Check *check, Output *o, const char *name) {
  if (memcmp(o->set.data, o->plain.data, o->set.size) != 0)
    check_fail(check, "%s: not as plain C", name);
  buffer_free(check, &o->set, name);
  buffer_free(check, &o->plain, name);
}

static void check_near(Check *check, const char *name, int i, double got, double expected,
                       double tolerance) {
  if (!(fabs(got - expected) <= tolerance))
    check_fail(check, "%s: sample %d is %.9g, not %.9g", name, i, got, expected);
}

/* --- prediction --- */

typedef struct {
  ZsdPrediction p;
  Buffer z, k, vectors;
  int y, begin, end;
} Prediction;

/* Half of the vectors are of whole samples. */
static ZsdMotionVector random_vector(Check *check, int reach) {
  const int part = check_random(check, 0, 1);
  return (ZsdMotionVector){.x = (int16_t)check_random(check, -reach, reach),
                           .y = (int16_t)check_random(check, -reach, reach),
                           .eighths_x = (int8_t)(part * check_random(check, -4, 3)),
                           .eighths_y = (int8_t)(part * check_random(check, -4, 3))};
}

static Prediction prediction_new(Check *check) {
  Prediction t = {
      .p = {.width = check_random(check, 1, 150), .height = check_random(check, 1, 9)}};
  t.p.half_width = check_random(check, 0, 1);
  t.p.half_height = check_random(check, 0, 1);
  t.p.block_width = t.p.half_width ? 4 : 8;
  t.p.n_vectors = check_random(check, 1, (t.p.width + t.p.block_width - 1) / t.p.block_width);
  t.p.gain = uniform(check, 0.6f, 1.6f);
  t.p.offset = uniform(check, -0.2f, 0.2f);
  t.y = check_random(check, 0, t.p.height - 1);
  t.begin = check_random(check, 0, t.p.width - 1);
  t.end = check_random(check, t.begin + 1, t.p.width);

  const int n = t.p.width * t.p.height, reach = check_random(check, 0, 1) ? 5 : 200;
  t.z = buffer_new(check, n * sizeof(uint16_t), sizeof(uint16_t));
  t.k = buffer_new(check, n, 1);
  t.vectors =
      buffer_new(check, t.p.n_vectors * sizeof(ZsdMotionVector), sizeof(ZsdMotionVector));
  for (int i = 0; i < n; i++) {
    ((uint16_t *)t.z.data)[i] = (uint16_t)check_random(check, 0, 65535);
    ((uint8_t *)t.k.data)[i] = (uint8_t)check_random(check, 0, 255);
  }
  ZsdMotionVector *vectors = t.vectors.data;
  for (int i = 0; i < t.p.n_vectors; i++)
    vectors[i] =
        i > 0 && check_random(check, 0, 2) ? vectors[i - 1] : random_vector(check, reach);
  t.p.z = t.z.data;
  t.p.k = t.k.data;
  t.p.vectors = vectors;
  return t;
}

static int held(int x, int count) {
  return x < 0 ? 0 : x >= count ? count - 1 : x;
}

/* The Lanczos kernel of four lobes. */
static double lanczos(double t) {
  const double pi = acos(-1);
  if (fabs(t) < 1e-9)
    return 1;
  return fabs(t) < 4 ? sin(pi * t) * sin(pi * t / 4) * 4 / (pi * t * pi * t) : 0;
}

/* z at a position, interpolated, and k of the nearest sample, filtered as white noise is. */
static void look_up(const ZsdPrediction *p, double x, double y, double *z, double *k) {
  const int left = (int)floor(x), top = (int)floor(y);
  double sum = 0, weights = 0, squares = 0;
  for (int j = top - 3; j <= top + 4; j++)
    for (int i = left - 3; i <= left + 4; i++) {
      const double weight = lanczos(x - i) * lanczos(y - j);
      sum += weight * p->z[(ptrdiff_t)held(j, p->height) * p->width + held(i, p->width)];
      weights += weight;
      squares += weight * weight;
    }
  const int near_x = held((int)floor(x + 0.5), p->width);
  const int near_y = held((int)floor(y + 0.5), p->height);
  *z = sum / weights / 65535;
  *k = pow(p->k[(ptrdiff_t)near_y * p->width + near_x] / 255.0, 2) * squares /
       (weights * weights);
}

/* A coordinate's displacement in samples of the component. */
static double displacement(int whole, int eighths, bool half) {
  return (whole + eighths / 8.0) / (half ? 2 : 1);
}

static void check_prediction(Check *check) {
  Prediction t = prediction_new(check);
  const int n = t.end - t.begin;
  Output z = output_new(check, n, 9), k = output_new(check, n, 9);
  check->set->predict(&t.p, t.y, t.begin, t.end, z.set.data, k.set.data);
  check->plain->predict(&t.p, t.y, t.begin, t.end, z.plain.data, k.plain.data);
  for (int x = t.begin; x < t.end; x++) {
    const ZsdMotionVector v = t.p.vectors[held(x / t.p.block_width, t.p.n_vectors)];
    double value, variance;
    const double dx = displacement(v.x, v.eighths_x, t.p.half_width);
    const double dy = displacement(v.y, v.eighths_y, t.p.half_height);
    look_up(&t.p, x + dx, t.y + dy, &value, &variance);
    /* taps are rounded to 1 / 16384 */
    const double tolerance = dx == floor(dx) && dy == floor(dy) ? 1e-6 : 1e-3;
    check_near(check, "z", x, output_at(&z, x - t.begin), t.p.gain * value + t.p.offset,
               tolerance);
    check_near(check, "k", x, output_at(&k, x - t.begin), variance, tolerance);
  }
  output_free(check, &z, "z");
  output_free(check, &k, "k");
  buffer_free(check, &t.z, "previous z");
  buffer_free(check, &t.k, "previous k");
  buffer_free(check, &t.vectors, "vectors");
}

void check_predict(Check *check) {
  for (int trial = 0; trial < 3000; trial++)
    if (check_wanted(check))
      check_prediction(check);
}

static void check_stored(Check *check) {
  const int n = random_length(check);
  Buffer z = floats(check, n, -0.5f, 1.5f), k = floats(check, n, 0, 1);
  Buffer stored_z = buffer_new(check, n * sizeof(uint16_t), sizeof(uint16_t));
  Buffer stored_k = buffer_new(check, n, 1), plain_k = buffer_new(check, n, 1);
  Buffer plain_z = buffer_new(check, n * sizeof(uint16_t), sizeof(uint16_t));
  check->set->store_state(stored_z.data, stored_k.data, z.data, k.data, n);
  check->plain->store_state(plain_z.data, plain_k.data, z.data, k.data, n);
  for (int i = 0; i < n; i++) {
    const double value = fmin(1, fmax(0, ((float *)z.data)[i]));
    check_near(check, "z", i, ((uint16_t *)stored_z.data)[i], 65535 * value, 0.51);
    check_near(check, "k", i, ((uint8_t *)stored_k.data)[i], 255 * sqrt(((float *)k.data)[i]),
               0.5001);
  }
  if (memcmp(stored_z.data, plain_z.data, n * sizeof(uint16_t)) != 0 ||
      memcmp(stored_k.data, plain_k.data, n) != 0)
    check_fail(check, "n %d: not as plain C", n);
  buffer_free(check, &z, "z");
  buffer_free(check, &k, "k");
  buffer_free(check, &stored_z, "stored z");
  buffer_free(check, &stored_k, "stored k");
  buffer_free(check, &plain_z, "plain C's z");
  buffer_free(check, &plain_k, "plain C's k");
}

void check_store_state(Check *check) {
  for (int trial = 0; trial < 1000; trial++)
    if (check_wanted(check))
      check_stored(check);
}

static Buffer random_bytes(Check *check, int n, int size) {
  Buffer buffer = buffer_new(check, n * size, size);
  for (int i = 0; i < n * size; i++)
    ((uint8_t *)buffer.data)[i] =
        (uint8_t)(check_random(check, 0, 7) ? check_random(check, 1, 255) : 0);
  return buffer;
}

static void check_joined(Check *check) {
  const int n = random_length(check);
  Buffer y = floats(check, n, -0.2f, 1.2f);
  Buffer stored_z[2] = {random_bytes(check, n, 2), random_bytes(check, n, 2)};
  Buffer stored_k[2] = {random_bytes(check, n, 1), random_bytes(check, n, 1)};
  const ZsdStoredState first = {stored_z[0].data, stored_k[0].data};
  const ZsdStoredState second = {stored_z[1].data, stored_k[1].data};
  Output z = output_new(check, n, 9), k = output_new(check, n, 9);
  check->set->join_states(z.set.data, k.set.data, y.data, &first, &second, n);
  check->plain->join_states(z.plain.data, k.plain.data, y.data, &first, &second, n);
  for (int i = 0; i < n; i++) {
    const double frame = ((float *)y.data)[i];
    const double k1 = pow(fmax(first.k[i], 1) / 255, 2);
    const double k2 = pow(fmax(second.k[i], 1) / 255, 2);
    /* the frame counts once: its weight, 1, is in both */
    const double weight = 1 / k1 + 1 / k2 - 1;
    const double sum = first.z[i] / 65535.0 / k1 + second.z[i] / 65535.0 / k2 - frame;
    check_near(check, "z", i, output_at(&z, i), sum / weight, 2e-6);
    check_near(check, "k", i, output_at(&k, i), 1 / weight, 1e-6);
  }
  for (int i = 0; i < 2; i++) {
    buffer_free(check, &stored_z[i], "stored z");
    buffer_free(check, &stored_k[i], "stored k");
  }
  buffer_free(check, &y, "y");
  output_free(check, &z, "z");
  output_free(check, &k, "k");
}

void check_join_states(Check *check) {
  for (int trial = 0; trial < 1000; trial++)
    if (check_wanted(check))
      check_joined(check);
}

/* --- Kalman update --- */

static void check_innovations(Check *check) {
  const int n = random_length(check);
  const ZsdNoiseVariance noise = random_noise(check);
  Buffer y = floats(check, n, -0.2f, 1.2f), p = floats(check, n, -0.2f, 1.8f);
  Buffer k = floats(check, n, 0, 1);
  Output d = output_new(check, n, 9);
  check->set->innovation(d.set.data, y.data, p.data, k.data, n, &noise);
  check->plain->innovation(d.plain.data, y.data, p.data, k.data, n, &noise);
  for (int i = 0; i < n; i++) {
    const double prediction = ((float *)p.data)[i];
    const double variance = (1 + ((float *)k.data)[i]) * variance_of(&noise, prediction);
    const double expected = (((float *)y.data)[i] - prediction) / sqrt(variance);
    /* the variance loses digits where base and slope cancel */
    check_near(check, "innovation", i, output_at(&d, i), expected,
               1e-4 * fabs(expected) + 1e-6);
  }
  buffer_free(check, &y, "y");
  buffer_free(check, &p, "p");
  buffer_free(check, &k, "k");
  output_free(check, &d, "innovations");
}

void check_innovation(Check *check) {
  for (int trial = 0; trial < 1000; trial++)
    if (check_wanted(check))
      check_innovations(check);
}

enum { RADIUS = ZSD_KALMAN_RADIUS, WINDOW = 2 * RADIUS + 1 };

/* The larger squared mean of five samples in a row and in a column around sample x. */
static double line_at(const ZsdKalmanRow *f, int x) {
  double across = 0, down = 0;
  for (int i = -2; i <= 2; i++) {
    across += f->innovation[RADIUS][x + i] / 5;
    down += f->innovation[RADIUS + i][x] / 5;
  }
  return fmax(across * across, down * down);
}

/* The excess variance of the windows around sample x. */
static double excess_at(const ZsdKalmanRow *f, int x) {
  const double line = line_at(f, x), thin = line > f->max_squared_line[x] ? 4 * line : 0;
  double squares = 0, sum = 0;
  for (int j = -RADIUS; j <= RADIUS; j++)
    for (int i = -RADIUS; i <= RADIUS; i++) {
      const double d = f->innovation[j + RADIUS][x + i];
      squares += d * d;
      sum += abs(i) <= 2 && abs(j) <= 2 ? d : 0;
    }
  return fmax(thin, fmax(squares / 49 - f->max_mean_square[x],
                         4 * (sum * sum / 625 - f->max_squared_mean[x])));
}

typedef struct {
  Output z, gain, residual, outliers;
} Fused;

static void check_sample(Check *check, const ZsdKalmanRow *f, const Fused *out, int x) {
  const double excess = excess_at(f, x), k = f->k[x];
  const double predicted = k + excess * (1 + k) + f->process_noise[x];
  const double gain = predicted / (predicted + 1);
  const double deviation = sqrt(variance_of(&f->noise, f->p[x]));
  if (fabs(line_at(f, x) - f->max_squared_line[x]) < 1e-4)
    return; /* rounding decides */
  check_near(check, "gain", x, output_at(&out->gain, x), gain, 1e-5);
  check_near(check, "z", x, output_at(&out->z, x), f->p[x] + gain * (f->y[x] - f->p[x]), 2e-5);
  check_near(check, "residual", x, output_at(&out->residual, x),
             f->innovation[RADIUS][x] * deviation, 1e-4);
  if (f->outliers && fabs(excess - f->outlier_excess) > 1e-4)
    check_near(check, "outliers", x, output_at(&out->outliers, x),
               2 + (excess > f->outlier_excess), 0);
}

static void check_updated(Check *check) {
  const int n = random_length(check);
  const float most = check_random(check, 0, 1) ? 1 : 4;
  Buffer d[WINDOW], y = floats(check, n, -0.2f, 1.2f), p = floats(check, n, -0.2f, 1.2f);
  Buffer k = floats(check, n, 0, 1), process_noise = floats(check, n, 0.002f, 0.3f);
  Buffer squared_line = floats(check, n, 0.5f, 4);
  Buffer mean_square = floats(check, n, 0.2f, 1.6f), squared_mean = floats(check, n, 0, 0.4f);
  ZsdKalmanRow f = {.y = y.data,
                    .p = p.data,
                    .k = k.data,
                    .noise = random_noise(check),
                    .max_mean_square = mean_square.data,
                    .max_squared_mean = squared_mean.data,
                    .max_squared_line = squared_line.data,
                    .process_noise = process_noise.data,
                    .outlier_excess = 0.05f};
  for (int i = 0; i < WINDOW; i++) {
    d[i] = floats(check, n + 2 * RADIUS, -most, most);
    f.innovation[i] = (float *)d[i].data + RADIUS;
  }
  Fused out = {output_new(check, n, 9), output_new(check, n, 9), output_new(check, n, 9),
               output_new(check, n, 2)};
  const bool count = check_random(check, 0, 1);
  for (int plain = 0; plain < 2; plain++) {
    f.z = (plain ? &out.z.plain : &out.z.set)->data;
    f.gain = (plain ? &out.gain.plain : &out.gain.set)->data;
    f.residual = (plain ? &out.residual.plain : &out.residual.set)->data;
    f.outliers = count ? (plain ? &out.outliers.plain : &out.outliers.set)->data : NULL;
    (plain ? check->plain : check->set)->kalman_update(&f, n);
  }
  for (int x = 0; x < n; x++)
    check_sample(check, &f, &out, x);
  for (int i = 0; i < WINDOW; i++)
    buffer_free(check, &d[i], "row of innovations");
  buffer_free(check, &y, "y");
  buffer_free(check, &p, "p");
  buffer_free(check, &k, "k");
  buffer_free(check, &mean_square, "largest mean squares");
  buffer_free(check, &squared_mean, "largest squared means");
  buffer_free(check, &squared_line, "largest squared means of lines");
  buffer_free(check, &process_noise, "process noise");
  output_free(check, &out.z, "z");
  output_free(check, &out.gain, "gain");
  output_free(check, &out.residual, "residual");
  output_free(check, &out.outliers, "outliers");
}

void check_kalman_update(Check *check) {
  for (int trial = 0; trial < 1000; trial++)
    if (check_wanted(check))
      check_updated(check);
}

/* --- input features and output of the network --- */

static void check_features(Check *check) {
  const int n = random_length(check), step = check_random(check, 1, 2);
  const int samples = (n - 1) * step + 1;
  Buffer y = floats(check, samples, -0.2f, 1.2f), z = floats(check, samples, -0.2f, 1.2f);
  Buffer k = floats(check, samples, 0, 1);
  ZsdInputFeatures s = {.y = y.data,
                        .z = z.data,
                        .k = check_random(check, 0, 1) ? k.data : NULL,
                        .step = step,
                        .prefetch = check_random(check, 0, 1) ? samples : 0,
                        .scale = uniform(check, 1, 500),
                        .weight = uniform(check, 1, 500),
                        .noise = random_noise(check)};
  Output picture = output_new(check, n, 9), difference = output_new(check, n, 9);
  Output deviation = output_new(check, n, 1);
  for (int plain = 0; plain < 2; plain++) {
    s.picture = (plain ? &picture.plain : &picture.set)->data;
    s.difference = (plain ? &difference.plain : &difference.set)->data;
    s.deviation = (plain ? &deviation.plain : &deviation.set)->data;
    (plain ? check->plain : check->set)->input_features(&s, n);
  }
  for (int i = 0; i < n; i++) {
    const double fused = s.z[i * step], variance = variance_of(&s.noise, fused);
    check_near(check, "picture", i, output_at(&picture, i), s.scale * (fused - 0.5), 1e-4);
    check_near(check, "difference", i, output_at(&difference, i),
               s.scale * (s.y[i * step] - fused), 1e-4);
    const double added = s.weight * sqrt((s.k ? s.k[i * step] : 1) * variance);
    check_near(check, "deviation", i, output_at(&deviation, i), 1 + added, 1e-4 * (1 + added));
  }
  buffer_free(check, &y, "y");
  buffer_free(check, &z, "z");
  buffer_free(check, &k, "k");
  output_free(check, &picture, "picture");
  output_free(check, &difference, "difference");
  output_free(check, &deviation, "deviation");
}

void check_input_features(Check *check) {
  for (int trial = 0; trial < 1000; trial++)
    if (check_wanted(check))
      check_features(check);
}

static void check_denormalised(Check *check) {
  const int n = random_length(check);
  const float unit = uniform(check, 0.002f, 0.2f), most = 5, fused = 1.5f;
  const ZsdNoiseLimits limits = {most, fused};
  Buffer d = floats(check, n, -8, 8), z = floats(check, n, -200, 200);
  Buffer noise = floats(check, n, -8, 8), deviation = floats(check, n, 0, 1.5f);
  Output out_z = output_new(check, n, 0), out_noise = output_new(check, n, 0);
  memcpy(out_z.set.data, z.data, z.size);
  memcpy(out_z.plain.data, z.data, z.size);
  memcpy(out_noise.set.data, noise.data, noise.size);
  memcpy(out_noise.plain.data, noise.data, noise.size);
  check->set->denormalise(out_z.set.data, out_noise.set.data, d.data, deviation.data, n, unit,
                          &limits);
  check->plain->denormalise(out_z.plain.data, out_noise.plain.data, d.data, deviation.data, n,
                            unit, &limits);
  for (int i = 0; i < n; i++) {
    const double difference = ((float *)d.data)[i], s = ((float *)deviation.data)[i];
    const double left = s * (fused + (most - fused) * s * s);
    const double found = fmax(-left, fmin(left, ((float *)noise.data)[i]));
    check_near(check, "picture", i, output_at(&out_z, i),
               0.5 + unit * (((float *)z.data)[i] + difference), 1e-5);
    check_near(check, "noise", i, output_at(&out_noise, i),
               unit * fmax(-most, fmin(most, difference + found)), 1e-6);
  }
  buffer_free(check, &d, "difference");
  buffer_free(check, &z, "picture");
  buffer_free(check, &noise, "noise");
  buffer_free(check, &deviation, "deviation");
  output_free(check, &out_z, "picture");
  output_free(check, &out_noise, "noise");
}

void check_denormalise(Check *check) {
  for (int trial = 0; trial < 1000; trial++)
    if (check_wanted(check))
      check_denormalised(check);
}
