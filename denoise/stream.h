/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stream of pictures of one kind, frames or fields of one parity: what is carried from each
 * to the next. */
#ifndef ZSD_STREAM_H
#define ZSD_STREAM_H

#include "filter/filter.h"
#include "frame/frame.h"
#include "frame/scene_change.h"
#include "patches/pilot_queue.h"
#include "temporal/fusion.h"
#include "temporal/lookahead.h"

typedef struct {
  int height; /* of the pictures; 0: none yet */
  ZsdSceneHistory scene;
  ZsdFrame frame;
  ZsdFusion *fusion;
  ZsdLookahead *lookahead; /* NULL until there are later pictures */
  ZsdPilotQueue *pilots;   /* NULL until used */
  ZsdFilterState filter_state;
} ZsdStream;

/* Frees everything but `height` and `scene`. */
void zsd_stream_clear(ZsdStream *stream);

/* Allocates for frames of this shape. A new shape drops the past. Returns 0, or
 * -1 without memory. */
int zsd_stream_prepare(ZsdStream *stream, const ZsdImage *image, const ZsdKernels *kernels);

/* Drops all that is known of frames that have not been returned. */
void zsd_stream_drop_later(ZsdStream *stream);

/* Drops the past of a stream with a cut, or with another keyframe. */
void zsd_stream_end_scene(ZsdStream *stream, bool cut);

/* Whether there is a cut between the frame and the one before, as far as both are undamaged. */
bool zsd_stream_is_cut(ZsdStream *stream, const ZsdSettings *s);

/* Passes a frame unfiltered. The past ages with it. */
ZsdResult zsd_stream_pass(ZsdStream *stream);

/* Makes the estimate the past of the next frame, unless looking ahead has done so, or the frame
 * is damaged. */
void zsd_stream_commit(ZsdStream *stream, const ZsdWindow *window, const ZsdSettings *s);

/* Gets the noise of a stream. Returns true. */
bool zsd_stream_noise(const ZsdStream *stream, ZsdNoiseModel noise[ZSD_MAX_COMPONENTS]);

/* Allocates for looking ahead, if there are later pictures. Returns 0, or -1 without memory.
 */
int zsd_stream_prepare_lookahead(ZsdStream *stream, const ZsdWindow *window,
                                 const ZsdKernels *kernels);

/* Joins the frame's estimate, which becomes the past of the next one as it is, with that of the
 * later pictures. Learning comes before it: its training pairs take the next frame's noise to
 * be independent of the estimate. */
ZsdResult zsd_stream_look_ahead(ZsdStream *stream, const ZsdWindow *window, int threads);

/* The window of the later picture number i, 0 for the window's own picture. */
ZsdWindow zsd_window_later(const ZsdWindow *window, int i);

/* Whether one more pilot is missing for the picture of the window. `full`: for all its later
 * pictures, too. */
bool zsd_stream_needs_pilot(const ZsdStream *stream, const ZsdWindow *window, bool full);

#endif
