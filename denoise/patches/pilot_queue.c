/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "patches/pilot_queue.h"

#include "patches/video_nl_bayes.h"

#include <stdlib.h>
#include <string.h>

enum { FRAMES = 2 * ZSD_PILOT_REACH + 1 };

_Static_assert(FRAMES <= (int)ZSD_VIDEO_NL_BAYES_MAX_FRAMES, "too many frames for a window");

/* A frame; 65535 is 1. */
typedef struct {
  uint16_t *noisy[ZSD_MAX_COMPONENTS], *pilot[ZSD_MAX_COMPONENTS]; /* NULL until used */
  unsigned scene, picture; /* numbers; repetitions have the number of their picture */
  bool unchanged;
  ZsdNoiseModel noise[ZSD_MAX_COMPONENTS];
} Entry;

struct ZsdPilotQueue {
  const ZsdKernels *kernels;
  ZsdFrame shape; /* without planes */
  ZsdVideoNlBayes *nl_bayes;
  float *plane[ZSD_MAX_COMPONENTS];
  uint16_t *clean[ZSD_MAX_COMPONENTS];
  Entry entry[FRAMES];      /* a ring */
  unsigned appended, taken; /* frames in all */
  unsigned
      first; /* number of the oldest frame in the ring, 0 for the first that was appended */
  unsigned scene, picture;
};

void zsd_pilot_queue_free(ZsdPilotQueue *q) {
  if (!q)
    return;
  for (int i = 0; i < ZSD_MAX_COMPONENTS; i++) {
    for (int e = 0; e < FRAMES; e++) {
      free(q->entry[e].noisy[i]);
      free(q->entry[e].pilot[i]);
    }
    free(q->plane[i]);
    free(q->clean[i]);
  }
  zsd_video_nl_bayes_free(q->nl_bayes);
  free(q);
}

static size_t samples(const ZsdPilotQueue *q, int component) {
  return zsd_component_size(&q->shape.component[component]);
}

ZsdPilotQueue *zsd_pilot_queue_new(const ZsdFrame *shape, const ZsdKernels *kernels) {
  ZsdPilotQueue *q = calloc(1, sizeof *q);
  if (!q)
    return NULL;
  q->kernels = kernels;
  q->shape = *shape;
  int failed = !(q->nl_bayes = zsd_video_nl_bayes_new(shape, kernels));
  for (int i = 0; i < shape->components && !failed; i++) {
    q->plane[i] = malloc(samples(q, i) * sizeof(float) + 1);
    q->clean[i] = malloc(samples(q, i) * sizeof(uint16_t) + 1);
    failed = !q->plane[i] || !q->clean[i];
  }
  if (failed) {
    zsd_pilot_queue_free(q);
    return NULL;
  }
  return q;
}

void zsd_pilot_queue_drop(ZsdPilotQueue *q) {
  q->first = q->taken = q->appended;
}

int zsd_pilot_queue_waiting(const ZsdPilotQueue *q) {
  return (int)(q->appended - q->taken);
}

float *const *zsd_pilot_queue_planes(ZsdPilotQueue *q) {
  return q->plane;
}

/* --- appending --- */

static Entry *entry(ZsdPilotQueue *q, unsigned frame) {
  return &q->entry[frame % FRAMES];
}

static int allocate(ZsdPilotQueue *q, Entry *e) {
  for (int i = 0; i < q->shape.components; i++) {
    const size_t size = samples(q, i) * sizeof(uint16_t) + 1;
    if ((!e->noisy[i] && !(e->noisy[i] = malloc(size))) ||
        (!e->pilot[i] && !(e->pilot[i] = malloc(size))))
      return -1;
  }
  return 0;
}

static void store_plane(const ZsdPilotQueue *q, int component, uint16_t *to, const float *from,
                        int threads) {
  const ZsdFrameComponent *c = &q->shape.component[component];
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int y = 0; y < c->height; y++) {
    const ptrdiff_t row = (ptrdiff_t)y * c->width;
    q->kernels->store16((uint8_t *)(to + row), sizeof *to, from + row, from + row, c->width, 0,
                        65535, 0);
  }
}

int zsd_pilot_queue_append(ZsdPilotQueue *q, const ZsdFrame *frame,
                           const ZsdPilotProperties *properties, int threads) {
  Entry *e = entry(q, q->appended);
  if (!properties->unchanged && allocate(q, e))
    return -1;
  q->scene += properties->begins_scene;
  q->picture += !properties->repeated;
  e->scene = q->scene;
  e->picture = q->picture;
  e->unchanged = properties->unchanged;
  memcpy(e->noise, properties->noise, sizeof e->noise);
  for (int i = 0; i < q->shape.components && !e->unchanged; i++) {
    store_plane(q, i, e->noisy[i], frame->component[i].y, threads);
    store_plane(q, i, e->pilot[i], q->plane[i], threads);
  }
  q->appended++;
  if (q->appended - q->first > FRAMES)
    q->first = q->appended - FRAMES;
  return 0;
}

/* --- taking --- */

/* Fills the window with each picture of the frame's scene, once. */
static void fill_window(ZsdPilotQueue *q, ZsdVideoWindow *window,
                        ZsdVideoFrame frames[FRAMES]) {
  const Entry *current = entry(q, q->taken);
  *window = (ZsdVideoWindow){.frames = frames};
  memcpy(window->noise, current->noise, sizeof window->noise);
  unsigned last = current->picture - FRAMES; /* the picture in the window's last frame */
  for (unsigned f = q->first; f != q->appended; f++) {
    const Entry *e = entry(q, f);
    if (e->unchanged || e->scene != current->scene || e->picture == last ||
        (e->picture == current->picture && e != current))
      continue;
    last = e->picture;
    if (e == current)
      window->current = window->n_frames;
    for (int i = 0; i < q->shape.components; i++) {
      frames[window->n_frames].noisy[i] = e->noisy[i];
      frames[window->n_frames].pilot[i] = e->pilot[i];
    }
    window->n_frames++;
  }
}

/* Denoises the first waiting frame into `clean`. */
static ZsdResult denoise(ZsdPilotQueue *q, const ZsdObserver *observer, int threads) {
  ZsdVideoFrame frames[FRAMES];
  ZsdVideoWindow window;
  fill_window(q, &window, frames);
  window.observer = observer;
  return zsd_video_nl_bayes_run(q->nl_bayes, &window, q->clean, threads);
}

ZsdResult zsd_pilot_queue_take(ZsdPilotQueue *q, bool pilot, ZsdTakenFrame *taken,
                               const ZsdObserver *observer, int threads) {
  const Entry *e = entry(q, q->taken);
  if (!e->unchanged && !pilot) {
    const ZsdResult result = denoise(q, observer, threads);
    if (result != ZSD_OK)
      return result;
  }
  *taken = (ZsdTakenFrame){.unchanged = e->unchanged};
  for (int i = 0; i < q->shape.components; i++) {
    taken->noisy[i] = e->noisy[i];
    taken->clean[i] = pilot ? e->pilot[i] : q->clean[i];
  }
  q->taken++;
  return ZSD_OK;
}
