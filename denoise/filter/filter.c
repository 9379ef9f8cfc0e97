/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/filter.h"

#include "base/clamp.h"
#include "base/observer.h"
#include "filter/refine.h"
#include "filter/store.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* Scratch memory of one thread. */
typedef struct {
  ZsdTile tile;
  void *scratch; /* of the pass kernel */
  ZsdBlockWienerScratch *wiener;
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
    free(f->workers[i].wiener);
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
  for (int i = 0; i < ZSD_MAX_COMPONENTS; i++) {
    free(state->pilot[i]);
    state->pilot[i] = NULL;
    state->pilot_size[i] = 0;
  }
  state->has_pilot = false;
}

typedef struct {
  ZsdFilter *filter;
  ZsdImage *image;         /* output: an image, or */
  uint16_t *const *planes; /* planes; both NULL: the mean is measured only */
  const ZsdView *view;
  ZsdFilterState *state;
  const ZsdFilterParams *params;
  const ZsdRefinement *refinement; /* NULL: the network's result is the output */
  int across, down;                /* tiles */
} Pass;

static bool is_cancelled(const Pass *p) {
  return zsd_is_cancelled(p->params->observer);
}

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

/* Whether a tile and the samples around it that its result depends on stand still. */
static bool is_static(const Pass *p, ZsdRegion r) {
  const ZsdView *view = p->view;
  const int size = view->layout->channel[0].x_step;
  const int margin = ZSD_HALO * size + (p->refinement ? ZSD_WIENER_SIDE : 0);
  return zsd_fusion_is_static(view->fusion, r.x * size - margin, r.y * size - margin,
                              r.width * size + 2 * margin, r.height * size + 2 * margin);
}

/* Zeroes the noise found in the samples of clean regions. */
static void keep_clean(const ZsdView *view, ZsdTile *tile) {
  const ZsdLayout *layout = view->layout;
  for (int c = 0; c < layout->channels; c++) {
    const ZsdRegionMap *map =
        zsd_regions_map(zsd_fusion_regions(view->fusion), layout->channel[c].component);
    const int x_step = layout->channel[c].x_step, y_step = layout->channel[c].y_step;
    for (int y = 0; y < tile->height; y++)
      zsd_row_keep_clean(map, tile->out.data + c * tile->out.plane + zsd_tile_at(tile, 0, y),
                         tile->width, tile->x * x_step + layout->channel[c].x, x_step,
                         (tile->y + y) * y_step + layout->channel[c].y);
  }
}

static void to_full_scale(const ZsdFrame *frame, ZsdTile *tile) {
  for (int c = 0; c < tile->shape.outputs; c++)
    for (int y = 0; y < tile->height; y++)
      zsd_row_to_full_scale(frame, tile->in.data + c * tile->in.plane + zsd_tile_at(tile, 0, y),
                            tile->out.data + c * tile->out.plane + zsd_tile_at(tile, 0, y),
                            tile->width);
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
  uint16_t *const *planes = p->refinement ? p->refinement->pilot : p->planes;
  if (planes) {
    zsd_store_planes(planes, p->view->frame, p->view->layout, p->filter->kernels, tile);
  } else if (p->image) {
    if (p->view->frame->range < 1)
      to_full_scale(p->view->frame, tile);
    zsd_store_tile(p->image, p->view->layout, p->filter->kernels, tile, p->params->strength,
                   p->params->first_column);
  }
}

static bool caches(const Pass *p) {
  return p->image && p->params->refresh > 1;
}

/* Whether the output of a tile is in the cache. */
static bool is_reused(const Pass *p, int item, bool still) {
  return still && zsd_tile_cache_has(&p->state->tile_cache, item, p->params->refresh);
}

static void filter_tile(const Pass *p, Worker *own, int item) {
  const ZsdRegion region = region_of(p, item);
  ZsdTileCache *cache = &p->state->tile_cache;
  const bool still = caches(p) && is_static(p, region);
  if (caches(p) && !p->params->repeated)
    zsd_tile_cache_note(cache, item, still);
  if (!is_reused(p, item, still))
    compute(p, own, item, region);
  if (p->refinement || !caches(p))
    return;
  if (is_reused(p, item, still))
    zsd_tile_cache_read(cache, p->image, p->view->layout, region);
  else
    zsd_tile_cache_write(cache, item, p->image, p->view->layout, region);
}

/* --- refinement --- */

/* Tiles that are refined together. */
static int group_size(const Pass *p) {
  const int step = p->view->layout->channel[0].x_step;
  const int width = p->params->weights->kernel->tile_width * step;
  return width < ZSD_BLOCK_WIENER_WIDTH ? ZSD_BLOCK_WIENER_WIDTH / width : 1;
}

/* Refines tiles [begin, end) of a row of tiles. */
static void refine_tiles(const Pass *p, Worker *own, int begin, int end) {
  ZsdTileCache *cache = &p->state->tile_cache;
  ZsdRegion region = region_of(p, begin);
  const ZsdRegion last = region_of(p, end - 1);
  region.width = last.x + last.width - region.x;
  zsd_refine(p->refinement, region, own->wiener);
  for (int item = begin; item < end && caches(p); item++)
    zsd_tile_cache_write(cache, item, p->image, p->view->layout, region_of(p, item));
}

/* Refines a group of tiles, or gets them from the cache. */
static void refine_group(const Pass *p, Worker *own, int begin, int end) {
  int first = begin; /* tile that is not refined yet */
  for (int item = begin; item < end; item++) {
    const ZsdRegion region = region_of(p, item);
    if (!caches(p) || !is_reused(p, item, is_static(p, region)))
      continue;
    if (first < item)
      refine_tiles(p, own, first, item);
    first = item + 1;
    zsd_tile_cache_read(&p->state->tile_cache, p->image, p->view->layout, region);
  }
  if (first < end)
    refine_tiles(p, own, first, end);
}

