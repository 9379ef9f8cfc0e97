/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "patches/pilot_queue.h"

#include "patches/video_nl_bayes.h"

#include <stdlib.h>
#include <string.h>

enum {
  PICTURES = 2 * ZSD_PILOT_REACH + 1, /* of a window */
  WAITING = ZSD_MAX_LOOKAHEAD + 1,    /* frames, at most */
};

_Static_assert(PICTURES <= (int)ZSD_VIDEO_NL_BAYES_MAX_FRAMES, "too many frames for a window");

/* A picture, which several frames may repeat; 65535 is 1. */
typedef struct {
  uint16_t *noisy[ZSD_MAX_COMPONENTS], *pilot[ZSD_MAX_COMPONENTS]; /* NULL until used */
  unsigned scene;                                                  /* number of its scene */
  float range;                                                     /* of the frame */
  bool unchanged; /* it has no pilot, and no planes of its own */
  ZsdNoiseModel noise[ZSD_MAX_COMPONENTS];
} Entry;

struct ZsdPilotQueue {
  const ZsdKernels *kernels;
  ZsdFrame shape; /* without planes */
  ZsdVideoNlBayes *nl_bayes;
  uint16_t *plane[ZSD_MAX_COMPONENTS];
  uint16_t *clean[ZSD_MAX_COMPONENTS]; /* the picture that was denoised last */
  Entry entry[PICTURES];               /* a ring */
  unsigned first, end;                 /* numbers of the pictures in it: [first, end) */
  unsigned waiting[WAITING];           /* pictures of the frames that wait; a ring */
  unsigned appended, taken;            /* frames */
  unsigned scene;
  bool has_clean; /* `clean` is valid, and of this picture: */
  unsigned clean_number;
};

void zsd_pilot_queue_free(ZsdPilotQueue *q) {
  if (!q)
    return;
  for (int i = 0; i < ZSD_MAX_COMPONENTS; i++) {
    for (int e = 0; e < PICTURES; e++) {
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
    q->plane[i] = malloc(samples(q, i) * sizeof(uint16_t) + 1);
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
  q->first = q->end;
  q->taken = q->appended;
  q->has_clean = false;
}

int zsd_pilot_queue_waiting(const ZsdPilotQueue *q) {
  return (int)(q->appended - q->taken);
}

int zsd_pilot_queue_later(const ZsdPilotQueue *q) {
  return q->appended == q->taken ? 0 : (int)(q->end - 1 - q->waiting[q->taken % WAITING]);
}

uint16_t *const *zsd_pilot_queue_planes(ZsdPilotQueue *q) {
  return q->plane;
}

/* --- appending --- */

static Entry *entry(ZsdPilotQueue *q, unsigned picture) {
  return &q->entry[picture % PICTURES];
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

/* Appends a picture. */
static int append_picture(ZsdPilotQueue *q, const ZsdFrame *frame,
                          const ZsdPilotProperties *properties, int threads) {
  Entry *e = entry(q, q->end);
  if (!properties->unchanged && allocate(q, e))
    return -1;
  q->scene += properties->begins_scene;
  e->scene = q->scene;
  e->range = frame->range;
  e->unchanged = properties->unchanged;
  memcpy(e->noise, properties->noise, sizeof e->noise);
  for (int i = 0; i < q->shape.components && !e->unchanged; i++) {
    store_plane(q, i, e->noisy[i], frame->component[i].y, threads);
    memcpy(e->pilot[i], q->plane[i], samples(q, i) * sizeof(uint16_t));
  }
  q->end++;
  if (q->end - q->first > PICTURES)
    q->first = q->end - PICTURES;
  return 0;
}

int zsd_pilot_queue_append(ZsdPilotQueue *q, const ZsdFrame *frame,
                           const ZsdPilotProperties *properties, int threads) {
  const bool repeated = properties->repeated && q->end != q->first &&
                        entry(q, q->end - 1)->unchanged == properties->unchanged;
  if (!repeated && append_picture(q, frame, properties, threads))
    return -1;
  q->waiting[q->appended++ % WAITING] = q->end - 1;
  return 0;
}

/* --- taking --- */

/* Fills the window with the pictures of this one's scene. */
static void fill_window(ZsdPilotQueue *q, ZsdVideoWindow *window,
                        ZsdVideoFrame frames[PICTURES], unsigned picture) {
  const Entry *current = entry(q, picture);
  *window = (ZsdVideoWindow){.frames = frames};
  memcpy(window->noise, current->noise, sizeof window->noise);
  for (unsigned p = q->first; p != q->end; p++) {
    const Entry *e = entry(q, p);
    if (e->unchanged || e->scene != current->scene)
      continue;
    if (p == picture)
      window->current = window->n_frames;
    for (int i = 0; i < q->shape.components; i++) {
      frames[window->n_frames].noisy[i] = e->noisy[i];
      frames[window->n_frames].pilot[i] = e->pilot[i];
    }
    window->n_frames++;
  }
}

/* Denoises a picture into `clean`. */
static ZsdResult denoise(ZsdPilotQueue *q, unsigned picture, const ZsdObserver *observer,
                         int threads) {
  ZsdVideoFrame frames[PICTURES];
  ZsdVideoWindow window;
  if (q->has_clean && q->clean_number == picture)
    return ZSD_OK;
  fill_window(q, &window, frames, picture);
  window.observer = observer;
  const ZsdResult result = zsd_video_nl_bayes_run(q->nl_bayes, &window, q->clean, threads);
  q->has_clean = result == ZSD_OK;
  q->clean_number = picture;
  return result;
}

ZsdResult zsd_pilot_queue_take(ZsdPilotQueue *q, bool pilot, ZsdTakenFrame *taken,
                               const ZsdObserver *observer, int threads) {
  const unsigned picture = q->waiting[q->taken % WAITING];
  const Entry *e = entry(q, picture);
  if (!e->unchanged && !pilot) {
    const ZsdResult result = denoise(q, picture, observer, threads);
    if (result != ZSD_OK)
      return result;
  }
  *taken = (ZsdTakenFrame){.unchanged = e->unchanged, .planes.range = e->range};
  for (int i = 0; i < q->shape.components; i++) {
    taken->planes.noisy[i] = e->noisy[i];
    taken->planes.clean[i] = pilot ? e->pilot[i] : q->clean[i];
  }
  q->taken++;
  return ZSD_OK;
}
