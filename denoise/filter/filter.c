/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/filter.h"

#include "base/clamp.h"

#include <stdlib.h>
#include <string.h>

/* What each thread has for itself. */
typedef struct {
  ZsdTile tile;
  void *scratch; /* the pass kernel's */
} Worker;

struct ZsdFilter {
  const ZsdKernels *kernels;
  ZsdThreads *threads;
  const ZsdPassKernel *kernel; /* that the workers have room for; NULL: none yet */
  int hidden;                  /* channels of the widest network that there is room for */
  Worker workers[];
};

ZsdFilter *zsd_filter_new(const ZsdKernels *kernels, ZsdThreads *threads) {
  const int workers = zsd_threads_count(threads);
  ZsdFilter *f = calloc(1, sizeof *f + workers * sizeof *f->workers);
  if (!f)
    return NULL;
  f->kernels = kernels;
  f->threads = threads;
  return f;
}

void zsd_filter_free(ZsdFilter *f) {
  if (!f)
    return;
  for (int i = 0; i < zsd_threads_count(f->threads); i++) {
    zsd_tile_clear(&f->workers[i].tile);
    free(f->workers[i].scratch);
  }
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
  ZsdImage *image; /* NULL: what is found is only added up */
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

static void compute(const Pass *p, int worker, int item, ZsdRegion r) {
  Worker *own = &p->filter->workers[worker];
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
    zsd_frame_store(p->image, p->view->layout, p->filter->kernels, tile, p->how->strength,
                    p->how->first_column);
}

static void filter_tile(void *context, int worker, int item) {
  const Pass *p = context;
  const ZsdRegion region = region_of(p, item);
  ZsdKept *kept = &p->trace->kept;
  const bool keep = p->image && p->how->refresh > 1, calm = keep && is_calm(p->view, region);

  if (keep && !p->how->repeated)
    zsd_kept_note(kept, item, calm);
  if (calm && zsd_kept_serves(kept, item, p->how->refresh)) {
    zsd_kept_give(kept, p->image, p->view->layout, region);
    return;
  }
  compute(p, worker, item, region);
  if (keep)
    zsd_kept_take(kept, item, p->image, p->view->layout, region);
}

/* --- frames --- */

/* Room for the kernel's own tiles; the hidden layers are its own business. */
static int prepare_workers(ZsdFilter *f, const ZsdWeights *weights) {
  const ZsdPassKernel *kernel = weights->kernel;
  const int width = kernel->tile_width, height = kernel->tile_height;
  const ZsdShape planes = {weights->shape.inputs, 0, weights->shape.outputs};
  const size_t size = kernel->scratch_size(weights->shape, width, height);
  if (f->kernel == kernel && f->hidden >= weights->shape.hidden)
    return 0;
  f->kernel = NULL;
  for (int i = 0; i < zsd_threads_count(f->threads); i++) {
    Worker *own = &f->workers[i];
    free(own->scratch);
    if (!(own->scratch = aligned_alloc(ZSD_PASS_ALIGNMENT, size)) ||
        zsd_tile_resize(&own->tile, planes, width, height))
      return -1;
  }
  f->kernel = kernel;
  f->hidden = weights->shape.hidden;
  return 0;
}

int zsd_filter_run(ZsdFilter *f, ZsdImage *image, const ZsdView *view, ZsdTrace *trace,
                   const ZsdFiltering *how) {
  const int width = how->weights->kernel->tile_width;
  const int height = how->weights->kernel->tile_height;
  const int across = (view->layout->width + width - 1) / width;
  const int down = (view->layout->height + height - 1) / height;
  const int items = across * down;
  ZsdTint *tint = &trace->tint;
  const bool twice = view->fusion && zsd_tint_unknown(tint) && how->twice &&
                     !(how->repeated && tint->frames > 0);
  Pass pass = {f, twice ? NULL : image, view, trace, how, across, down};

  if (prepare_workers(f, how->weights) || zsd_tint_resize(tint, items) ||
      (how->refresh > 1 && zsd_kept_resize(&trace->kept, image, across, down)))
    return -1;
  if (!how->repeated) {
    zsd_tint_next(tint);
    zsd_kept_next(&trace->kept, how->strength, how->first_column);
  }
  zsd_threads_run(f->threads, filter_tile, &pass, items);
  if (view->fusion && (twice || !how->repeated))
    zsd_tint_measure(tint, view->frame, view->layout);
  if (!twice)
    return 0;
  zsd_tint_next(tint);
  pass.image = image;
  zsd_threads_run(f->threads, filter_tile, &pass, items);
  return 0;
}
