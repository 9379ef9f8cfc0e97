/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "naive.h"

#include <stdlib.h>

typedef struct {
  int channels, height, width;
  double *data;
} Picture;

static Picture make(int channels, int height, int width) {
  return (Picture){channels, height, width,
                   calloc((size_t)channels * height * width + 1, sizeof(double))};
}

static double *at(const Picture *p, int c, int y, int x) {
  return &p->data[((size_t)c * p->height + y) * p->width + x];
}

static double get(const Picture *p, int c, int y, int x) {
  return y >= 0 && y < p->height && x >= 0 && x < p->width ? *at(p, c, y, x) : 0;
}

static double sum_of_taps(const Picture *in, const double *weights, int taps, int y, int x) {
  const int reach = taps == 9;
  double sum = 0;
  for (int c = 0; c < in->channels; c++)
    for (int j = -reach; j <= reach; j++)
      for (int i = -reach; i <= reach; i++)
        sum += *weights++ * get(in, c, y + j, x + i);
  return sum;
}

static Picture layer_of(const Picture *in, const ZsdLayer *layer, const double *params,
                        double slope) {
  Picture out = make(layer->n_out, in->height, in->width);
  for (int o = 0; o < layer->n_out; o++)
    for (int y = 0; y < in->height; y++)
      for (int x = 0; x < in->width; x++) {
        const double *weights = params + layer->weights + (size_t)o * layer->n_in * layer->taps;
        const double sum =
            params[layer->bias + o] + sum_of_taps(in, weights, layer->taps, y, x);
        *at(&out, o, y, x) = sum > 0 ? sum : slope * sum;
      }
  return out;
}

/* f(y) */
static Picture output_of(const Picture *y, const ZsdNetwork *net, const double *params) {
  Picture h1 = layer_of(y, &net->layers[0], params, 0.2);
  Picture h2 = layer_of(&h1, &net->layers[1], params, 0.2);
  Picture out = layer_of(&h2, &net->layers[2], params, 1);
  free(h1.data);
  free(h2.data);
  return out;
}

/* y - f(y) */
static Picture clean(const Picture *y, const ZsdNetwork *net, const double *params) {
  Picture out = output_of(y, net, params);
  for (int i = 0; i < y->channels * y->height * y->width; i++)
    out.data[i] = y->data[i] - out.data[i];
  return out;
}

static Picture downsample(const Picture *p, int which) {
  Picture out = make(p->channels, p->height / 2, p->width / 2);
  for (int c = 0; c < p->channels; c++)
    for (int y = 0; y < out.height; y++)
      for (int x = 0; x < out.width; x++)
        *at(&out, c, y, x) = (get(p, c, 2 * y, 2 * x + (which == 1)) +
                              get(p, c, 2 * y + 1, 2 * x + (which == 2))) /
                             2;
  return out;
}

static double mean_square(const Picture *a, const Picture *b) {
  const int n = a->channels * a->height * a->width;
  double sum = 0;
  for (int i = 0; i < n; i++)
    sum += (a->data[i] - b->data[i]) * (a->data[i] - b->data[i]);
  return sum / n;
}

static Picture copy_of(const ZsdTensor *t) {
  Picture p = make(t->channels, t->height, t->width);
  for (int i = 0; i < p.channels * p.height * p.width; i++)
    p.data[i] = t->data[i];
  return p;
}

/* Loss of one channel of a patch; planes have `row` samples in a row. */
static double patch_loss(const float *target, const float *weight, const double *f, int row,
                         int width, int height, double mean_weight) {
  double sum = 0, squares = 0, weights = 0;
  for (int i = 0; i < width * height; i++) {
    const int at = i / width * row + i % width;
    const double error = f[at] - target[at];
    squares += weight[at] * error * error;
    sum += weight[at] * error;
    weights += weight[at];
  }
  return squares + (weights > 0 ? mean_weight * sum * sum / weights : 0);
}

double naive_n2n_loss(const ZsdNetwork *shape, const double *params, const ZsdTensor *input,
                      const ZsdTensor *target, const ZsdTensor *weight, int patch,
                      double mean_weight) {
  Picture x = copy_of(input), f = output_of(&x, shape, params);
  double sum = 0;
  for (int c = 0; c < f.channels; c++)
    for (int top = 0; top < f.height; top += patch)
      for (int left = 0; left < f.width; left += patch) {
        const int at = top * f.width + left, plane = c * f.height * f.width;
        const int w = f.width - left, h = f.height - top;
        sum += patch_loss(target->data + plane + at, weight->data + at, f.data + plane + at,
                          f.width, w < patch ? w : patch, h < patch ? h : patch, mean_weight);
      }
  free(x.data);
  free(f.data);
  return sum;
}

double naive_zsn2n_loss(const ZsdNetwork *shape, const double *params,
                        const ZsdTensor *picture) {
  Picture y = copy_of(picture);
  Picture clean_y = clean(&y, shape, params);
  Picture d1 = downsample(&y, 1), d2 = downsample(&y, 2);
  Picture p1 = clean(&d1, shape, params), p2 = clean(&d2, shape, params);
  Picture q1 = downsample(&clean_y, 1), q2 = downsample(&clean_y, 2);
  const double residual = (mean_square(&p1, &d2) + mean_square(&p2, &d1)) / 2;
  const double consistency = (mean_square(&p1, &q1) + mean_square(&p2, &q2)) / 2;
  Picture *const all[] = {&y, &clean_y, &d1, &d2, &p1, &p2, &q1, &q2};
  for (int i = 0; i < 8; i++)
    free(all[i]->data);
  return residual + consistency;
}
