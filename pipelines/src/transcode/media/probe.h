/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tracks, duration and chapters of a film, without decoding it. */
#ifndef TRANSCODE_MEDIA_PROBE_H
#define TRANSCODE_MEDIA_PROBE_H

#include "transcode/media/demux.h"

#include <gst/video/video.h>

typedef struct
{
  TrackKind kind;
  GstCaps *caps;
  gchar *language;              /* NULL: unknown */
} Track;

typedef struct
{
  GstClockTime duration;        /* GST_CLOCK_TIME_NONE: unknown */
  GPtrArray *tracks;            /* Track */
  gboolean chapters, has_video;
  GstVideoOrientationMethod orientation;        /* turns frames upright */
} Probe;

/* NULL and an error if the file cannot be read or has no video. */
Probe *probe_new (const gchar * file, GError ** error);
void probe_free (Probe * probe);

/* Whether the "mux" of `mux_line` accepts all audio and subtitle tracks. The error names the first
 * it does not accept, and the file `out`. */
gboolean probe_fits_container (const Probe * probe, const gchar * mux_line,
    const gchar * out, GError ** error);

/* Description of the tracks, a line each. */
gchar *probe_describe (const Probe * probe);

#endif
