/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "temporal/lookahead.h"

#include "base/observer.h"
#include "frame/scene_change.h"

#include <stdlib.h>
#include <string.h>

/* The backward state of a frame of the window. */
typedef struct {
  uint16_t *z[ZSD_MAX_COMPONENTS];
  uint8_t *k[ZSD_MAX_COMPONENTS];
} State;

struct ZsdLookahead {
  const ZsdKernels *kernels;
  ZsdFusion *fusion; /* of the backward pass */
  ZsdScene scene;    /* the picture that the backward pass filtered last */
  State *states;     /* of the frames after the one that began the window, nearest first */
  int capacity;      /* allocated states */
  int next, end;     /* states [next, end) are those of the next frames */
};

/* --- memory --- */

ZsdLookahead *zsd_lookahead_new(const ZsdFrame *shape, const ZsdKernels *kernels) {
  ZsdLookahead *a = calloc(1, sizeof *a);
  if (!a || !(a->fusion = zsd_fusion_new(shape, kernels))) {
    free(a);
    return NULL;
  }
  a->kernels = kernels;
  return a;
}

static void clear_state(State *state) {
  for (int i = 0; i < ZSD_MAX_COMPONENTS; i++) {
    free(state->z[i]);
    free(state->k[i]);
  }
  *state = (State){0};
}

void zsd_lookahead_free(ZsdLookahead *a) {
  if (!a)
    return;
  for (int i = 0; i < a->capacity; i++)
    clear_state(&a->states[i]);
  free(a->states);
  zsd_fusion_free(a->fusion);
  free(a);
}

void zsd_lookahead_drop(ZsdLookahead *a) {
  a->next = a->end = 0;
}

static int allocate_state(State *state, const ZsdFrame *frame) {
  for (int i = 0; i < frame->components; i++) {
    const size_t n = zsd_component_size(&frame->component[i]) + 1;
    if (!(state->z[i] = malloc(n * sizeof(uint16_t))) || !(state->k[i] = malloc(n))) {
      clear_state(state);
      return -1;
    }
  }
  return 0;
}

/* Has exactly so many states, whose contents are undefined. */
static int resize(ZsdLookahead *a, const ZsdFrame *frame, int count) {
  while (a->capacity > count)
    clear_state(&a->states[--a->capacity]);
  if (count == a->capacity)
    return 0;
  State *states = realloc(a->states, (size_t)count * sizeof *states);
  if (!states)
    return -1;
  a->states = states;
  for (; a->capacity < count; a->capacity++) {
    states[a->capacity] = (State){0};
    if (allocate_state(&states[a->capacity], frame))
      return -1;
  }
  return 0;
}

/* --- the backward pass --- */

/* Loads a picture into the frame's y. Returns whether there is a cut between it and the picture
 * that was loaded before. */
static bool load(ZsdLookahead *a, const ZsdFrame *frame, const ZsdImage *image,
                 const ZsdWindow *window, int threads) {
  const ZsdFrameComponent *c = &frame->component[frame->brightness];
  zsd_frame_load(frame, image, a->kernels, threads);
  return zsd_scene_is_cut(&a->scene, c->y, c->width, c->height, window->scene_threshold);
}

/* Filters the next picture, backwards in time. */
static int filter(ZsdLookahead *a, const ZsdFrame *frame, const ZsdImage *image,
                  const ZsdWindow *window, int threads) {
  if (load(a, frame, image, window, threads))
    zsd_fusion_drop_past(a->fusion);
  if (zsd_fusion_add(a->fusion, frame, window->observer, threads))
    return -1;
  zsd_fusion_commit(a->fusion, frame, threads);
  return 0;
}

static void store(const ZsdLookahead *a, const State *state, const ZsdFrame *frame) {
  for (int i = 0; i < frame->components; i++) {
    const ZsdReference *reference = zsd_fusion_past(a->fusion, i);
    const size_t n = zsd_component_size(&frame->component[i]);
    memcpy(state->z[i], reference->z, n * sizeof(uint16_t));
    memcpy(state->k[i], reference->k, n);
  }
}

/* Filters the window from its last picture to the image, whose state is then the fusion's past.
 * The states between are stored: that of the last picture includes nothing but the picture. */
static int filter_window(ZsdLookahead *a, const ZsdFrame *frame, const ZsdWindow *window,
                         int threads) {
  zsd_fusion_drop_past(a->fusion);
  a->scene = (ZsdScene){0};
  if (resize(a, frame, window->n_later - 1))
    return -1;
  for (int i = window->n_later - 1; i >= 0 && !zsd_is_cancelled(window->observer); i--) {
    if (filter(a, frame, &window->later[i], window, threads))
      return -1;
    if (i < a->capacity)
      store(a, &a->states[i], frame);
  }
  a->end = a->capacity;
  return filter(a, frame, window->image, window, threads);
}

int zsd_lookahead_estimate_noise(ZsdLookahead *a, ZsdNoiseModel *noise, const ZsdFrame *frame,
                                 const ZsdWindow *window, int threads) {
  bool found = false;
  zsd_lookahead_drop(a);
  for (int i = 0; i < window->n_later && !found && !zsd_is_cancelled(window->observer); i++) {
    zsd_fusion_reset(a->fusion);
    a->scene = (ZsdScene){0};
    if (filter(a, frame, &window->later[i], window, threads))
      return -1;
    if (load(a, frame, window->image, window, threads))
      break;
    if (zsd_fusion_add(a->fusion, frame, window->observer, threads))
      return -1;
    found = zsd_fusion_noise_is_temporal(a->fusion);
    if (!zsd_fusion_repeated(a->fusion))
      break;
  }
  for (int i = 0; i < frame->components && found; i++)
    noise[i] = *zsd_fusion_noise(a->fusion, i);
  return found;
}

/* --- joining --- */

static ZsdStoredState row_of(const State *state, int component, ptrdiff_t at) {
  return (ZsdStoredState){state->z[component] + at, state->k[component] + at};
}

/* Joins the components' rows. `backward`: NULL: the state is the backward fusion's past. */
static void join(const ZsdLookahead *a, const ZsdFusion *past, const State *backward,
                 const ZsdFrame *frame, int threads) {
  for (int i = 0; i < frame->components; i++) {
    const ZsdFrameComponent *c = &frame->component[i];
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int y = 0; y < c->height; y++) {
      const ptrdiff_t at = (ptrdiff_t)y * c->width;
      const ZsdStoredState before = zsd_reference_row(zsd_fusion_past(past, i), y);
      const ZsdStoredState after = backward
                                       ? row_of(backward, i, at)
                                       : zsd_reference_row(zsd_fusion_past(a->fusion, i), y);
      a->kernels->join_states(c->z + at, c->k + at, c->y + at, &before, &after, c->width);
    }
  }
}

int zsd_lookahead_join(ZsdLookahead *a, const ZsdFusion *past, const ZsdFrame *frame,
                       const ZsdWindow *window, int threads) {
  if (a->next < a->end) {
    join(a, past, &a->states[a->next++], frame, threads);
    return 0;
  }
  ZsdNoiseModel noise[ZSD_MAX_COMPONENTS] = {0};
  for (int i = 0; i < frame->components; i++)
    noise[i] = *zsd_fusion_noise(past, i);
  zsd_lookahead_drop(a);
  zsd_fusion_fix_noise(a->fusion, noise);
  if (filter_window(a, frame, window, threads)) {
    zsd_lookahead_drop(a);
    return -1;
  }
  join(a, past, NULL, frame, threads);
  return 0;
}
