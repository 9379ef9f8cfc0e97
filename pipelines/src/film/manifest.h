/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* State of a film that is processed in segments: a manifest, and a result per finished segment, as
 * JSON files in its working directory. */
#ifndef FILM_MANIFEST_H
#define FILM_MANIFEST_H

#include "film/options.h"
#include "film/source.h"

/* Input segment. Times are running times of the source in nanoseconds; a segment holds the frames
 * with start <= time < end. */
typedef struct
{
  guint number;
  guint64 start, end;           /* G_MAXINT64: to the end of the film */
  guint frames;                 /* within the wanted range */
  guint64 bytes;                /* of its file */
  gchar *sha256;
} Segment;

typedef struct
{
  gchar *source;
  SourceId id;                  /* of the source */
  gchar *out;
  Settings settings;
  gchar *caps;                  /* of the source's video */
  gchar *raw_caps;              /* of decoded frames, completed by what decoders do not report */
  gchar *format;                /* description of the decoded frames' format; only during the cut */
  gchar *turn_format;           /* GstVideoFormat for turning frames upright */
  gchar *filter_format;         /* of denoising */
  gchar *coded_format;          /* of the result */
  guint depth;                  /* bits per sample */
  gint orientation;             /* GstVideoOrientationMethod for upright frames */
  gint width, height;
  gboolean odd_size;            /* odd size, subsampled chroma in the result; only during the cut */
  guint64 duration;             /* of the source, if known; only during the cut */
  gboolean damaged;             /* could not be read to its end */
  gboolean repaired;            /* read from a repaired copy, see mkv/repair.h */
  GArray *segments;             /* Segment */
} Manifest;

/* Finished segment. */
typedef struct
{
  guint number;
  guint decoded, frames;        /* after the decoder; in the file */
  guint64 bytes;                /* of the file */
  guint64 coded;                /* of the coded frames alone */
  gchar *sha256;
  gdouble seconds;              /* of processing */
  gdouble noise, chroma_noise;  /* standard deviations, 0..255 scale; negative: none */
} SegmentResult;

Manifest *manifest_new (void);
void manifest_free (Manifest * manifest);
Manifest *manifest_read (const gchar * workdir, GError ** error);

/* The same from text. G_IO_ERROR_INVALID_DATA if it is damaged: each value of a manifest that is
 * returned can be used. */
Manifest *manifest_parse (const gchar * text, gsize length,
    const gchar * file, GError ** error);
gchar *manifest_print (const Manifest * manifest);

gboolean manifest_write (const Manifest * manifest, const gchar * workdir,
    GError ** error);

/* Frames of all segments. */
guint manifest_frames (const Manifest * manifest);

/* FALSE if the segment is not finished. Sets the result in any case. */
gboolean segment_result_read (SegmentResult * result, const gchar * workdir,
    guint number);
gboolean segment_result_parse (SegmentResult * result, guint number,
    const gchar * text, gsize length);
gboolean segment_result_write (const SegmentResult * result,
    const gchar * workdir, GError ** error);
/* Whether the file of the segment has the size and checksum of the result. */
gboolean segment_result_is_intact (const SegmentResult * result,
    const gchar * workdir);

void segment_result_clear (SegmentResult * result);

/* Marks the segment as not finished. */
void segment_result_remove (const gchar * workdir, guint number);

#endif
