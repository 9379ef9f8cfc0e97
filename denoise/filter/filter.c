/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/filter.h"

#include "base/clamp.h"
#include "filter/store.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* What each thread has for itself. */
typedef struct {
  ZsdTile tile;
  void *scratch; /* the pass kernel's */
} Worker;

struct ZsdFilter {
  const ZsdKernels *kernels;
  const ZsdPassKernel *kernel; /* that the workers have room for */
  int hidden;                  /* channels of the widest network that there is room for */
  Worker *workers;
  int n_workers;
};

ZsdFilter *zsd_filter_new(const ZsdKernels *kernels) {
  ZsdFilter *f = calloc(1, sizeof *f);
  if (f)
    f->kernels = kernels;
  return f;
}

static void clear_workers(ZsdFilter *f) {
  for (int i = 0; i < f->n_workers; i++) {
    zsd_tile_clear(&f->workers[i].tile);
    free(f->workers[i].scratch);
  }
  free(f->workers);
  f->workers = NULL;
  f->n_workers = 0;
}

void zsd_filter_free(ZsdFilter *f) {
  if (!f)
    return;
  clear_workers(f);
  free(f);
}

/* --- tiles --- */

void zsd_trace_forget(ZsdTrace *trace) {
  trace->tint.frames = 0;
  zsd_kept_forget(&trace->kept);
}

void zsd_trace_clear(ZsdTrace *trace) {
  zsd_tint_clear(&trace->tint);
  zsd_kept_clear(&trace->kept);
}

typedef struct {
  ZsdFilter *filter;
  ZsdImage *image;      /* to be written to; or */
  float *const *planes; /* those of a frame; both NULL: what is found is only added up */
  const ZsdView *view;
  ZsdTrace *trace;
  const ZsdFiltering *how;
  int across, down; /* tiles */
} Pass;

/* Where part number `part` begins of `parts` that are as even as can be. */
static int begin(int length, int parts, int part) {
  return (int)((int64_t)length * part / parts);
}

static ZsdRegion region_of(const Pass *p, int item) {
  const ZsdLayout *layout = p->view->layout;
  const int column = item % p->across, row = item / p->across;
  const int x = begin(layout->width, p->across, column);
  const int y = begin(layout->height, p->down, row);
  return (ZsdRegion){x, y, begin(layout->width, p->across, column + 1) - x,
                     begin(layout->height, p->down, row + 1) - y};
}

/* Whether nothing moves in what the network sees of a tile. */
static bool is_calm(const ZsdView *view, ZsdRegion r) {
  const int size = view->layout->channel[0].x_step;
  return zsd_fusion_calm(view->fusion, (r.x - ZSD_HALO) * size, (r.y - ZSD_HALO) * size,
                         (r.width + 2 * ZSD_HALO) * size, (r.height + 2 * ZSD_HALO) * size);
}

static void compute(const Pass *p, Worker *own, int item, ZsdRegion r) {
  ZsdTile *tile = &own->tile;
  zsd_inputs_load(tile, p->view, r.x, r.y, r.width, r.height);
  if (p->how->fused)
    memset(tile->out.data, 0, tile->out.plane * tile->shape.outputs * sizeof(float));
  else
    zsd_tile_pass(tile, p->how->weights, own->scratch);
  zsd_inputs_finish(tile, p->view);
  if (p->view->fusion)
    zsd_tint_take(&p->trace->tint, item, tile, p->view->layout, p->filter->kernels);
  if (p->image)
    zsd_store_tile(p->image, p->view->layout, p->filter->kernels, tile, p->how->strength,
                   p->how->first_column);
  else if (p->planes)
    zsd_store_planes(p->planes, p->view->frame, p->view->layout, p->filter->kernels, tile);
}

