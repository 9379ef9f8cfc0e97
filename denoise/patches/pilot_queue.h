/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames with their pilots: first estimates, which say how NL-Bayes along the motion
 * (video_nl_bayes.h) filters the noisy frames. A frame is taken from the queue when the pilots
 * of the frames after it have been appended. */
#ifndef ZSD_PILOT_QUEUE_H
#define ZSD_PILOT_QUEUE_H

#include "filter/store.h"
#include "frame/frame.h"
#include "noise/noise_estimate.h"
#include "zsdenoise.h"

enum { ZSD_PILOT_REACH = 3 }; /* pictures before a frame, and after it, that help it */

typedef struct ZsdPilotQueue ZsdPilotQueue;

/* An empty queue for frames of this shape. NULL without memory. */
ZsdPilotQueue *zsd_pilot_queue_new(const ZsdFrame *shape, const ZsdKernels *kernels);
void zsd_pilot_queue_free(ZsdPilotQueue *queue);

/* Drops all frames. */
void zsd_pilot_queue_drop(ZsdPilotQueue *queue);

/* Number of frames that were appended and not taken. */
int zsd_pilot_queue_waiting(const ZsdPilotQueue *queue);

/* Number of pictures after that of the first waiting frame. */
int zsd_pilot_queue_later(const ZsdPilotQueue *queue);

/* Planes of the shape of the frame's components for the pilot of the next frame; 65535
 * is 1. */
uint16_t *const *zsd_pilot_queue_planes(ZsdPilotQueue *queue);

/* Properties of a frame. */
typedef struct {
  bool begins_scene; /* the frames before it show another one */
  bool repeated;     /* the picture of the frame before it, with the same noise: what was stored
                        of that one serves for both */
  bool unchanged;    /* there is no pilot: the frame is not denoised */
  ZsdNoiseModel noise[ZSD_MAX_COMPONENTS];
} ZsdPilotProperties;

/* Appends a frame, its y and the pilot in zsd_pilot_queue_planes(). At most
 * ZSD_MAX_LOOKAHEAD frames wait before, and ZSD_PILOT_REACH pictures are later. Returns 0, or
 * -1 without memory. */
int zsd_pilot_queue_append(ZsdPilotQueue *queue, const ZsdFrame *frame,
                           const ZsdPilotProperties *properties, int threads);

/* A frame that was taken. Its planes are valid until the next call. */
typedef struct {
  bool unchanged; /* as it was appended; there are no planes */
  ZsdDenoisedPlanes planes;
} ZsdTakenFrame;

/* Takes the first waiting frame, denoised with the help of all that are in the queue, or its
 * pilot where `pilot` is true. `observer`: may cancel. Returns ZSD_OK, ZSD_CANCELLED or
 * ZSD_NO_MEMORY; in the last two cases the frame is still waiting. */
ZsdResult zsd_pilot_queue_take(ZsdPilotQueue *queue, bool pilot, ZsdTakenFrame *taken,
                               const ZsdObserver *observer, int threads);

#endif
