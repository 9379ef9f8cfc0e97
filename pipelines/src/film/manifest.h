/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of a film that is cut into segments, and of the segments that are done: JSON files
 * in the folder of its parts. */
#ifndef FILM_MANIFEST_H
#define FILM_MANIFEST_H

#include "film/options.h"

/* Times are running times of the source, in nanoseconds. A frame is of the segment at whose start
 * or after it begins, and before whose end. */
typedef struct
{
  guint number;
  guint64 start, end;           /* G_MAXINT64: there is none */
  guint frames;                 /* pictures of the source's, those that are wanted */
  guint64 bytes;                /* of that file */
  gchar *sha256;
} Segment;

typedef struct
{
  gchar *source;
  guint64 source_bytes;
  gint64 source_mtime;       /* seconds of 1970 */
  gchar *out;
  Settings settings;
  gchar *caps;                  /* of the source's video */
  gchar *raw_caps;                   /* caps that complete those of its decoded frames */
  guint depth;                  /* bits of their samples */
  gint orientation;                    /* GstVideoOrientationMethod: how they are brought upright */
  gint width, height;
  gboolean odd_size;                 /* it ends in the middle of a chroma sample; while it is cut */
  guint64 duration;             /* of the source, while it is cut; GST_CLOCK_TIME_NONE: not known */
  gboolean damaged;             /* it could not be read to its end */
  gboolean repaired;              /* it is read from a copy without the damage (transcode/media/mkv-repair.h) */
  GArray *segments;             /* of Segment */
} Manifest;

/* One that is done. */
typedef struct
{
  guint number;
  guint decoded, frames;        /* those that came, those that are in its file */
  guint64 bytes;                /* of that file */
  guint64 coded;                /* of the pictures in it */
  gchar *sha256;
  gdouble seconds;              /* that it took */
  gdouble noise;                /* standard deviation, of 255; below 0: not looked for */
} SegmentResult;

Manifest *manifest_new (void);
void manifest_free (Manifest * manifest);
Manifest *manifest_read (const gchar * workdir, GError ** error);
gboolean manifest_write (const Manifest * manifest, const gchar * workdir,
    GError ** error);

/* Pictures of all segments. */
guint manifest_frames (const Manifest * manifest);

/* FALSE: it is not done. */
gboolean segment_result_read (SegmentResult * result, const gchar * workdir, guint number);
gboolean segment_result_write (const SegmentResult * result, const gchar * workdir,
    GError ** error);
void segment_result_clear (SegmentResult * result);

/* It is not done from now on. */
void segment_result_remove (const gchar * workdir, guint number);

#endif
