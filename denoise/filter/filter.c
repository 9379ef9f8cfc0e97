/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/filter.h"

#include "base/clamp.h"
#include "filter/store.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* Scratch memory of one thread. */
typedef struct {
  ZsdTile tile;
  void *scratch; /* of the pass kernel */
} Worker;

struct ZsdFilter {
  const ZsdKernels *kernels;
  const ZsdPassKernel *kernel; /* that the workers' memory is for */
  int hidden;                  /* channels of the widest network so far */
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

void zsd_filter_state_reset(ZsdFilterState *state) {
  state->mean_correction.frames = 0;
  zsd_tile_cache_invalidate(&state->tile_cache);
}

void zsd_filter_state_clear(ZsdFilterState *state) {
  zsd_mean_correction_clear(&state->mean_correction);
  zsd_tile_cache_clear(&state->tile_cache);
}

typedef struct {
  ZsdFilter *filter;
  ZsdImage *image;      /* output: an image, or */
  float *const *planes; /* planes; both NULL: the mean is measured only */
  const ZsdView *view;
  ZsdFilterState *state;
  const ZsdFilterParams *params;
  int across, down; /* tiles */
} Pass;

/* First sample of part number `part`, of `parts` that differ by one sample at most. */
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

/* Whether a tile and the samples around it that the network sees stand still. */
static bool is_static(const ZsdView *view, ZsdRegion r) {
  const int size = view->layout->channel[0].x_step;
  return zsd_fusion_is_static(view->fusion, (r.x - ZSD_HALO) * size, (r.y - ZSD_HALO) * size,
                              (r.width + 2 * ZSD_HALO) * size,
                              (r.height + 2 * ZSD_HALO) * size);
}

/* Zeroes the noise found in the samples of clean regions. */
static void keep_clean(const ZsdView *view, ZsdTile *tile) {
  const ZsdLayout *layout = view->layout;
  for (int c = 0; c < layout->channels; c++) {
    const ZsdRegionMap *map =
        zsd_regions_map(zsd_fusion_regions(view->fusion), layout->channel[c].component);
    const int x_step = layout->channel[c].x_step, y_step = layout->channel[c].y_step;
    for (int y = 0; y < tile->height; y++) {
      const int row = (tile->y + y) * y_step + layout->channel[c].y;
      float *noise = tile->out.data + c * tile->out.plane + zsd_tile_at(tile, 0, y);
      for (int x = 0; x < tile->width && row / ZSD_CELL < map->down; x++) {
        const int column = (tile->x + x) * x_step + layout->channel[c].x;
        if (column / ZSD_CELL < map->across && zsd_region_at(map, column, row) & ZSD_CLEAN)
          noise[x] = 0;
      }
    }
  }
}

/* Converts samples and noise to parts of full scale. Samples outside the frame's range have no
 * estimate. */
static void to_full_scale(const ZsdFrame *frame, ZsdTile *tile) {
  for (int c = 0; c < tile->shape.outputs; c++)
    for (int y = 0; y < tile->height; y++) {
      float *x = tile->in.data + c * tile->in.plane + zsd_tile_at(tile, 0, y);
      float *noise = tile->out.data + c * tile->out.plane + zsd_tile_at(tile, 0, y);
      for (int i = 0; i < tile->width; i++) {
        noise[i] = x[i] >= 0 && x[i] <= 1 ? frame->range * noise[i] : 0;
        x[i] = frame->black + frame->range * x[i];
      }
    }
}

static void compute(const Pass *p, Worker *own, int item, ZsdRegion r) {
  ZsdTile *tile = &own->tile;
  zsd_inputs_load(tile, p->view, r.x, r.y, r.width, r.height);
  if (p->params->fused)
    memset(tile->out.data, 0, tile->out.plane * tile->shape.outputs * sizeof(float));
  else
    zsd_tile_pass(tile, p->params->weights, own->scratch);
  zsd_inputs_finish(tile, p->view);
  const bool has_clean =
      p->view->fusion && zsd_regions_any(zsd_fusion_regions(p->view->fusion), ZSD_CLEAN);
  if (has_clean) /* no part of the mean */
    keep_clean(p->view, tile);
  if (p->view->fusion)
    zsd_mean_correction_apply(&p->state->mean_correction, item, tile, p->view->layout,
                              p->filter->kernels);
  if (has_clean)
    keep_clean(p->view, tile);
  if (p->image && p->view->frame->range < 1)
    to_full_scale(p->view->frame, tile);
  if (p->image)
    zsd_store_tile(p->image, p->view->layout, p->filter->kernels, tile, p->params->strength,
                   p->params->first_column);
  else if (p->planes)
    zsd_store_planes(p->planes, p->view->frame, p->view->layout, p->filter->kernels, tile);
}

static void filter_tile(const Pass *p, Worker *own, int item) {
  const ZsdRegion region = region_of(p, item);
  ZsdTileCache *cache = &p->state->tile_cache;
  const bool caches = p->image && p->params->refresh > 1;
  const bool still = caches && is_static(p->view, region);

  if (caches && !p->params->repeated)
    zsd_tile_cache_note(cache, item, still);
  if (still && zsd_tile_cache_has(cache, item, p->params->refresh)) {
    zsd_tile_cache_read(cache, p->image, p->view->layout, region);
    return;
  }
  compute(p, own, item, region);
  if (caches)
    zsd_tile_cache_write(cache, item, p->image, p->view->layout, region);
}

/* --- frames --- */

/* Allocates the tiles of this many threads, of the size that the pass kernel wants. Their
 * hidden planes are in the kernel's scratch memory. */
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
#pragma omp parallel for schedule(dynamic) num_threads(p->params->threads)
  for (int item = 0; item < p->across * p->down; item++)
    filter_tile(p, &p->filter->workers[omp_get_thread_num()], item);
}

