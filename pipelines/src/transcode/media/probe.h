/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in a film, before any of it is decoded. */
#ifndef TRANSCODE_MEDIA_PROBE_H
#define TRANSCODE_MEDIA_PROBE_H

#include "transcode/media/demux.h"

#include <gst/video/video.h>

typedef struct
{
  TrackKind kind;
  GstCaps *caps;
  gchar *language;              /* NULL: not known */
} Track;

typedef struct
{
  GstClockTime duration;        /* GST_CLOCK_TIME_NONE: not known */
  GPtrArray *tracks;            /* of Track */
  gboolean chapters, has_video;
  GstVideoOrientationMethod orientation;       /* for the picture to stand upright */
} Probe;

/* NULL and an error if it cannot be read, or is no film. */
Probe *probe_new (const gchar * file, GError ** error);
void probe_free (Probe * probe);

/* Whether a file made by this line's "mux" holds all of its sound and subtitles; if not, the error
 * says which it does not, of the file `out`. */
gboolean probe_fits_container (const Probe * probe, const gchar * mux_line,
    const gchar * out, GError ** error);

/* What is in it, as lines of text. */
gchar *probe_describe (const Probe * probe);

#endif
