/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter.h"

#include "bounds.h"

#include <stdlib.h>
#include <string.h>

enum {
  /* Of the network's picture. With the sample around it that the first layer computes a tile is
   * 10 x 8 blocks of 4x4 samples; its activations fit into the second cache, and a 720p picture
   * in 4:2:0 has 204 of them. */
  TILE_WIDTH = 38,
  TILE_HEIGHT = 30,
  ENOUGH = 1024, /* samples of a component, that noise has no mean over them */
};

/* The share of a new measurement in the mean that is given back. */
static const float NEW_SHARE = 0.5f;

/* What each thread has for itself. */
typedef struct {
  ZsdTile tile;
  void *scratch; /* the pass kernel's */
} Worker;

struct ZsdFilter {
  const ZsdKernels *kernels;
  ZsdThreads *threads;
  double *sums;        /* of each tile, what was found in each channel */
  int most;            /* tiles that there is room for */
  size_t scratch_size; /* of each worker */
  Worker workers[];
};

ZsdFilter *zsd_filter_new(ZsdShape shape, const ZsdKernels *kernels, ZsdThreads *threads) {
  const int workers = zsd_threads_count(threads);
  ZsdFilter *f = calloc(1, sizeof *f + workers * sizeof *f->workers);
  if (!f)
    return NULL;
  f->kernels = kernels;
  f->threads = threads;
  shape.hidden = 0;
  for (int i = 0; i < workers; i++)
    if (zsd_tile_resize(&f->workers[i].tile, shape, TILE_WIDTH, TILE_HEIGHT)) {
      zsd_filter_free(f);
      return NULL;
    }
  return f;
}

void zsd_filter_free(ZsdFilter *f) {
  if (!f)
    return;
  for (int i = 0; i < zsd_threads_count(f->threads); i++) {
    zsd_tile_clear(&f->workers[i].tile);
    free(f->workers[i].scratch);
  }
  free(f->sums);
  free(f);
}

/* --- tiles --- */

typedef struct {
  ZsdFilter *filter;
  ZsdImage *image; /* NULL: what is found is only added up */
  const ZsdView *view;
  const ZsdTint *tint;
  const ZsdFiltering *how;
  int across, down; /* tiles */
} Pass;

static double sum_of(const ZsdKernels *kernels, const ZsdTile *tile, int channel) {
  const float *out = tile->out.data + channel * tile->out.plane;
  double sum = 0;
  for (int y = 0; y < tile->height; y++)
    sum += kernels->sum(out + zsd_tile_at(tile, 0, y), tile->width);
  return sum;
}

static void shift(const ZsdTile *tile, int channel, float by) {
  float *out = tile->out.data + channel * tile->out.plane;
  const ptrdiff_t n = tile->row * (tile->height + 2 * ZSD_HALO);
  for (ptrdiff_t i = 0; i < n; i++)
    out[i] -= by;
}

/* Where part number `part` begins of `parts` that are as even as can be. */
static int begin(int length, int parts, int part) {
  return (int)((int64_t)length * part / parts);
}

static void filter_tile(void *context, int worker, int item) {
  const Pass *p = context;
  const ZsdLayout *layout = p->view->layout;
  Worker *own = &p->filter->workers[worker];
  ZsdTile *tile = &own->tile;
  const int column = item % p->across, row = item / p->across;
  const int x = begin(layout->width, p->across, column);
  const int y = begin(layout->height, p->down, row);

  zsd_inputs_load(tile, p->view, x, y, begin(layout->width, p->across, column + 1) - x,
                  begin(layout->height, p->down, row + 1) - y);
  zsd_tile_pass(tile, p->how->weights, own->scratch);
  zsd_inputs_finish(tile, p->view);
  for (int c = 0; c < layout->channels && p->view->fusion; c++) {
    p->filter->sums[(ptrdiff_t)item * ZSD_MAX_CHANNELS + c] =
        sum_of(p->filter->kernels, tile, c);
    shift(tile, c, p->tint->mean[layout->channel[c].component]);
  }
  if (p->image)
    zsd_frame_store(p->image, layout, p->filter->kernels, tile, p->how->strength,
                    p->how->first_column);
}

/* --- frames --- */

/* The mean of what was found in a component; 0 where there are too few samples to tell. */
static float found(const Pass *p, int component, int items) {
  const ZsdLayout *layout = p->view->layout;
  const ZsdFrameComponent *c = &p->view->frame->component[component];
  double sum = 0;
  int channels = 0;
  for (int i = 0; i < layout->channels; i++) {
    if (layout->channel[i].component != component)
      continue;
    channels++;
    for (int k = 0; k < items; k++)
      sum += p->filter->sums[(ptrdiff_t)k * ZSD_MAX_CHANNELS + i];
  }
  if (c->width * c->height < ENOUGH)
    return 0;
  return (float)(sum / ((double)channels * layout->width * layout->height));
}

static int make_scratch(ZsdFilter *f, const ZsdWeights *weights) {
  const size_t size = weights->kernel->scratch_size(weights->shape, TILE_WIDTH, TILE_HEIGHT);
  if (f->scratch_size >= size)
    return 0;
  f->scratch_size = 0;
  for (int i = 0; i < zsd_threads_count(f->threads); i++) {
    Worker *own = &f->workers[i];
    free(own->scratch);
    if (!(own->scratch = aligned_alloc(ZSD_PASS_ALIGNMENT, size)))
      return -1;
  }
  f->scratch_size = size;
  return 0;
}

static int make_sums(ZsdFilter *f, int items) {
  if (f->most >= items)
    return 0;
  double *sums = realloc(f->sums, (size_t)items * ZSD_MAX_CHANNELS * sizeof *sums);
  if (!sums)
    return -1;
  f->sums = sums;
  f->most = items;
  return 0;
}

int zsd_filter_run(ZsdFilter *f, ZsdImage *image, const ZsdView *view, ZsdTint *tint,
                   const ZsdFiltering *how) {
  const int across = (view->layout->width + TILE_WIDTH - 1) / TILE_WIDTH;
  const int down = (view->layout->height + TILE_HEIGHT - 1) / TILE_HEIGHT;
  const int items = across * down;
  Pass pass = {f, tint->known || !view->fusion ? image : NULL, view, tint, how, across, down};

  if (make_sums(f, items) || make_scratch(f, how->weights))
    return -1;
  if (!how->repeated)
    memcpy(tint->mean, tint->next, sizeof tint->mean);
  zsd_threads_run(f->threads, filter_tile, &pass, items);
  if (!view->fusion || (how->repeated && tint->known))
    return 0;
  for (int i = 0; i < view->frame->components; i++) {
    const float now = found(&pass, i, items);
    tint->next[i] = tint->known ? tint->next[i] + NEW_SHARE * (now - tint->next[i]) : now;
  }
  if (tint->known)
    return 0;
  memcpy(tint->mean, tint->next, sizeof tint->mean);
  tint->known = true;
  pass.image = image;
  zsd_threads_run(f->threads, filter_tile, &pass, items);
  return 0;
}
