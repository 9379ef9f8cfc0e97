/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chapters of MP4 and QuickTime files, which GStreamer's demuxer does not read. */
#ifndef TRANSCODE_CHAPTERS_READ_H
#define TRANSCODE_CHAPTERS_READ_H

#include <gst/gst.h>
#include <stdio.h>

/* Those of the list moov/udta/chpl or, where there is none, of a text track. NULL: there are none,
 * or the file is of another kind; with an error if they cannot be read. */
GstToc *chapters_read (const gchar * file, GError ** error);

/* The same from a stream that can seek; `name` is the file's in the error. */
GstToc *chapters_parse (FILE * stream, const gchar * name, GError ** error);

#endif