static void refine_frame(const Pass *p) {
  const int size = group_size(p), groups = (p->across + size - 1) / size;
#pragma omp parallel for schedule(dynamic) num_threads(p->params->threads)
  for (int i = 0; i < groups * p->down; i++) {
    const int row = i / groups * p->across, first = i % groups * size;
    if (!is_cancelled(p))
      refine_group(p, &p->filter->workers[omp_get_thread_num()], row + first,
                   row + zsd_smaller(first + size, p->across));
  }
}

/* Allocates the planes of the pilot. Returns 0, or -1 without memory. */
static int prepare_pilot(ZsdFilterState *state, const ZsdFrame *frame) {
  for (int i = 0; i < frame->components; i++) {
    const size_t size = zsd_component_size(&frame->component[i]);
    if (state->pilot[i] && state->pilot_size[i] == size)
      continue;
    free(state->pilot[i]);
    state->pilot[i] = malloc(size * sizeof *state->pilot[i] + 1);
    state->pilot_size[i] = size;
    state->has_pilot = false;
    if (!state->pilot[i])
      return -1;
  }
  return 0;
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
    *own = (Worker){.scratch = aligned_alloc(ZSD_PASS_ALIGNMENT, size),
                    .wiener = zsd_block_wiener_scratch_new()};
    if (!own->scratch || !own->wiener || zsd_tile_resize(&own->tile, planes, width, height)) {
      clear_workers(f);
      return -1;
    }
  }
  return 0;
}

static void filter_tiles(const Pass *p) {
#pragma omp parallel for schedule(dynamic) num_threads(p->params->threads)
  for (int item = 0; item < p->across * p->down; item++)
    if (!is_cancelled(p))
      filter_tile(p, &p->filter->workers[omp_get_thread_num()], item);
}

/* Measures the mean of the noise that the network finds, before the frame is filtered. */
static void measure_mean(const Pass *pass) {
  ZsdMeanCorrection *correction = &pass->state->mean_correction;
  Pass first = *pass;
  first.image = NULL;
  first.planes = NULL;
  first.refinement = NULL;
  filter_tiles(&first);
  zsd_mean_correction_measure(correction, pass->view->frame, pass->view->layout);
  zsd_mean_correction_next_frame(correction);
}

/* Allocates memory for a frame. Returns 0, or -1 without memory. */
static int prepare(Pass *pass) {
  const ZsdFilterParams *params = pass->params;
  ZsdFilterState *state = pass->state;
  const int width = params->weights->kernel->tile_width;
  const int height = params->weights->kernel->tile_height;
  pass->across = (pass->view->layout->width + width - 1) / width;
  pass->down = (pass->view->layout->height + height - 1) / height;
  return prepare_workers(pass->filter, params->weights, params->threads) ||
                 zsd_mean_correction_resize(&state->mean_correction,
                                            pass->across * pass->down) ||
                 (params->refined && prepare_pilot(state, pass->view->frame)) ||
                 (caches(pass) && zsd_tile_cache_resize(&state->tile_cache, pass->image,
                                                        pass->across, pass->down))
             ? -1
             : 0;
}

static ZsdResult run(Pass *pass) {
  const ZsdFilterParams *params = pass->params;
  const ZsdView *view = pass->view;
  ZsdFilterState *state = pass->state;
  ZsdMeanCorrection *correction = &state->mean_correction;
  ZsdRefinement refinement = {.view = view,
                              .pilot = state->pilot,
                              .image = pass->image,
                              .planes = pass->planes,
                              .strength = params->strength,
                              .first_column = params->first_column,
                              .kernels = pass->filter->kernels};
  if (prepare(pass))
    return ZSD_NO_MEMORY;
  if (params->refresh <= 1 || params->refined != state->has_pilot)
    zsd_tile_cache_invalidate(&state->tile_cache); /* motion in this frame is not noted */
  state->has_pilot = params->refined;
  if (!params->repeated) {
    zsd_mean_correction_next_frame(correction);
    zsd_tile_cache_next_frame(&state->tile_cache, params->strength * view->noise_factor,
                              params->first_column);
  }
  const bool twice = view->fusion && zsd_mean_correction_unsettled(correction) &&
                     params->twice && !(params->repeated && correction->frames > 0);
  if (twice)
    measure_mean(pass);
  if (params->refined) {
    zsd_refinement_prepare(&refinement);
    pass->refinement = &refinement;
  }
  filter_tiles(pass);
  if (params->refined)
    refine_frame(pass);
  if (is_cancelled(pass))
    return ZSD_CANCELLED;
  if (view->fusion && !twice && !params->repeated)
    zsd_mean_correction_measure(correction, view->frame, view->layout);
  return ZSD_OK;
}

ZsdResult zsd_filter_run(ZsdFilter *f, ZsdImage *image, const ZsdView *view,
                         ZsdFilterState *state, const ZsdFilterParams *params) {
  return run(
      &(Pass){.filter = f, .image = image, .view = view, .state = state, .params = params});
}

ZsdResult zsd_filter_planes(ZsdFilter *f, uint16_t *const planes[], const ZsdView *view,
                            ZsdFilterState *state, const ZsdFilterParams *params) {
  return run(
      &(Pass){.filter = f, .planes = planes, .view = view, .state = state, .params = params});
}
