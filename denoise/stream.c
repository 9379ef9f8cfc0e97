/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stream.h"

#include "settings.h"

/* --- memory --- */

void zsd_stream_clear(ZsdStream *stream) {
  zsd_fusion_free(stream->fusion);
  zsd_lookahead_free(stream->lookahead);
  zsd_pilot_queue_free(stream->pilots);
  zsd_frame_clear(&stream->frame);
  stream->fusion = NULL;
  stream->lookahead = NULL;
  stream->pilots = NULL;
  zsd_filter_state_clear(&stream->filter_state);
}

int zsd_stream_prepare(ZsdStream *stream, const ZsdImage *image, const ZsdKernels *kernels) {
  if (stream->fusion && zsd_frame_has_shape(&stream->frame, image))
    return 0;
  zsd_stream_clear(stream);
  if (zsd_frame_resize(&stream->frame, image) ||
      !(stream->fusion = zsd_fusion_new(&stream->frame, kernels))) {
    zsd_stream_clear(stream);
    return -1;
  }
  return 0;
}

/* --- the past --- */

static void drop_lookahead(ZsdStream *stream) {
  if (stream->lookahead)
    zsd_lookahead_drop(stream->lookahead);
}

void zsd_stream_drop_later(ZsdStream *stream) {
  drop_lookahead(stream);
  if (stream->pilots && zsd_pilot_queue_waiting(stream->pilots) > 0)
    zsd_fusion_drop_past(stream->fusion);
  if (stream->pilots)
    zsd_pilot_queue_drop(stream->pilots);
}

void zsd_stream_end_scene(ZsdStream *stream, bool cut) {
  if (!stream->fusion)
    return;
  (cut ? zsd_fusion_drop_past : zsd_fusion_reset)(stream->fusion);
  zsd_filter_state_reset(&stream->filter_state);
  if (!cut)
    drop_lookahead(stream);
}

bool zsd_stream_is_cut(ZsdStream *stream, const ZsdSettings *s) {
  const ZsdFrame *frame = &stream->frame;
  const ZsdFrameComponent *c = &frame->component[frame->brightness];
  if (s->damaged) {
    zsd_scene_history_doubt(&stream->scene, 0);
    return false;
  }
  return zsd_scene_history_is_cut(&stream->scene, c->y, c->width, c->height,
                                  s->scene_threshold);
}

ZsdResult zsd_stream_pass(ZsdStream *stream) {
  zsd_filter_state_reset(&stream->filter_state);
  zsd_stream_drop_later(stream);
  if (stream->fusion)
    zsd_fusion_age(stream->fusion, 1);
  return ZSD_OK;
}

void zsd_stream_commit(ZsdStream *stream, const ZsdWindow *window, const ZsdSettings *s) {
  if (s->damaged)
    zsd_fusion_age(stream->fusion, 1);
  else if (s->temporal && window->n_later == 0)
    zsd_fusion_commit(stream->fusion, &stream->frame, (int)s->threads);
}

bool zsd_stream_noise(const ZsdStream *stream, ZsdNoiseModel noise[ZSD_MAX_COMPONENTS]) {
  for (int i = 0; i < stream->frame.components; i++)
    noise[i] = *zsd_fusion_noise(stream->fusion, i);
  return true;
}

/* --- later pictures --- */

int zsd_stream_prepare_lookahead(ZsdStream *stream, const ZsdWindow *window,
                                 const ZsdKernels *kernels) {
  if (window->n_later == 0)
    drop_lookahead(stream);
  else if (!stream->lookahead)
    stream->lookahead = zsd_lookahead_new(&stream->frame, kernels);
  return window->n_later == 0 || stream->lookahead ? 0 : -1;
}

ZsdResult zsd_stream_look_ahead(ZsdStream *stream, const ZsdWindow *window, int threads) {
  zsd_fusion_commit(stream->fusion, &stream->frame, threads);
  if (zsd_lookahead_join(stream->lookahead, stream->fusion, &stream->frame, window, threads)) {
    zsd_fusion_drop_past(stream->fusion);
    return ZSD_NO_MEMORY;
  }
  return ZSD_OK;
}

ZsdWindow zsd_window_later(const ZsdWindow *window, int i) {
  ZsdWindow later = *window;
  later.image = i == 0 ? window->image : &window->later[i - 1];
  later.later = window->later + i;
  later.n_later = window->n_later - i;
  return later;
}

bool zsd_stream_needs_pilot(const ZsdStream *stream, const ZsdWindow *window, bool full) {
  const int waiting = zsd_pilot_queue_waiting(stream->pilots);
  return waiting == 0 || (full && waiting <= window->n_later &&
                          zsd_pilot_queue_later(stream->pilots) < ZSD_PILOT_REACH);
}
