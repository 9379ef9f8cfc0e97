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
} Survey;

/* NULL and an error if it cannot be read, or is no film. */
Survey *survey_new (const gchar * file, GError ** error);
void survey_free (Survey * survey);

/* Whether a file made by this line's "mux" holds all of its sound and subtitles; if not, the error
 * says which it does not, of the file `out`. */
gboolean survey_fits (const Survey * survey, const gchar * mux_line,
    const gchar * out, GError ** error);

/* What is in it, as lines of text. */
gchar *survey_describe (const Survey * survey);

#endif