static void filter_tile(const Pass *p, Worker *own, int item) {
  const ZsdRegion region = region_of(p, item);
  ZsdKept *kept = &p->trace->kept;
  const bool keep = p->image && p->how->refresh > 1, calm = keep && is_calm(p->view, region);

  if (keep && !p->how->repeated)
    zsd_kept_note(kept, item, calm);
  if (calm && zsd_kept_serves(kept, item, p->how->refresh)) {
    zsd_kept_give(kept, p->image, p->view->layout, region);
    return;
  }
  compute(p, own, item, region);
  if (keep)
    zsd_kept_take(kept, item, p->image, p->view->layout, region);
}

/* --- frames --- */

/* Room for the kernel's own tiles, for this many threads; the hidden layers are the kernel's own
 * business. */
static int prepare_workers(ZsdFilter *f, const ZsdWeights *weights, int threads) {
  const ZsdPassKernel *kernel = weights->kernel;
  const int width = kernel->tile_width, height = kernel->tile_height;
  const ZsdShape planes = {weights->shape.inputs, 0, weights->shape.outputs};
  const size_t size = kernel->scratch_size(weights->shape, width, height);
  if (f->kernel != kernel || f->hidden < weights->shape.hidden)
    clear_workers(f);
  if (f->n_workers >= threads)
    return 0;
  Worker *workers = realloc(f->workers, (size_t)threads * sizeof *workers);
  if (!workers)
    return -1;
  f->workers = workers;
  f->kernel = kernel;
  f->hidden = weights->shape.hidden;
  while (f->n_workers < threads) {
    Worker *own = &f->workers[f->n_workers++];
    *own = (Worker){.scratch = aligned_alloc(ZSD_PASS_ALIGNMENT, size)};
    if (!own->scratch || zsd_tile_resize(&own->tile, planes, width, height)) {
      clear_workers(f);
      return -1;
    }
  }
  return 0;
}

static void filter_tiles(const Pass *p) {
#pragma omp parallel for schedule(dynamic) num_threads(p->how->threads)
  for (int item = 0; item < p->across * p->down; item++)
    filter_tile(p, &p->filter->workers[omp_get_thread_num()], item);
}

static int run(Pass *pass) {
  const ZsdFiltering *how = pass->how;
  const ZsdView *view = pass->view;
  const int width = how->weights->kernel->tile_width;
  const int height = how->weights->kernel->tile_height;
  ZsdTrace *trace = pass->trace;
  ZsdTint *tint = &trace->tint;
  pass->across = (view->layout->width + width - 1) / width;
  pass->down = (view->layout->height + height - 1) / height;

  if (prepare_workers(pass->filter, how->weights, how->threads) ||
      zsd_tint_resize(tint, pass->across * pass->down) ||
      (pass->image && how->refresh > 1 &&
       zsd_kept_resize(&trace->kept, pass->image, pass->across, pass->down)))
    return -1;
  if (how->refresh <= 1)
    zsd_kept_forget(&trace->kept); /* these tiles go by without a note of what moves */
  if (!how->repeated) {
    zsd_tint_next(tint);
    zsd_kept_next(&trace->kept, how->strength, how->first_column);
  }
  const bool twice = view->fusion && zsd_tint_unknown(tint) && how->twice &&
                     !(how->repeated && tint->frames > 0);
  if (twice) {
    Pass first = *pass;
    first.image = NULL;
    first.planes = NULL;
    filter_tiles(&first);
    zsd_tint_measure(tint, view->frame, view->layout);
    zsd_tint_next(tint);
  }
  filter_tiles(pass);
  if (view->fusion && !twice && !how->repeated)
    zsd_tint_measure(tint, view->frame, view->layout);
  return 0;
}

int zsd_filter_run(ZsdFilter *f, ZsdImage *image, const ZsdView *view, ZsdTrace *trace,
                   const ZsdFiltering *how) {
  return run(&(Pass){.filter = f, .image = image, .view = view, .trace = trace, .how = how});
}

int zsd_filter_planes(ZsdFilter *f, float *const planes[], const ZsdView *view,
                      ZsdTrace *trace, const ZsdFiltering *how) {
  return run(&(Pass){.filter = f, .planes = planes, .view = view, .trace = trace, .how = how});
}
