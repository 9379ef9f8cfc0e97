/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Single pictures through a GStreamer element. */
#ifndef PICTURE_FILTER_H
#define PICTURE_FILTER_H

#include <gst/gst.h>
#include <vips/vips.h>

/* Progress of training, and then of denoising, from the element messages of zsdenoise. */
typedef struct
{
  guint step, steps;
  gdouble loss;                 /* negative: denoising, not training */
  gdouble eta;                  /* remaining time, seconds */
} PictureProgress;

typedef struct
{
  void (*progress) (const PictureProgress * progress, gpointer user);
  gpointer user;
} PictureObserver;

/* Sends the picture as one frame through `filter`: zsdenoise, zsnoise, or any element that keeps
 * size and format of GRAY8, GRAY16_LE, RGB and RGBA64_LE frames. A picture with equal R, G and B is
 * sent as gray. Alpha and metadata of the picture are kept.
 *
 * The caller owns `filter` with its floating reference sunk, sets its properties before (model-file,
 * strength, ...) and may read them afterwards (estimated-sigma) and use it again. The observer (NULL:
 * none) is called from the calling thread about ten times a second and once at the end of each part;
 * never if the element is not zsdenoise. Returns NULL and an error on failure. */
VipsImage *picture_filter (VipsImage * picture, GstElement * filter,
    const PictureObserver * observer, GError ** error);

#endif