static int run(Pass *pass) {
  const ZsdFilterParams *params = pass->params;
  const ZsdView *view = pass->view;
  const int width = params->weights->kernel->tile_width;
  const int height = params->weights->kernel->tile_height;
  ZsdFilterState *state = pass->state;
  ZsdMeanCorrection *correction = &state->mean_correction;
  pass->across = (view->layout->width + width - 1) / width;
  pass->down = (view->layout->height + height - 1) / height;

  if (prepare_workers(pass->filter, params->weights, params->threads) ||
      zsd_mean_correction_resize(correction, pass->across * pass->down) ||
      (pass->image && params->refresh > 1 &&
       zsd_tile_cache_resize(&state->tile_cache, pass->image, pass->across, pass->down)))
    return -1;
  if (params->refresh <= 1)
    zsd_tile_cache_invalidate(&state->tile_cache); /* motion in this frame is not noted */
  if (!params->repeated) {
    zsd_mean_correction_next_frame(correction);
    zsd_tile_cache_next_frame(&state->tile_cache, params->strength * view->noise_factor,
                              params->first_column);
  }
  const bool twice = view->fusion && zsd_mean_correction_unsettled(correction) &&
                     params->twice && !(params->repeated && correction->frames > 0);
  if (twice) {
    Pass first = *pass;
    first.image = NULL;
    first.planes = NULL;
    filter_tiles(&first);
    zsd_mean_correction_measure(correction, view->frame, view->layout);
    zsd_mean_correction_next_frame(correction);
  }
  filter_tiles(pass);
  if (view->fusion && !twice && !params->repeated)
    zsd_mean_correction_measure(correction, view->frame, view->layout);
  return 0;
}

int zsd_filter_run(ZsdFilter *f, ZsdImage *image, const ZsdView *view, ZsdFilterState *state,
                   const ZsdFilterParams *params) {
  return run(
      &(Pass){.filter = f, .image = image, .view = view, .state = state, .params = params});
}

int zsd_filter_planes(ZsdFilter *f, float *const planes[], const ZsdView *view,
                      ZsdFilterState *state, const ZsdFilterParams *params) {
  return run(
      &(Pass){.filter = f, .planes = planes, .view = view, .state = state, .params = params});
}
